/** What one satellite should run, and what it answers to it. */
import type { ClusterSpec, ProfileSpec } from "#core/cluster/spec.ts"
import type { AckOutcome } from "#core/fleet/satellite.ts"
import {
  type ClusterId,
  clusterId,
  type ClusterName,
  clusterName,
  configVersion,
  type ConfigVersion,
  type Namespace,
  namespace,
  type SatelliteId,
} from "#core/ids.ts"
import { booleanOf, integerOf, jsonOf, maybe, type Row, textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { profileSpecSchema } from "#wire/rest/profiles.ts"
import { ruleSetOf, ruleSetSchema } from "#wire/rule-set-schema.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { bySatellite } from "./by-satellite.ts"
import { type Ordered, parameterOrdersKept } from "./parameter-order.ts"
import type { SecretBox } from "../secrets/secret-box.ts"
import { desiredDatabases } from "./cluster-role.ts"

export type Desired = { readonly spec: ClusterSpec; readonly deleting: boolean }

const desired = (row: Row, ordered: readonly Ordered[]): Desired => {
  const body = profileSpecSchema.parse(jsonOf(row, "spec"))
  const { major } = body.postgres
  return {
    deleting: booleanOf(row, "deleting"),
    spec: {
      ...withRuleSet(profileSpec(body), row["rule_set"] === null ? undefined : row),
      id: clusterId(textOf(row, "id")),
      name: clusterName(textOf(row, "name")),
      namespace: namespace(textOf(row, "namespace")),
      profile: textOf(row, "profile_name"),
      version: configVersion(integerOf(row, "desired_version")),
      paused: booleanOf(row, "paused"),
      deletionProtected: booleanOf(row, "deletion_protected"),
      restart: restartOf(row),
      parameterOrders: new Map(
        ordered.filter((one) => one.major === major).map(({ name, order }) => [name, order]),
      ),
    },
  }
}

/** The site gets the rules, not where they are from. */
function withRuleSet(spec: ProfileSpec, row: Row | undefined): ProfileSpec {
  const { recoveryRuleSetId: _, ...rest } = spec
  return row === undefined
    ? rest
    : { ...rest, recovery: ruleSetOf(ruleSetSchema.parse(jsonOf(row, "rule_set"))) }
}

function restartOf(row: Row): ClusterSpec["restart"] {
  const nonce = maybe(textOf, row, "restart_nonce")
  return nonce === undefined ? undefined : { nonce, full: booleanOf(row, "restart_full") }
}

/** What the stream of one satellite needs: every way to it opens secrets, also the one after a reconnect (C7). */
export type Opening = {
  readonly secrets: SecretBox
  readonly unreadable: (why: string) => void
}

export async function desiredOf(
  sql: Sql,
  satellites: readonly SatelliteId[],
  { secrets, unreadable }: Opening,
): Promise<ReadonlyMap<SatelliteId, Desired[]>> {
  const ordered = await parameterOrdersKept(sql)
  const rows = await clusterRows(sql, satellites)
  const databases = await desiredDatabases(sql, secrets, satellites, unreadable)
  return bySatellite(rows, (row) => {
    const one = desired(row, ordered)
    const own = databases.get(one.spec.id)
    return own === undefined ? one : { ...one, spec: { ...one.spec, databases: own } }
  })
}

const clusterRows = (sql: Sql, satellites: readonly SatelliteId[]): Promise<readonly Row[]> =>
  sql`
      select c.satellite_id, c.id, c.name, c.namespace, c.spec, c.desired_version, c.paused, c.deletion_protected,
        c.restart_nonce, c.restart_full,
        c.deleting_since is not null as deleting, p.name as profile_name, r.content as rule_set
      from cluster c join profile p on p.id = c.profile_id
        left join recovery_rule_set r on r.id = (c.spec->>'recoveryRuleSetId')::uuid
      where c.satellite_id = any(${satellites}::uuid[])
      order by c.id`

export type Gone = {
  readonly id: ClusterId
  readonly name: ClusterName
  readonly namespace: Namespace
  readonly version: ConfigVersion
}

/** Of the clusters that the site says it holds, those that are deleted and gone as far as central knows. */
export const goneAmong = async (
  sql: Sql,
  satellite: SatelliteId,
  held: readonly ClusterId[],
): Promise<Gone[]> =>
  (
    await sql`
      select id, name, namespace, desired_version from cluster_gone
      where satellite_id = ${satellite} and id = any(${held}::uuid[])`
  ).map((row) => ({
    id: clusterId(textOf(row, "id")),
    name: clusterName(textOf(row, "name")),
    namespace: namespace(textOf(row, "namespace")),
    version: configVersion(integerOf(row, "desired_version")),
  }))

const problemOf = (outcome: AckOutcome): string | undefined => {
  switch (outcome.kind) {
    case "applied":
      return undefined
    case "waiting":
      return outcome.reason
    case "refused":
      return outcome.problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")
  }
}

export type Ack = {
  readonly satellite: SatelliteId
  readonly clusterId: ClusterId
  readonly version: ConfigVersion
  readonly outcome: AckOutcome
}

/** Of several answers for one cluster the one to the newest config, and of those to the same config the last. */
function newestAcks(acks: readonly Ack[]): readonly Ack[] {
  const newest = new Map<string, Ack>()
  for (const ack of acks) {
    const key = `${ack.satellite}/${ack.clusterId}`
    const known = newest.get(key)
    if (known === undefined || known.version <= ack.version) newest.set(key, ack)
  }
  return [...newest.values()]
}

/**
 * Notes what sites answer, each for clusters that it has (D7). An answer to an older version than one already noted
 * changes nothing. Returns the clusters that were written.
 */
export const keepAcks = async (sql: Sql, acks: readonly Ack[]): Promise<ClusterId[]> => {
  const rows = newestAcks(acks).map(({ satellite, clusterId: cluster, version, outcome }) => ({
    satellite,
    cluster,
    version,
    ack: outcome.kind,
    problem: problemOf(outcome) ?? null,
  }))
  const written = await sql`
    with own as (
      select c.id, n.version, n.ack, n.problem
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (
          satellite uuid, cluster uuid, version bigint, ack text, problem text
        )
        join cluster c on c.id = n.cluster and c.satellite_id = n.satellite
      where n.version <= c.desired_version
        and (c.acked_version is null or c.acked_version <= n.version)
      -- In the order in which everybody locks clusters.
      order by c.id
      for no key update of c
    )
    update cluster c set acked_version = own.version, ack = own.ack, ack_problem = own.problem
    from own where c.id = own.id
    returning c.id`
  return written.map((row) => clusterId(textOf(row, "id")))
}
