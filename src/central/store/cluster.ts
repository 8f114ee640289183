/** Table `cluster` with its `cluster_health`: what was asked for beside what was last seen. */
import * as z from "zod"
import type { Scope } from "#core/access/scope.ts"
import { assert } from "#core/assert.ts"
import { clusterStates } from "#core/cluster/state.ts"
import { type ClusterId, clusterId, type SatelliteId, satelliteId } from "#core/ids.ts"
import type { Standing } from "#core/rollout/match-end.ts"
import { shownReason } from "#core/fleet/shown.ts"
import { booleanOf, integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { changeSchema, type Cluster, instanceSchema } from "#wire/rest/clusters.ts"
import { profileSpecSchema } from "#wire/rest/profiles.ts"
import { stateOf } from "./satellite.ts"
import { within } from "./scope.ts"

export type ClusterState = Cluster["state"]

const instancesOf = z.array(instanceSchema)
const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()
const orNull = <T>(value: T | undefined): T | null => value ?? null

export function clusterStateOf(row: Row, column: string): ClusterState {
  const found = clusterStates.find((state) => state === row[column])
  assert(found !== undefined, `column ${column} holds a cluster's state`)
  return found
}

const shown = (row: Row): Cluster => {
  const spec = profileSpecSchema.parse(jsonOf(row, "spec"))
  const state = clusterStateOf(row, "state")
  const refused = row["ack"] === "refused" || row["ack"] === "waiting"
  const applyProblem = refused ? maybe(textOf, row, "ack_problem") : undefined
  const observedAt = maybe(timeOf, row, "observed_at")
  return {
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    namespace: textOf(row, "namespace"),
    satelliteId: textOf(row, "satellite_id"),
    satelliteName: textOf(row, "satellite_name"),
    profileId: textOf(row, "profile_id"),
    profileName: textOf(row, "profile_name"),
    specVersion: integerOf(row, "spec_version"),
    newestSpecVersion: integerOf(row, "newest_spec_version"),
    ruleId: orNull(maybe(textOf, row, "rule_id")),
    state,
    reason: shownReason({
      state,
      satelliteState: stateOf(row, "satellite_state"),
      satelliteName: textOf(row, "satellite_name"),
      reported: maybe(textOf, row, "reason"),
      applyProblem,
      pausedByRule: booleanOf(row, "paused_by_rule"),
    }),
    paused: booleanOf(row, "paused"),
    deletionProtected: booleanOf(row, "deletion_protected"),
    members: spec.members,
    postgresMajor: spec.postgres.major,
    durability: spec.failover.durability,
    desiredVersion: integerOf(row, "desired_version"),
    appliedVersion: orNull(maybe(integerOf, row, "applied_version")),
    inForceVersion: orNull(maybe(integerOf, row, "in_force_version")),
    change: row["change"] === null ? null : changeSchema.parse(jsonOf(row, "change")),
    applyProblem: orNull(applyProblem),
    primary: orNull(maybe(textOf, row, "primary_pod")),
    term: orNull(maybe(integerOf, row, "term")),
    instances: row["instances"] === null ? [] : instancesOf.parse(jsonOf(row, "instances")),
    observedAt: iso(observedAt),
    createdAt: new Date(timeOf(row, "created_at")).toISOString(),
    version: integerOf(row, "version"),
  }
}

export const findClusters = async (
  sql: Sql,
  scope: Scope,
  ids: readonly string[],
): Promise<Cluster[]> =>
  (
    await sql`
      select c.id, c.name, c.namespace, c.satellite_id, c.profile_id, c.rule_id, c.spec,
        c.spec_version, c.paused, c.paused_by_rule, c.deletion_protected,
        c.desired_version, c.in_force_version, c.ack, c.ack_problem, c.created_at, c.version,
        cluster_state(c.deleting_since, c.paused, s.state, c.first_healthy_at, h.state) as state,
        greatest(h.applied_version, case when c.ack = 'applied' then c.acked_version end)
          as applied_version,
        s.name as satellite_name, s.state as satellite_state, p.name as profile_name,
        p.spec_version as newest_spec_version,
        h.reason, h.primary_pod, h.term, h.instances, h.change, h.observed_at
      from cluster c
        join satellite s on s.id = c.satellite_id
        join profile p on p.id = c.profile_id
        left join cluster_health h on h.cluster_id = c.id
      where c.id = any(${ids}::uuid[]) and in_scope(s.labels, ${within(scope)}::jsonb[])
      order by c.name, c.id`
  ).map(shown)

export const findCluster = async (
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<Cluster | undefined> => (await findClusters(sql, scope, [id]))[0]

export type ClusterFilter = {
  readonly satelliteId: string | undefined
  readonly state: ClusterState | undefined
  readonly search: string | undefined
  /** Of the satellite. */
  readonly labels: Readonly<Record<string, string>> | undefined
}

export const listClusters = async (
  sql: Sql,
  scope: Scope,
  filter: ClusterFilter,
  after: readonly [name: string, id: string] | undefined,
  limit: number,
): Promise<Cluster[]> =>
  (
    await sql`
      select c.id, c.name, c.namespace, c.satellite_id, c.profile_id, c.rule_id, c.spec,
        c.spec_version, c.paused, c.paused_by_rule, c.deletion_protected,
        c.desired_version, c.in_force_version, c.ack, c.ack_problem, c.created_at, c.version,
        cluster_state(c.deleting_since, c.paused, s.state, c.first_healthy_at, h.state) as state,
        greatest(h.applied_version, case when c.ack = 'applied' then c.acked_version end)
          as applied_version,
        s.name as satellite_name, s.state as satellite_state, p.name as profile_name,
        p.spec_version as newest_spec_version,
        h.reason, h.primary_pod, h.term, h.instances, h.change, h.observed_at
      from cluster c
        join satellite s on s.id = c.satellite_id
        join profile p on p.id = c.profile_id
        left join cluster_health h on h.cluster_id = c.id
      where in_scope(s.labels, ${within(scope)}::jsonb[])
        and (${filter.satelliteId}::uuid is null or c.satellite_id = ${filter.satelliteId})
        and s.labels @> ${JSON.stringify(filter.labels ?? {})}::jsonb
        and (${filter.state}::text is null or ${filter.state} =
          cluster_state(c.deleting_since, c.paused, s.state, c.first_healthy_at, h.state))
        and (${filter.search}::text is null
          or position(lower(${filter.search}) in lower(c.name)) > 0
          or position(lower(${filter.search}) in lower(c.namespace)) > 0
          or position(lower(${filter.search}) in lower(s.name)) > 0)
        and (${after?.[0]}::text is null or (c.name, c.id) > (${after?.[0]}, ${after?.[1]}::uuid))
      order by c.name, c.id
      limit ${limit}`
  ).map(shown)

export const countByState = async (sql: Sql, scope: Scope): Promise<Map<ClusterState, number>> =>
  new Map(
    (
      await sql`
        select cluster_state(c.deleting_since, c.paused, s.state, c.first_healthy_at, h.state)
            as state,
          count(*) as found
        from cluster c
          join satellite s on s.id = c.satellite_id
          left join cluster_health h on h.cluster_id = c.id
        where in_scope(s.labels, ${within(scope)}::jsonb[])
        group by 1`
    ).map((row) => [clusterStateOf(row, "state"), integerOf(row, "found")]),
  )

/** Clusters whose shown state depends on these satellites being heard. */
export const clustersOf = async (
  sql: Sql,
  satellites: readonly SatelliteId[],
): Promise<ClusterId[]> =>
  (
    await sql`select id from cluster where satellite_id = any(${satellites}::uuid[]) order by id`
  ).map((row) => clusterId(textOf(row, "id")))

export type NewCluster = {
  readonly id: ClusterId
  readonly name: string
  readonly namespace: string
  readonly satelliteId: SatelliteId
  readonly profileId: string
  readonly ruleId: string | undefined
  readonly specVersion: number
}

/** New clusters, each with the spec of a version of its profile. */
export const insertClusters = async (sql: Sql, clusters: readonly NewCluster[]): Promise<void> => {
  await sql`
    insert into cluster (
      id, name, namespace, satellite_id, profile_id, rule_id, spec, spec_version
    )
    select n.id, n.name, n.namespace, n."satelliteId", n."profileId", n."ruleId", v.spec,
      v.spec_version
    from jsonb_to_recordset(${JSON.stringify(clusters)}::jsonb) as n (
        id uuid, name text, namespace text, "satelliteId" uuid, "profileId" uuid, "ruleId" uuid,
        "specVersion" integer
      )
      join profile_version v on v.profile_id = n."profileId" and v.spec_version = n."specVersion"`
}

export type Place = Standing & { readonly version: number }

const place = (row: Row): Place => ({
  id: clusterId(textOf(row, "id")),
  satelliteId: satelliteId(textOf(row, "satellite_id")),
  namespace: textOf(row, "namespace"),
  name: textOf(row, "name"),
  ruleId: maybe(textOf, row, "rule_id"),
  deleting: booleanOf(row, "deleting"),
  paused: booleanOf(row, "paused"),
  pausedByRule: booleanOf(row, "paused_by_rule"),
  isProtected: booleanOf(row, "deletion_protected"),
  version: integerOf(row, "version"),
})

/** Every place that is taken on these satellites. */
export const places = async (sql: Sql, satellites: readonly SatelliteId[]): Promise<Place[]> =>
  (
    await sql`
      select id, satellite_id, namespace, name, rule_id, paused, paused_by_rule, deletion_protected,
        version, deleting_since is not null as deleting
      from cluster where satellite_id = any(${satellites}::uuid[])`
  ).map(place)

/** The cluster as a decision needs it, locked until the transaction ends. */
export async function lockCluster(sql: Sql, scope: Scope, id: string): Promise<Place | undefined> {
  const [row] = await sql`
    select id, satellite_id, namespace, name, rule_id, paused, paused_by_rule, deletion_protected,
      version, deleting_since is not null as deleting
    from cluster
    where id = ${id} and satellite_in_scope(satellite_id, ${within(scope)}::jsonb[])
    for update`
  return row === undefined ? undefined : place(row)
}

/** With or without: nobody deletes a protected cluster, nor does its site, which hears of it. */
export const protect = async (sql: Sql, id: ClusterId, isProtected: boolean): Promise<void> => {
  await sql`
    update cluster set deletion_protected = ${isProtected}, version = version + 1,
      desired_version = desired_version + 1
    where id = ${id}`
}

/** By a person: it stays so whatever its rule says. */
export const pause = async (sql: Sql, id: ClusterId): Promise<void> => {
  await sql`
    update cluster set paused = true, paused_by_rule = false, version = version + 1,
      desired_version = desired_version + case when paused then 0 else 1 end
    where id = ${id}`
}

export const resume = async (sql: Sql, id: ClusterId): Promise<void> => {
  await sql`
    update cluster set paused = false, paused_by_rule = false, version = version + 1,
      desired_version = desired_version + 1
    where id = ${id} and paused`
}

/** Paused by their rule; those that are paused already are left as they are. */
export const pauseByRule = async (sql: Sql, ids: readonly ClusterId[]): Promise<void> => {
  await sql`
    update cluster set paused = true, paused_by_rule = true, version = version + 1,
      desired_version = desired_version + 1
    where id = any(${ids}::uuid[]) and not paused`
}

/** Clusters of the rule that it paused itself. */
export const pausedBy = async (sql: Sql, rule: string): Promise<Place[]> =>
  (
    await sql`
      select id, satellite_id, namespace, name, rule_id, paused, paused_by_rule, deletion_protected,
        version, deleting_since is not null as deleting
      from cluster where rule_id = ${rule} and paused_by_rule and deleting_since is null
      order by id`
  ).map(place)

/** Those of them that a rule had paused go on. */
export const resumeByRule = async (sql: Sql, ids: readonly ClusterId[]): Promise<void> => {
  await sql`
    update cluster set paused = false, paused_by_rule = false, version = version + 1,
      desired_version = desired_version + 1
    where id = any(${ids}::uuid[]) and paused_by_rule`
}

/** The clusters shall go. Done by their sites, whenever those are next connected. */
export const markDeleting = async (sql: Sql, ids: readonly ClusterId[]): Promise<void> => {
  await sql`
    update cluster set deleting_since = now(), version = version + 1
    where id = any(${ids}::uuid[]) and deleting_since is null`
}

/**
 * The site says that nothing is left. Only what was marked goes, and only for the satellite that has it;
 * its name stays known for events and for a site that says it runs it still.
 */
export const removeGone = async (
  sql: Sql,
  satellite: SatelliteId,
  id: ClusterId,
): Promise<{ name: string; namespace: string } | undefined> => {
  const [row] = await sql`
    with gone as (
      delete from cluster
      where id = ${id} and satellite_id = ${satellite} and deleting_since is not null
      returning id, name, namespace, satellite_id, desired_version
    ), kept as (
      insert into cluster_gone (id, name, namespace, satellite_id, desired_version)
      select id, name, namespace, satellite_id, desired_version from gone
      on conflict (id) do nothing
    )
    select name, namespace from gone`
  return row === undefined
    ? undefined
    : { name: textOf(row, "name"), namespace: textOf(row, "namespace") }
}
