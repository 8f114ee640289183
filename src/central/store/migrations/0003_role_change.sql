-- Every time that a cluster got a primary, as its sidecar told it; the event log tells it too, and forgets sooner.
create table role_change (
  -- The event that told it: arriving twice it is stored once.
  id uuid primary key,
  cluster_id uuid not null references cluster on delete cascade,
  at timestamptz not null,
  kind text not null check (kind in ('failover', 'switchover', 'restart', 'bootstrap')),
  cause text not null,
  evidence text[] not null,
  from_pod text,
  to_pod text not null,
  term bigint not null,
  timeline bigint,
  lsn text,
  loss_possible boolean not null,
  -- Null where a part did not take place or nobody saw it.
  detect_ms integer,
  elect_ms integer,
  promote_ms integer,
  route_ms integer,
  total_ms integer
);
-- A term begins once. A server may be started again in its term as often as it falls.
create unique index role_change_once on role_change (cluster_id, term, kind) where kind <> 'restart';
create index role_change_by_cluster on role_change (cluster_id, at desc, id desc);

-- What an ex-primary had and nobody else, told when it comes back: before or after the change that it belongs to.
create table lost_wal (
  id uuid primary key,
  cluster_id uuid not null references cluster on delete cascade,
  at timestamptz not null,
  pod text,
  -- The term in which it was written.
  term bigint not null,
  bytes bigint not null,
  end_lsn text
);
create index lost_wal_by_cluster on lost_wal (cluster_id, term);

-- What was lost when a term of this kind began: the most that any member had of the terms since the one before.
create function lost_at(of_cluster uuid, of_kind text, of_term bigint)
returns table (bytes bigint, end_lsn text) language sql stable as $$
  select l.bytes, l.end_lsn
  from lost_wal l
  where of_kind <> 'restart' and l.cluster_id = of_cluster and l.term < of_term
    and not exists (
      select from role_change o
      where o.cluster_id = of_cluster and o.kind <> 'restart'
        and o.term > l.term and o.term < of_term
    )
  order by l.bytes desc
  limit 1
$$;
