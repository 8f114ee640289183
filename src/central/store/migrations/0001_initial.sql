-- The first schema of central. Times are those of this database's clock, so that several centrals agree.

-- One row: since when some central has been watching the fleet without a gap. A satellite is not late
-- because nobody was there to hear it.
create table fleet_watch (
  one boolean primary key default true check (one),
  since timestamptz not null,
  seen timestamptz not null
);

create table person (
  id uuid primary key,
  name text not null unique,
  role text not null check (role in ('admin')),
  password_hash text not null,
  created_at timestamptz not null default now()
);

create table session (
  -- SHA-256 of what the cookie holds.
  token_hash bytea primary key,
  person_id uuid not null references person on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index session_expires_at on session (expires_at);

create table api_token (
  id uuid primary key,
  person_id uuid not null references person on delete cascade,
  name text not null,
  token_hash bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
create index api_token_name on api_token (name, id);

create table satellite (
  id uuid primary key,
  -- UID of the site's namespace kube-system: the same Kubernetes registering again finds its row.
  kubernetes_uid text not null unique,
  site text not null,
  name text not null,
  approval text not null check (approval in ('pending', 'approved', 'rejected')),
  -- What people are shown; kept by each statement that changes its cause, and by the sweeper.
  state text not null
    check (state in ('pending', 'rejected', 'offline', 'connected', 'late', 'lost')),
  labels jsonb not null,
  kubernetes_version text not null,
  satellite_version text not null,
  storage_classes text[] not null default '{}',
  default_storage_class text,
  -- waiting: somebody asks to be let in under this row; granted: the token may be collected; spent: it was used.
  registration text not null check (registration in ('waiting', 'granted', 'spent')),
  -- SHA-256 of the token that the registering satellite polls with; null once spent.
  registration_hash bytea,
  -- Random part of the auth token's derivation, new with each approval; null before the first.
  auth_nonce bytea,
  -- SHA-256 of the auth token; null until it was collected.
  auth_hash bytea,
  -- Rises with each stream of this satellite: the highest one is the live one.
  stream_serial bigint not null default 0,
  registered_at timestamptz not null default now(),
  approved_at timestamptz,
  last_seen_at timestamptz,
  version integer not null default 1
);
-- Names are unique among the approved; two that wait may well suggest the same one.
create unique index satellite_name_key on satellite (name) where approval = 'approved';
create index satellite_by_name on satellite (name, id);
create index satellite_by_state on satellite (state);

create table profile (
  id uuid primary key,
  name text not null constraint profile_name_key unique,
  description text not null,
  spec jsonb not null,
  spec_version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  version integer not null default 1
);

-- Every spec that a profile ever had, the first one included.
create table profile_version (
  profile_id uuid not null references profile on delete cascade,
  spec_version integer not null,
  spec jsonb not null,
  actor text not null,
  created_at timestamptz not null default now(),
  primary key (profile_id, spec_version)
);

create table rule (
  id uuid primary key,
  name text not null constraint rule_name_key unique,
  profile_id uuid not null constraint rule_profile_id_fkey references profile,
  selector jsonb not null,
  cluster_name text not null,
  namespace text not null,
  created_at timestamptz not null default now(),
  version integer not null default 1
);
create index rule_profile_id on rule (profile_id);

create table cluster (
  id uuid primary key,
  name text not null,
  namespace text not null,
  satellite_id uuid not null references satellite,
  profile_id uuid not null constraint cluster_profile_id_fkey references profile,
  rule_id uuid references rule on delete set null,
  -- The profile's spec as this cluster was given it, and which version of the profile that was.
  spec jsonb not null,
  spec_version integer not null,
  desired_version bigint not null default 1,
  paused boolean not null default false,
  deleting_since timestamptz,
  -- What the site last answered to a desired version.
  acked_version bigint,
  ack text check (ack in ('applied', 'refused', 'waiting')),
  ack_problem text,
  first_healthy_at timestamptz,
  created_at timestamptz not null default now(),
  version integer not null default 1,
  constraint cluster_place_key unique (satellite_id, namespace, name)
);
create index cluster_by_name on cluster (name, id);
create index cluster_profile_id on cluster (profile_id);
create index cluster_rule_id on cluster (rule_id);

-- The last report of each cluster; history is told by events.
create table cluster_health (
  cluster_id uuid primary key references cluster on delete cascade,
  state text not null,
  reason text not null,
  applied_version bigint,
  primary_pod text,
  term bigint,
  system_identifier text,
  instances jsonb not null,
  observed_at timestamptz not null,
  received_at timestamptz not null
);

-- Clusters that are gone, so that a site which still runs one is told again, and their events keep a name.
create table cluster_gone (
  id uuid primary key,
  name text not null,
  namespace text not null,
  satellite_id uuid not null references satellite on delete cascade,
  gone_at timestamptz not null default now()
);
create index cluster_gone_satellite_id on cluster_gone (satellite_id);

-- A person deleted the rule's cluster on this satellite: the rule does not make it again.
create table rule_exception (
  rule_id uuid not null references rule on delete cascade,
  satellite_id uuid not null references satellite on delete cascade,
  created_at timestamptz not null default now(),
  primary key (rule_id, satellite_id)
);

create table event (
  -- Minted where the event happened: arriving twice it is stored once.
  id uuid primary key,
  at timestamptz not null,
  received_at timestamptz not null default now(),
  -- 0 debug to 4 critical.
  severity smallint not null check (severity between 0 and 4),
  kind text not null,
  message text not null,
  satellite_id uuid references satellite on delete set null,
  cluster_id uuid,
  cluster_name text,
  pod text,
  details jsonb not null
);
create index event_by_time on event (at desc, id desc);
create index event_by_cluster on event (cluster_id, at desc, id desc);
create index event_by_satellite on event (satellite_id, at desc, id desc);

-- What a cluster is shown as: intent first, then whether its site can be heard, then what the site says.
create function cluster_state(
  deleting_since timestamptz,
  paused boolean,
  satellite_state text,
  first_healthy_at timestamptz,
  reported text
) returns text language sql immutable as $$
  select case
    when deleting_since is not null then 'deleting'
    when paused then 'paused'
    when reported is not null and satellite_state not in ('connected', 'late') then 'unknown'
    when first_healthy_at is null then 'creating'
    else coalesce(reported, 'unknown')
  end
$$;
