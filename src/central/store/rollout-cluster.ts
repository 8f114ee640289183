/** Table `rollout_cluster`: the clusters of each rollout, and what is seen of them. */
import type { Scope } from "#core/access/scope.ts"
import { assert } from "#core/assert.ts"
import { clusterStates } from "#core/cluster/state.ts"
import { type ClusterId, clusterId, configVersion } from "#core/ids.ts"
import { type Entry, type EntryState, entryStates, type Sight } from "#core/rollout/entry.ts"
import { strategies, type Strategy } from "#core/rollout/impact.ts"
import { booleanOf, integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { changeSchema } from "#wire/rest/clusters.ts"
import type { RolloutCluster } from "#wire/rest/rollouts.ts"
import * as z from "zod"
import { within } from "./scope.ts"

const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()

function stateOf(row: Row): EntryState {
  const found = entryStates.find((state) => state === row["state"])
  assert(found !== undefined, "column state holds the state of a rollout's cluster")
  return found
}

export type NewEntry = {
  readonly cluster: ClusterId
  readonly name: string
  readonly namespace: string
  readonly satelliteId: string
  readonly satelliteName: string
  readonly stage: number
  readonly strategy: Strategy
}

export const insertEntries = async (
  sql: Sql,
  rollout: string,
  entries: readonly NewEntry[],
): Promise<void> => {
  await sql`
    insert into rollout_cluster (
      rollout_id, cluster_id, name, namespace, satellite_id, satellite_name, stage, strategy, state
    )
    select ${rollout}::uuid, n.cluster, n.name, n.namespace, n."satelliteId", n."satelliteName",
      n.stage, n.strategy, 'waiting'
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) as n (
      cluster uuid, name text, namespace text, "satelliteId" uuid, "satelliteName" text,
      stage integer, strategy text
    )`
}

/** Takes these clusters out of every rollout that still has them; returns which lost how many. */
export const takeOver = async (
  sql: Sql,
  clusters: readonly ClusterId[],
  why: string,
): Promise<ReadonlyMap<string, number>> => {
  const rows = await sql`
    update rollout_cluster set state = 'skipped', reason = ${why}, since = now()
    where cluster_id = any(${clusters}::uuid[])
      and state in ('waiting', 'owed', 'sent', 'applying', 'blocked', 'baking', 'rolling-back')
    returning rollout_id`
  return new Map(
    [...Map.groupBy(rows, (row) => textOf(row, "rollout_id"))].map(([id, lost]) => [
      id,
      lost.length,
    ]),
  )
}

/** The rollout that has each of these clusters now. */
export const holders = async (
  sql: Sql,
  clusters: readonly ClusterId[],
): Promise<ReadonlyMap<ClusterId, string>> =>
  new Map(
    (
      await sql`
        select cluster_id, rollout_id from rollout_cluster
        where cluster_id = any(${clusters}::uuid[])
          and state in ('waiting', 'owed', 'sent', 'applying', 'blocked', 'baking', 'rolling-back')`
    ).map((row) => [clusterId(textOf(row, "cluster_id")), textOf(row, "rollout_id")]),
  )

export type StoredEntry = Entry & {
  readonly name: string
  readonly namespace: string
  readonly satelliteId: string
  readonly operationId: string | undefined
}

const entry = (row: Row): StoredEntry => {
  const [version, from] = [
    maybe(integerOf, row, "moved_version"),
    maybe(integerOf, row, "moved_from"),
  ]
  const back = maybe(integerOf, row, "back_version")
  return {
    cluster: clusterId(textOf(row, "cluster_id")),
    name: textOf(row, "name"),
    namespace: textOf(row, "namespace"),
    satelliteId: textOf(row, "satellite_id"),
    stage: integerOf(row, "stage"),
    state: stateOf(row),
    reason: textOf(row, "reason"),
    since: timeOf(row, "since"),
    moved:
      version === undefined || from === undefined
        ? undefined
        : { version: configVersion(version), from },
    back: back === undefined ? undefined : configVersion(back),
    heardSince: maybe(timeOf, row, "heard_since"),
    wellSince: maybe(timeOf, row, "well_since"),
    unwellSince: maybe(timeOf, row, "unwell_since"),
    hasFailed: booleanOf(row, "has_failed"),
    operationId: maybe(textOf, row, "operation_id"),
  }
}

export const entriesOf = async (sql: Sql, rollout: string): Promise<StoredEntry[]> =>
  (
    await sql`
      select cluster_id, name, namespace, satellite_id, stage, state, reason, since, moved_version,
        moved_from, back_version, heard_since, well_since, unwell_since, has_failed, operation_id
      from rollout_cluster where rollout_id = ${rollout}
      order by stage, satellite_name, cluster_id`
  ).map(entry)

export const keepEntries = async (
  sql: Sql,
  rollout: string,
  entries: readonly (Entry & { readonly operationId: string | undefined })[],
): Promise<void> => {
  const rows = entries.map((one) => ({
    cluster_id: one.cluster,
    state: one.state,
    reason: one.reason.replaceAll("\0", "").slice(0, 2000),
    since: iso(one.since),
    moved_version: one.moved?.version ?? null,
    moved_from: one.moved?.from ?? null,
    back_version: one.back ?? null,
    heard_since: iso(one.heardSince),
    well_since: iso(one.wellSince),
    unwell_since: iso(one.unwellSince),
    has_failed: one.hasFailed,
    operation_id: one.operationId ?? null,
  }))
  await sql`
    update rollout_cluster e set state = n.state, reason = n.reason, since = n.since,
      moved_version = n.moved_version, moved_from = n.moved_from, back_version = n.back_version,
      heard_since = n.heard_since, well_since = n.well_since, unwell_since = n.unwell_since,
      has_failed = n.has_failed, operation_id = n.operation_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (
      cluster_id uuid, state text, reason text, since timestamptz, moved_version bigint,
      moved_from integer, back_version bigint, heard_since timestamptz, well_since timestamptz,
      unwell_since timestamptz, has_failed boolean, operation_id uuid
    )
    where e.rollout_id = ${rollout} and e.cluster_id = n.cluster_id`
}

export type Seen = Omit<Sight, "frozenBy" | "obstacle"> & {
  readonly id: ClusterId
  readonly labels: Readonly<Record<string, string>>
}

const labelsOf = z.record(z.string(), z.string())

const seen = (row: Row): Seen => {
  const [inForce, acked] = [
    maybe(integerOf, row, "in_force_version"),
    maybe(integerOf, row, "acked_version"),
  ]
  const change = row["change"] === null ? undefined : changeSchema.parse(jsonOf(row, "change"))
  const kind = maybe(textOf, row, "busy_with")
  return {
    id: clusterId(textOf(row, "id")),
    labels: labelsOf.parse(jsonOf(row, "labels")),
    isDeleting: booleanOf(row, "is_deleting"),
    isPaused: booleanOf(row, "paused"),
    specVersion: integerOf(row, "spec_version"),
    specSince: configVersion(integerOf(row, "spec_since")),
    desiredVersion: configVersion(integerOf(row, "desired_version")),
    inForce: inForce === undefined ? undefined : configVersion(inForce),
    change:
      change === undefined
        ? undefined
        : {
            version: configVersion(change.version),
            state: change.state,
            reason: change.reason ?? undefined,
          },
    refused:
      row["ack"] === "refused" && acked !== undefined
        ? {
            version: configVersion(acked),
            problem: maybe(textOf, row, "ack_problem") ?? "no reason was told",
          }
        : undefined,
    health: clusterStates.find((state) => state === row["health"]),
    healthReason: maybe(textOf, row, "health_reason") ?? "its site has not reported",
    isAway: booleanOf(row, "is_away"),
    siteName: textOf(row, "site_name"),
    busyWith: kind === undefined ? undefined : `a ${kind}`,
    isTaken: booleanOf(row, "is_taken"),
  }
}

/** What is seen of these clusters now, for this rollout. */
export const sightsOf = async (
  sql: Sql,
  rollout: string | undefined,
  clusters: readonly ClusterId[],
): Promise<Seen[]> =>
  (
    await sql`
      select c.id, s.labels, c.deleting_since is not null as is_deleting, c.paused, c.spec_version,
        c.spec_since, c.desired_version, c.in_force_version, c.acked_version, c.ack, c.ack_problem,
        h.change, h.state as health, h.reason as health_reason, s.name as site_name,
        s.state not in ('connected', 'late') as is_away,
        (select o.kind from operation o
          where o.cluster_id = c.id and o.state in ('pending', 'running')
            and o.kind in ('switchover', 'restart')
        ) as busy_with,
        exists (select from rollout_cluster e
          where e.cluster_id = c.id and e.rollout_id is distinct from ${rollout}::uuid
            and e.state in ('waiting', 'owed', 'sent', 'applying', 'blocked', 'baking',
              'rolling-back')
        ) as is_taken
      from cluster c
        join satellite s on s.id = c.satellite_id
        left join cluster_health h on h.cluster_id = c.id
      where c.id = any(${clusters}::uuid[])`
  ).map(seen)

const strategyOf = (row: Row): Strategy | null =>
  strategies.find((one) => one === row["strategy"]) ?? null

/** Whether it has a cluster that is not in the scope. */
export async function reachesBeyond(sql: Sql, scope: Scope, rollout: string): Promise<boolean> {
  const [row] = await sql`
    select exists (
      select from rollout_cluster e where e.rollout_id = ${rollout}
        and not satellite_in_scope(e.satellite_id, ${within(scope)}::jsonb[])
    ) as beyond`
  return row !== undefined && booleanOf(row, "beyond")
}

export const listEntries = async (
  sql: Sql,
  scope: Scope,
  rollout: string,
  filter: { readonly state: EntryState | undefined; readonly stage: number | undefined },
  after: readonly [stage: string, site: string, id: string] | undefined,
  limit: number,
): Promise<RolloutCluster[]> =>
  (
    await sql`
      select cluster_id, name, namespace, satellite_id, satellite_name, stage, strategy, state,
        reason, moved_from, operation_id, since
      from rollout_cluster
      where rollout_id = ${rollout} and satellite_in_scope(satellite_id, ${within(scope)}::jsonb[])
        and (${filter.state}::text is null or state = ${filter.state})
        and (${filter.stage}::integer is null or stage = ${filter.stage})
        and (${after?.[0]}::integer is null
          or (stage, satellite_name, cluster_id)
            > (${after?.[0]}::integer, ${after?.[1]}::text, ${after?.[2]}::uuid))
      order by stage, satellite_name, cluster_id
      limit ${limit}`
  ).map((row) => ({
    clusterId: textOf(row, "cluster_id"),
    name: textOf(row, "name"),
    namespace: textOf(row, "namespace"),
    satelliteId: textOf(row, "satellite_id"),
    satelliteName: textOf(row, "satellite_name"),
    stage: integerOf(row, "stage"),
    state: stateOf(row),
    reason: textOf(row, "reason"),
    fromVersion: maybe(integerOf, row, "moved_from") ?? null,
    strategy: strategyOf(row),
    operationId: maybe(textOf, row, "operation_id") ?? null,
    changedAt: new Date(timeOf(row, "since")).toISOString(),
  }))
