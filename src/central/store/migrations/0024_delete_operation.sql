-- A deletion is an operation like the others: one at a time, with its steps, its actor and its end.
alter table operation
  drop constraint operation_kind_check,
  add constraint operation_kind_check
    check (kind in ('switchover', 'change', 'restart', 'delete', 'fence', 'unfence', 'promote'));
drop index operation_unfinished_key;
create unique index operation_unfinished_key on operation (cluster_id)
  where state in ('pending', 'running') and kind in ('switchover', 'change', 'restart', 'delete');

-- Deletions that were asked for before: their sites may have begun, so that none can be called off.
update operation o set state = 'cancelled', ended_at = now(), error = 'the cluster is being deleted'
from cluster c
where c.id = o.cluster_id and c.deleting_since is not null
  and o.state in ('pending', 'running') and o.kind in ('switchover', 'change', 'restart');
insert into operation (id, kind, cluster_id, cluster_name, namespace, satellite_id, actor, state,
  steps, created_at, started_at, point_of_no_return_at)
select gen_random_uuid(), 'delete', id, name, namespace, satellite_id, 'central', 'running',
  jsonb_build_array(
    jsonb_build_object('name', 'accept', 'state', 'done', 'startedAt', null, 'endedAt', null, 'detail', ''),
    jsonb_build_object('name', 'send', 'state', 'done', 'startedAt', null, 'endedAt', null, 'detail', ''),
    jsonb_build_object('name', 'remove', 'state', 'running', 'startedAt', null, 'endedAt', null, 'detail', ''),
    jsonb_build_object('name', 'gone', 'state', 'pending', 'startedAt', null, 'endedAt', null, 'detail', '')
  ),
  date_trunc('milliseconds', deleting_since), deleting_since, deleting_since
from cluster where deleting_since is not null;
