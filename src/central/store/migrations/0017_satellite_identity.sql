-- Changing who a satellite is: its token, whether it has one at all, and which Kubernetes stands behind the row.
alter table satellite
  -- A new token was asked for and is not in use yet; its hash once the satellite was given it.
  add column rotation_asked_at timestamptz,
  add column next_auth_hash bytea,
  add column rotated_at timestamptz,
  -- Set while the identity is revoked. Whoever shows the token of then (also of one that was replaced) is told why.
  add column revoked_at timestamptz,
  add column revoked_why text,
  add column revoked_hash bytea,
  -- Under which id the satellite asked to be let in that took over this row: it learns its new one by it.
  add column asked_as uuid unique,
  drop constraint satellite_registration_check,
  -- refused: who asked was not let in, and is told so when it asks again; the row is as it was.
  add constraint satellite_registration_check
    check (registration in ('waiting', 'granted', 'spent', 'refused'));
