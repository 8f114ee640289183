-- Databases that a cluster was given because its profile names them: once, also when it was dropped since.
create table initial_database (
  cluster_id uuid not null references cluster on delete cascade,
  name text not null,
  given_at timestamptz not null default now(),
  primary key (cluster_id, name)
);
create index cluster_with_initial_databases on cluster (id)
  where jsonb_array_length(coalesce(spec -> 'databases', '[]')) > 0;
