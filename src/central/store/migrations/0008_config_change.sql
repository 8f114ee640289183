-- What a site does about the newest config that it holds, as it last said.
alter table cluster_health add column change jsonb;

-- The last version that every member of the cluster ran with.
alter table cluster add column in_force_version bigint;
