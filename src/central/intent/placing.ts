/** Rules become clusters: in the transaction that approves, relabels or makes the rule. */
import { randomUUID } from "node:crypto"
import { type ClusterId, clusterId, type SatelliteId } from "#core/ids.ts"
import { type DeploymentRule, type Placement, place, type Site } from "#core/rollout/match.ts"
import type { Beginning } from "#core/rollout/new-cluster.ts"
import { type GoverningRule, type MatchEnd, settle } from "#core/rollout/match-end.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { insertClusters, type NewCluster, places } from "../store/cluster.ts"
import { allRules, exceptions } from "../store/rule.ts"
import type { Actor } from "./actor.ts"
import { beginnings, joinRollouts } from "./beginning.ts"
import { tellOf } from "./tell.ts"

/** Any number that is ours alone. */
const intentLock = 0x7067_696e

/**
 * Everything that decides by rules, satellites and clusters together waits for the others here: what was
 * read is still so when it is written.
 */
export const holdIntent = async (sql: Sql): Promise<void> => {
  await sql`select pg_advisory_xact_lock(${intentLock})`
}

export type Evaluation = Placement & { readonly ends: MatchEnd }

/** What the rules want on these sites, and what they do not want there any more. `as` is a rule that is not stored yet, or not so. */
export async function evaluate(
  sql: Sql,
  sites: readonly Site[],
  as?: GoverningRule,
): Promise<Evaluation> {
  const stored = await allRules(sql)
  const rules = as === undefined ? stored : withRule(stored, as)
  const taken = await places(
    sql,
    sites.map(({ id }) => id),
  )
  const { create, conflicts } = place(rules, sites, taken, await exceptions(sql))
  return { create, conflicts, ends: settle(rules, sites, taken) }
}

/** In its own place among the others, or as the newest. */
const withRule = (rules: readonly GoverningRule[], one: GoverningRule): readonly GoverningRule[] =>
  rules.some(({ id }) => id === one.id)
    ? rules.map((rule) => (rule.id === one.id ? one : rule))
    : [...rules, one]

/** What `rule` alone has to do with it. */
export const partOf = (
  { create, conflicts, ends }: Evaluation,
  rule: DeploymentRule,
): Evaluation => {
  const ours = <T extends { readonly rule: DeploymentRule }>(all: readonly T[]): readonly T[] =>
    all.filter((one) => one.rule.id === rule.id)
  return {
    create: ours(create),
    conflicts: ours(conflicts),
    ends: {
      keep: ours(ends.keep),
      pause: ours(ends.pause),
      delete: ours(ends.delete),
      isProtected: ours(ends.isProtected),
      resume: ours(ends.resume),
    },
  }
}

const shownConflictsMax = 20

export function refuseConflicts(
  conflicts: Placement["conflicts"],
  field: string,
): Refusal | undefined {
  if (conflicts.length === 0) return undefined
  return refused(
    409,
    "RULE_CONFLICT",
    conflicts[0]?.reason ?? "two rules want the same place",
    conflicts.slice(0, shownConflictsMax).map(({ reason }) => ({ field, problem: reason })),
  )
}

/** Makes the clusters, tells about each, and wakes the streams of their satellites. */
export async function makeClusters(
  sql: Sql,
  wanted: Placement["create"],
  actor: Actor,
): Promise<readonly ClusterId[]> {
  if (wanted.length === 0) return []
  const begins = await beginnings(
    sql,
    wanted.map(({ rule }) => rule.profileId),
  )
  const made = wanted.map(({ rule, site }) => ({
    rule,
    site,
    begin: begins(rule.profileId, site),
    row: {
      id: clusterId(randomUUID()),
      name: rule.clusterName,
      namespace: rule.namespace,
      satelliteId: site.id,
      profileId: rule.profileId,
      ruleId: rule.id,
    },
  }))
  await insertClusters(
    sql,
    made.map(({ row, begin }) => ({ ...row, specVersion: begin.version })),
  )
  await joinRollouts(
    sql,
    made.flatMap(({ row, site, begin: { joins, version } }) =>
      joins === undefined
        ? []
        : [{ rollout: joins.id, cluster: row, siteName: site.name, version }],
    ),
  )
  await tellMade(sql, made, actor)
  const ids = made.map(({ row }) => row.id)
  await desiredChanged(
    sql,
    made.map(({ site }) => site.id),
    ids,
  )
  return ids
}

type Made = Placement["create"][number] & {
  readonly begin: Beginning
  readonly row: Omit<NewCluster, "specVersion">
}

async function tellMade(sql: Sql, made: readonly Made[], actor: Actor): Promise<void> {
  await tellOf(
    sql,
    actor,
    made.map(({ rule, site, row, begin }) => ({
      satellite: site.id,
      kind: "cluster.requested",
      message: `cluster ${row.namespace}/${row.name} shall be on ${site.name}, by rule ${rule.name}${inWords(begin)}`,
      clusterId: row.id,
      details: { rule: rule.name, version: String(begin.version) },
    })),
  )
  await audit(
    sql,
    actor,
    ...made.map(({ rule, site, row, begin }) => ({
      action: "create",
      resource: "cluster" as const,
      id: row.id,
      name: `${row.namespace}/${row.name}`,
      after: {
        namespace: row.namespace,
        name: row.name,
        satellite: site.name,
        profileId: row.profileId,
        rule: rule.name,
        specVersion: begin.version,
      },
    })),
  )
}

const inWords = ({ version, joins }: Beginning): string =>
  joins === undefined
    ? ""
    : `; it begins with version ${version} of its profile, and takes its turn in the rollout of version ${joins.version}`

/** The streams of these satellites look again at what they should run; browsers see the clusters anew. */
export async function desiredChanged(
  sql: Sql,
  satellites: readonly SatelliteId[],
  clusters: readonly ClusterId[],
): Promise<void> {
  const distinct = [...new Set(satellites)]
  await notify(sql, { kind: "desired", ids: distinct })
  await notify(sql, { kind: "satellites", ids: distinct })
  if (clusters.length > 0) await notify(sql, { kind: "clusters", ids: [...clusters] })
}
