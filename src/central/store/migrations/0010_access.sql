-- Who may do what, and the record of it.

-- A list of selectors, each of which the labels must hold all of; no selector is every satellite.
create function in_scope(labels jsonb, scope jsonb[]) returns boolean
  language sql immutable as $$ select labels @> all(scope) $$;

-- Whether what is on `satellite` is in the scope. What is on no satellite is for those without a scope.
create function satellite_in_scope(satellite uuid, scope jsonb[]) returns boolean
  language sql stable as $$
  select cardinality(scope) = 0
    or exists (select 1 from satellite s where s.id = satellite and s.labels @> all(scope))
$$;

alter table person drop constraint person_role_check;
alter table person
  add constraint person_role_check check (role in ('viewer', 'operator', 'admin')),
  -- Labels that a satellite must have; none is the whole fleet.
  add column scope jsonb not null default '{}',
  add column disabled_at timestamptz,
  -- Null for who signs in through the identity provider only.
  alter column password_hash drop not null,
  add column email text,
  -- The account at the identity provider, once it was used: the provider's names for people may change.
  add column issuer text,
  add column subject text,
  add column version integer not null default 1,
  add column updated_at timestamptz not null default now(),
  add column signed_in_at timestamptz,
  -- What an admin may do reaches everybody; a scope would be a promise that nothing keeps.
  add constraint person_admin_scope_check check (role <> 'admin' or scope = '{}'),
  add constraint person_subject_check check ((issuer is null) = (subject is null)),
  add constraint person_subject_key unique (issuer, subject);

alter table session
  add column id uuid not null unique default gen_random_uuid(),
  add column address text,
  add column user_agent text,
  add column by text not null default 'password' check (by in ('password', 'provider')),
  add column last_used_at timestamptz not null default now();
create index session_person_id on session (person_id);

alter table api_token
  -- Enough to recognise it by, too little to guess it from; null for those made before it was kept.
  add column prefix text,
  add column role text not null default 'admin' check (role in ('viewer', 'operator', 'admin')),
  add column scope jsonb not null default '{}',
  add constraint api_token_admin_scope_check check (role <> 'admin' or scope = '{}');
create index api_token_person_id on api_token (person_id, name, id);

-- Every change that somebody asked for, written in the transaction that made it. Nothing here refers to
-- another table: what was done stays on record when its doer, or what it was done to, is gone.
create table audit (
  serial bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  person_id uuid,
  -- The API token that it was asked with, by its name at the time.
  token_id uuid,
  token text,
  address text,
  request_id text,
  action text not null,
  resource text not null,
  resource_id text not null,
  resource_name text not null,
  before jsonb,
  after jsonb
);
create index audit_by_actor on audit (actor, serial desc);
create index audit_by_action on audit (action, serial desc);
create index audit_by_resource on audit (resource, resource_id, serial desc);
create index audit_by_time on audit (at, serial);
