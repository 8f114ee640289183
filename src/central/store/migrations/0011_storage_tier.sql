-- Names that profiles use instead of StorageClasses, which are called otherwise on every site.
create table storage_tier (
  name text primary key,
  description text not null,
  created_at timestamptz not null default now(),
  version integer not null default 1
);

-- What a tier means on a satellite.
create table satellite_tier (
  satellite_id uuid not null references satellite on delete cascade,
  tier text not null references storage_tier on delete cascade,
  storage_class text not null,
  primary key (satellite_id, tier)
);
create index satellite_tier_by_tier on satellite_tier (tier);
