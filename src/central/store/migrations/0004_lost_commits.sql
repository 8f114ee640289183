-- How many of the lost bytes' transactions had committed: WAL without a commit is no loss. Null where nobody could tell.
alter table lost_wal add column commits bigint;

drop function lost_at(uuid, text, bigint);
create function lost_at(of_cluster uuid, of_kind text, of_term bigint)
returns table (bytes bigint, commits bigint, end_lsn text) language sql stable as $$
  select l.bytes, l.commits, l.end_lsn
  from lost_wal l
  where of_kind <> 'restart' and l.cluster_id = of_cluster and l.term < of_term
    and not exists (
      select from role_change o
      where o.cluster_id = of_cluster and o.kind <> 'restart'
        and o.term > l.term and o.term < of_term
    )
  order by l.commits desc nulls last, l.bytes desc
  limit 1
$$;
