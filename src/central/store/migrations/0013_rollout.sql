-- The config version with which a cluster was given the spec that it has.
alter table cluster add column spec_since bigint not null default 1;

-- The approval of a version of a profile for clusters, and how far it is.
create table rollout (
  id uuid primary key,
  profile_id uuid not null references profile on delete cascade,
  spec_version integer not null,
  note text not null,
  actor text not null,
  -- Stages and how careful: never changed.
  plan jsonb not null,
  state text not null check (state in ('running', 'at-gate', 'paused', 'halted', 'rolling-back',
    'cancelling', 'finished', 'rolled-back', 'cancelled')),
  reason text not null default '',
  -- The last stage that has begun; -1 before the first.
  stage integer not null default -1,
  -- Who passed which stage's gate.
  passed jsonb not null default '{}',
  forgiven integer not null default 0,
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  changed_at timestamptz not null default now(),
  ended_at timestamptz
);
create index rollout_by_time on rollout (created_at desc, id desc);
create index rollout_by_profile on rollout (profile_id, created_at desc, id desc);
create index rollout_open on rollout (id)
  where state not in ('finished', 'rolled-back', 'cancelled');

-- Names stay when the cluster is gone.
create table rollout_cluster (
  rollout_id uuid not null references rollout on delete cascade,
  cluster_id uuid not null,
  name text not null,
  namespace text not null,
  satellite_id uuid not null,
  satellite_name text not null,
  stage integer not null,
  strategy text,
  state text not null check (state in ('waiting', 'owed', 'sent', 'applying', 'blocked', 'baking',
    'done', 'failed', 'rolling-back', 'rolled-back', 'skipped')),
  reason text not null default '',
  since timestamptz not null default now(),
  moved_version bigint,
  moved_from integer,
  back_version bigint,
  heard_since timestamptz,
  well_since timestamptz,
  unwell_since timestamptz,
  has_failed boolean not null default false,
  operation_id uuid,
  primary key (rollout_id, cluster_id)
);
-- A cluster is in one rollout at a time: a newer approval takes it over.
create unique index rollout_cluster_open_key on rollout_cluster (cluster_id)
  where state in ('waiting', 'owed', 'sent', 'applying', 'blocked', 'baking', 'rolling-back');
create index rollout_cluster_by_cluster on rollout_cluster (cluster_id);
create index rollout_cluster_by_place on rollout_cluster (rollout_id, stage, name, cluster_id);

create table freeze_window (
  id uuid primary key,
  name text not null constraint freeze_window_name_key unique,
  selector jsonb not null,
  time jsonb not null,
  created_at timestamptz not null default now(),
  version integer not null default 1
);

-- Every kind of thing that is done to a cluster; its history outlives the cluster.
alter table operation
  drop constraint operation_kind_check,
  add constraint operation_kind_check check (kind in ('switchover', 'change')),
  drop constraint operation_cluster_id_fkey,
  add column cluster_name text,
  add column namespace text,
  -- Of a change: what it is part of, by which config version it comes, between which versions of the profile.
  add column rollout_id uuid,
  add column config_version bigint,
  add column from_spec_version integer,
  add column to_spec_version integer,
  alter column created_at set default date_trunc('milliseconds', now());
update operation o set
  cluster_name = (select name from cluster c where c.id = o.cluster_id),
  namespace = (select namespace from cluster c where c.id = o.cluster_id),
  created_at = date_trunc('milliseconds', created_at);
alter table operation
  alter column cluster_name set not null,
  alter column namespace set not null;
create index operation_by_actor on operation (actor, created_at desc, id desc);
