-- Roles that own databases of a cluster.
create table cluster_role (
  cluster_id uuid not null references cluster on delete cascade,
  name text not null,
  -- What PostgreSQL keeps of the password (SCRAM-SHA-256), sealed by central: src/central/secrets.
  verifier text not null,
  revision integer not null default 1,
  password_set_at timestamptz not null default now(),
  primary key (cluster_id, name)
);

create table cluster_database (
  id uuid primary key,
  cluster_id uuid not null references cluster on delete cascade,
  name text not null,
  owner text not null,
  allowed_cidrs text[] not null,
  end_sessions boolean not null,
  dropping_since timestamptz,
  drop_role boolean not null default false,
  -- Rises with each change that the server must take over.
  revision integer not null default 1,
  -- What the cluster's primary last said, and of which revision.
  reported_revision integer,
  reported_state text check (reported_state in ('applied', 'waiting', 'failed', 'dropped')),
  reported_reason text,
  applied_at timestamptz,
  sessions integer,
  observed_at timestamptz,
  created_at timestamptz not null default now(),
  version integer not null default 1,
  -- Also serves the list of a cluster's databases by name.
  constraint cluster_database_name_key unique (cluster_id, name),
  -- Deferred: a cluster goes with both.
  constraint cluster_database_owner_fkey foreign key (cluster_id, owner)
    references cluster_role deferrable initially deferred
);
create index cluster_database_owner on cluster_database (cluster_id, owner);

create function cluster_database_state(
  dropping_since timestamptz,
  revision integer,
  reported_revision integer,
  reported_state text
) returns text language sql immutable as $$
  select case
    when dropping_since is not null then 'dropping'
    when reported_revision is distinct from revision then 'pending'
    when reported_state in ('applied', 'failed') then reported_state
    else 'pending'
  end
$$;
