-- A person's fence, its end, and consent to a promotion are operations like a switchover.
alter table operation
  drop constraint operation_kind_check,
  add constraint operation_kind_check
    check (kind in ('switchover', 'change', 'fence', 'unfence', 'promote')),
  -- What was asked for beside the target: the reason of a fence, the loss that a promotion accepts.
  add column reason text,
  add column accept_loss boolean not null default false;
-- One at a time for each cluster; what is asked in an emergency waits for no change that takes long.
drop index operation_unfinished_key;
create unique index operation_unfinished_key on operation (cluster_id)
  where state in ('pending', 'running') and kind in ('switchover', 'change');
create unique index operation_emergency_key on operation (cluster_id)
  where state in ('pending', 'running') and kind in ('fence', 'unfence', 'promote');
