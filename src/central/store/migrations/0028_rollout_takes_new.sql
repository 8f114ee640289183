-- The scope of an approval that is about every cluster: clusters that are made meanwhile take their turn in it. Null:
-- it is about a selection of clusters.
alter table rollout add column takes_new jsonb;
