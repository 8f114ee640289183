-- Clusters of one name are on every site: people look for the site.
drop index rollout_cluster_by_place;
create index rollout_cluster_by_place on rollout_cluster (rollout_id, stage, satellite_name, cluster_id);
