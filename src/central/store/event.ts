/** Table `event`: stored once by id, read newest first, pruned by age. */
import * as z from "zod"
import type { Scope } from "#core/access/scope.ts"
import { assert } from "#core/assert.ts"
import { type FleetEvent, severities, type Severity } from "#core/cluster/events.ts"
import { type EventId, eventId, type SatelliteId } from "#core/ids.ts"
import { integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import { within } from "./scope.ts"

const detailsOf = z.record(z.string(), z.string())
const severityAt = (row: Row): Severity => {
  const found = severities[integerOf(row, "severity")]
  assert(found !== undefined, "a stored severity is one of the five")
  return found
}

const shown = (row: Row): FleetEventBody => ({
  id: textOf(row, "id"),
  at: new Date(timeOf(row, "at")).toISOString(),
  receivedAt: new Date(timeOf(row, "received_at")).toISOString(),
  severity: severityAt(row),
  kind: textOf(row, "kind"),
  message: textOf(row, "message"),
  satelliteId: maybe(textOf, row, "satellite_id") ?? null,
  satelliteName: maybe(textOf, row, "satellite_name") ?? null,
  clusterId: maybe(textOf, row, "cluster_id") ?? null,
  clusterName: maybe(textOf, row, "cluster_name") ?? null,
  pod: maybe(textOf, row, "pod") ?? null,
  details: detailsOf.parse(jsonOf(row, "details")),
})

/** PostgreSQL stores every text but one with a NUL in it. */
const clean = (text: string): string => text.replaceAll("\0", "")

const row = (event: SiteEvent, now: number) => ({
  id: event.id,
  // A site whose clock runs ahead must not stand above everything that happens until then.
  at: new Date(Math.min(Math.max(event.at, 0), now)).toISOString(),
  severity: severities.indexOf(event.severity),
  kind: event.kind,
  message: clean(event.message),
  satellite_id: event.satellite ?? null,
  cluster_id: event.clusterId ?? null,
  pod: event.pod === undefined ? null : clean(event.pod),
  details: Object.fromEntries(
    Object.entries(event.details).map(([key, value]) => [clean(key), clean(value)]),
  ),
})

/** An event and whose it is; undefined: of no satellite. */
export type SiteEvent = FleetEvent & { readonly satellite: SatelliteId | undefined }

/**
 * Stores events, each once however often it arrives, and returns those that are new. An event about a
 * cluster of another satellite keeps its text and loses the cluster (D7).
 */
export const storeEvents = async (
  sql: Sql,
  events: readonly SiteEvent[],
  now: number,
): Promise<EventId[]> =>
  (
    await sql`
      insert into event (
        id, at, severity, kind, message, satellite_id, cluster_id, cluster_name, pod, details
      )
      select e.id, e.at, e.severity, e.kind, e.message, e.satellite_id,
        case when foreign_one.id is null then e.cluster_id end, coalesce(own.name, gone.name), e.pod,
        e.details
      from jsonb_to_recordset(${JSON.stringify(events.map((event) => row(event, now)))}::jsonb) as e (
        id uuid, at timestamptz, severity smallint, kind text, message text, satellite_id uuid,
        cluster_id uuid, pod text, details jsonb
      )
        left join cluster own on own.id = e.cluster_id
          and (e.satellite_id is null or own.satellite_id = e.satellite_id)
        left join cluster_gone gone on gone.id = e.cluster_id
          and (e.satellite_id is null or gone.satellite_id = e.satellite_id)
        left join cluster foreign_one on foreign_one.id = e.cluster_id
          and foreign_one.satellite_id <> e.satellite_id
      order by e.id
      on conflict (id) do nothing
      returning id`
  ).map((stored) => eventId(textOf(stored, "id")))

export const findEvents = async (sql: Sql, ids: readonly string[]): Promise<FleetEventBody[]> =>
  (
    await sql`
      select e.id, e.at, e.received_at, e.severity, e.kind, e.message, e.satellite_id, e.cluster_id,
        e.cluster_name, e.pod, e.details, s.name as satellite_name
      from event e left join satellite s on s.id = e.satellite_id
      where e.id = any(${ids}::uuid[])
      order by e.at desc, e.id desc`
  ).map(shown)

export type EventFilter = {
  readonly clusterId: string | undefined
  readonly satelliteId: string | undefined
  readonly severity: Severity | undefined
  readonly since: string | undefined
  readonly until: string | undefined
}

export const listEvents = async (
  sql: Sql,
  scope: Scope,
  filter: EventFilter,
  before: readonly [at: string, id: string] | undefined,
  limit: number,
): Promise<FleetEventBody[]> => {
  const least = filter.severity === undefined ? 0 : severities.indexOf(filter.severity)
  return (
    await sql`
      select e.id, e.at, e.received_at, e.severity, e.kind, e.message, e.satellite_id, e.cluster_id,
        e.cluster_name, e.pod, e.details, s.name as satellite_name
      from event e left join satellite s on s.id = e.satellite_id
      where satellite_in_scope(e.satellite_id, ${within(scope)}::jsonb[])
        and (${filter.clusterId}::uuid is null or e.cluster_id = ${filter.clusterId})
        and (${filter.satelliteId}::uuid is null or e.satellite_id = ${filter.satelliteId})
        and e.severity >= ${least}
        and (${filter.since}::timestamptz is null or e.at >= ${filter.since})
        and (${filter.until}::timestamptz is null or e.at < ${filter.until})
        and (${before?.[0]}::timestamptz is null
          or (e.at, e.id) < (${before?.[0]}::timestamptz, ${before?.[1]}::uuid))
      order by e.at desc, e.id desc
      limit ${limit}`
  ).map(shown)
}

/** Deletes up to `limit` events older than `days`, and says how many: a long backlog goes in small bites. */
export const pruneEvents = async (sql: Sql, days: number, limit: number): Promise<number> =>
  (
    await sql`
      delete from event where id in (
        select id from event where at < now() - make_interval(days => ${days})
        order by at limit ${limit}
      ) returning 1`
  ).length
