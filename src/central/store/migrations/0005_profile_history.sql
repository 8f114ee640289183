-- What was said about a version, and of which row version of the profile it became the spec: by it, somebody
-- who edits an old row is told what changed since.
alter table profile_version
  add column note text not null default '',
  add column row_version integer not null default 1;
drop index cluster_profile_id;
create index cluster_by_profile on cluster (profile_id, spec_version);
