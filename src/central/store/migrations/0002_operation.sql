-- What people asked to be done to a cluster, and how the site says that it goes.
create table operation (
  id uuid primary key,
  kind text not null check (kind in ('switchover')),
  cluster_id uuid not null references cluster on delete cascade,
  satellite_id uuid not null references satellite,
  actor text not null,
  state text not null check (state in ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  -- What was asked for, and what came of it; null while it is open.
  wanted_target text,
  target text,
  steps jsonb not null,
  error text,
  -- The last word of the site that is stored here: only a higher one replaces it.
  revision bigint not null default 0,
  cancel_asked_at timestamptz,
  -- Central ended it without a word of the site, which may still come and then counts.
  given_up boolean not null default false,
  created_at timestamptz not null default now(),
  heard_at timestamptz,
  -- By the clock of the site.
  point_of_no_return_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz
);
-- One at a time for each cluster.
create unique index operation_unfinished_key on operation (cluster_id)
  where state in ('pending', 'running');
create index operation_unfinished_by_satellite on operation (satellite_id)
  where state in ('pending', 'running');
create index operation_by_time on operation (created_at desc, id desc);
create index operation_by_cluster on operation (cluster_id, created_at desc, id desc);
