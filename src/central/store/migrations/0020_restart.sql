-- Every member starts anew, once for each nonce: the id of the operation that asks for it.
alter table cluster
  add column restart_nonce text,
  add column restart_full boolean not null default false;

alter table operation
  drop constraint operation_kind_check,
  add constraint operation_kind_check
    check (kind in ('switchover', 'change', 'restart', 'fence', 'unfence', 'promote'));
drop index operation_unfinished_key;
create unique index operation_unfinished_key on operation (cluster_id)
  where state in ('pending', 'running') and kind in ('switchover', 'change', 'restart');
