-- Central's own certificate authorities, shared by all centrals on this database: they sign the certificates of
-- satellites, and central's own where none was given.
create table authority (
  id uuid primary key,
  certificate text not null,
  -- Sealed (`secrets/`).
  private_key text not null,
  created_at timestamptz not null default now()
);
