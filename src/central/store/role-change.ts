/** Tables `role_change` and `lost_wal`: filled from events, joined when they are read. */
import { assert } from "#core/assert.ts"
import type { FleetEvent } from "#core/cluster/events.ts"
import { lostWalEvent, parseLostWal } from "#core/failover/lost-wal.ts"
import {
  parseRoleChange,
  type RoleChange as Told,
  roleChangeKinds,
  roleChangeOf,
} from "#core/failover/role-change.ts"
import type { SatelliteId } from "#core/ids.ts"
import { formatLsn } from "#core/lsn.ts"
import type { Problem } from "#core/parsed.ts"
import { booleanOf, integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { RoleChange } from "#wire/rest/role-changes.ts"

/** What a batch of events brought for the history of clusters. */
export type Brought = {
  readonly changes: readonly { readonly event: FleetEvent; readonly change: Told }[]
  readonly losses: readonly {
    readonly event: FleetEvent
    readonly term: number
    readonly bytes: number
    readonly commits: number | null
    readonly end: string | null
  }[]
  /** Events of these kinds that make no sense: they stay in the log of events and nowhere else. */
  readonly unreadable: readonly { readonly id: string; readonly problems: readonly Problem[] }[]
}

export function broughtBy(events: readonly FleetEvent[]): Brought {
  const changes: Brought["changes"][number][] = []
  const losses: Brought["losses"][number][] = []
  const unreadable: Brought["unreadable"][number][] = []
  for (const event of events) {
    if (event.clusterId === undefined) continue
    const kind = roleChangeOf(event.kind)
    if (kind !== undefined) {
      const parsed = parseRoleChange(kind, event.details)
      if (parsed.kind === "ok") changes.push({ event, change: parsed.value })
      else unreadable.push({ id: event.id, problems: parsed.problems })
    } else if (event.kind === lostWalEvent) {
      const parsed = parseLostWal(event.details)
      if (parsed.kind === "bad") unreadable.push({ id: event.id, problems: parsed.problems })
      else {
        const { term, bytes, commits, to } = parsed.value
        const end = to === undefined ? null : formatLsn(to)
        losses.push({ event, term, bytes, commits: commits ?? null, end })
      }
    }
  }
  return { changes, losses, unreadable }
}

/** PostgreSQL stores every text but one with a NUL in it. */
const clean = (text: string): string => text.replaceAll("\0", "")
/** A site whose clock runs ahead must not stand above everything that happens until then. */
const storableAt = ({ at }: FleetEvent, now: number): string =>
  new Date(Math.min(Math.max(at, 0), now)).toISOString()

const changeRow = ({ event, change }: Brought["changes"][number], now: number) => ({
  id: event.id,
  cluster_id: event.clusterId,
  at: storableAt(event, now),
  kind: change.kind,
  cause: change.cause,
  evidence: change.evidence.map(clean),
  from_pod: change.from ?? null,
  to_pod: change.to,
  term: change.term,
  timeline: change.timeline ?? null,
  lsn: change.lsn === undefined ? null : formatLsn(change.lsn),
  loss_possible: change.lossPossible,
  detect_ms: change.spans.detect ?? null,
  elect_ms: change.spans.elect ?? null,
  promote_ms: change.spans.promote ?? null,
  route_ms: change.spans.route ?? null,
  total_ms: change.total ?? null,
})

/** Stores role changes of the satellite's own clusters, each once, and returns the ids of those that are new. */
export const storeRoleChanges = async (
  sql: Sql,
  satellite: SatelliteId,
  changes: Brought["changes"],
  now: number,
): Promise<string[]> =>
  changes.length === 0
    ? []
    : (
        await sql`
          insert into role_change (
            id, cluster_id, at, kind, cause, evidence, from_pod, to_pod, term, timeline, lsn,
            loss_possible, detect_ms, elect_ms, promote_ms, route_ms, total_ms
          )
          select r.id, r.cluster_id, r.at, r.kind, r.cause, r.evidence, r.from_pod, r.to_pod, r.term,
            r.timeline, r.lsn, r.loss_possible, r.detect_ms, r.elect_ms, r.promote_ms, r.route_ms,
            r.total_ms
          from jsonb_to_recordset(${JSON.stringify(changes.map((one) => changeRow(one, now)))}::jsonb) as r (
              id uuid, cluster_id uuid, at timestamptz, kind text, cause text, evidence text[],
              from_pod text, to_pod text, term bigint, timeline bigint, lsn text,
              loss_possible boolean, detect_ms integer, elect_ms integer, promote_ms integer,
              route_ms integer, total_ms integer
            )
            join cluster c on c.id = r.cluster_id and c.satellite_id = ${satellite}
          order by r.id
          on conflict do nothing
          returning id`
      ).map((row) => textOf(row, "id"))

/** Stores what was lost and returns the ids of the role changes that it belongs to, as far as they are known. */
export const storeLostWal = async (
  sql: Sql,
  satellite: SatelliteId,
  losses: Brought["losses"],
  now: number,
): Promise<string[]> => {
  if (losses.length === 0) return []
  const rows = losses.map(({ event, term, bytes, commits, end }) => ({
    id: event.id,
    cluster_id: event.clusterId,
    at: storableAt(event, now),
    pod: event.pod === undefined ? null : clean(event.pod),
    term,
    bytes,
    commits,
    end_lsn: end,
  }))
  await sql`
    insert into lost_wal (id, cluster_id, at, pod, term, bytes, commits, end_lsn)
    select l.id, l.cluster_id, l.at, l.pod, l.term, l.bytes, l.commits, l.end_lsn
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as l (
        id uuid, cluster_id uuid, at timestamptz, pod text, term bigint, bytes bigint, commits bigint,
        end_lsn text
      )
      join cluster c on c.id = l.cluster_id and c.satellite_id = ${satellite}
    order by l.id
    on conflict do nothing`
  const ids = losses.map(({ event }) => event.id)
  return (
    await sql`
      select distinct r.id
      from lost_wal l
        join lateral (
          select o.id from role_change o
          where o.cluster_id = l.cluster_id and o.kind <> 'restart' and o.term > l.term
          order by o.term limit 1
        ) r on true
      where l.id = any(${ids}::uuid[])`
  ).map((row) => textOf(row, "id"))
}

const shown = (row: Row): RoleChange => {
  const kind = roleChangeKinds.find((known) => known === row["kind"])
  assert(kind !== undefined, "a stored role change is of one of the four kinds")
  const evidence = jsonOf(row, "evidence")
  assert(Array.isArray(evidence), "evidence is a list")
  return {
    id: textOf(row, "id"),
    clusterId: textOf(row, "cluster_id"),
    at: new Date(timeOf(row, "at")).toISOString(),
    kind,
    cause: textOf(row, "cause"),
    evidence: evidence.map(String),
    from: maybe(textOf, row, "from_pod") ?? null,
    to: textOf(row, "to_pod"),
    term: integerOf(row, "term"),
    timeline: maybe(integerOf, row, "timeline") ?? null,
    lsn: maybe(textOf, row, "lsn") ?? null,
    lossPossible: booleanOf(row, "loss_possible"),
    lostBytes: maybe(integerOf, row, "lost_bytes") ?? null,
    lostCommits: maybe(integerOf, row, "lost_commits") ?? null,
    lostLsn: maybe(textOf, row, "lost_lsn") ?? null,
    detectMs: maybe(integerOf, row, "detect_ms") ?? null,
    electMs: maybe(integerOf, row, "elect_ms") ?? null,
    promoteMs: maybe(integerOf, row, "promote_ms") ?? null,
    routeMs: maybe(integerOf, row, "route_ms") ?? null,
    totalMs: maybe(integerOf, row, "total_ms") ?? null,
  }
}

/** Role changes of one cluster, newest first. */
export const listRoleChanges = async (
  sql: Sql,
  cluster: string,
  before: readonly [at: string, id: string] | undefined,
  limit: number,
): Promise<RoleChange[]> =>
  (
    await sql`
      select r.id, r.cluster_id, r.at, r.kind, r.cause, r.evidence, r.from_pod, r.to_pod, r.term,
        r.timeline, r.lsn, r.loss_possible, r.detect_ms, r.elect_ms, r.promote_ms, r.route_ms,
        r.total_ms, lost.bytes as lost_bytes, lost.commits as lost_commits,
        lost.end_lsn as lost_lsn
      from role_change r left join lateral lost_at(r.cluster_id, r.kind, r.term) lost on true
      where r.cluster_id = ${cluster}
        and (${before?.[0]}::timestamptz is null
          or (r.at, r.id) < (${before?.[0]}::timestamptz, ${before?.[1]}::uuid))
      order by r.at desc, r.id desc
      limit ${limit}`
  ).map(shown)

export const findRoleChanges = async (sql: Sql, ids: readonly string[]): Promise<RoleChange[]> =>
  (
    await sql`
      select r.id, r.cluster_id, r.at, r.kind, r.cause, r.evidence, r.from_pod, r.to_pod, r.term,
        r.timeline, r.lsn, r.loss_possible, r.detect_ms, r.elect_ms, r.promote_ms, r.route_ms,
        r.total_ms, lost.bytes as lost_bytes, lost.commits as lost_commits,
        lost.end_lsn as lost_lsn
      from role_change r left join lateral lost_at(r.cluster_id, r.kind, r.term) lost on true
      where r.id = any(${ids}::uuid[])
      order by r.at desc, r.id desc`
  ).map(shown)

/** Role changes of one cluster that are kept. One that falls every few minutes fills this in days. */
export const roleChangesKept = 1000

/** Forgets what is beyond the bound, the oldest first, and says how many. */
export const pruneRoleChanges = async (sql: Sql, kept: number, limit: number): Promise<number> => {
  const pruned = await sql`
    delete from role_change where id in (
      select id from (
        select id, row_number() over (partition by cluster_id order by at desc, id desc) as place
        from role_change
      ) placed
      where place > ${kept} limit ${limit}
    ) returning 1`
  await sql`
    delete from lost_wal l using cluster c
    where c.id = l.cluster_id and l.at < (
      select min(r.at) - interval '30 days' from role_change r where r.cluster_id = l.cluster_id
    )`
  return pruned.length
}
