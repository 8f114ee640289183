-- The version that the deletion was decided about: a site that has kept a protected cluster asks for it.
alter table cluster_gone add column desired_version bigint not null default 9007199254740991;
-- What sites hold says nothing of protection yet: they are told.
update cluster set desired_version = desired_version + 1 where deletion_protected;
