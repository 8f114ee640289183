/** Where a rule's match ended: refusing what nobody confirmed, and doing what the rule says. */
import { type ClusterId } from "#core/ids.ts"
import type { MatchEnd, Settled } from "#core/rollout/match-end.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { type Refusal, refused } from "../refusal.ts"
import { beginDeleting } from "../operations/deletion.ts"
import { pauseByRule, pausedBy, resumeByRule } from "../store/cluster.ts"
import { desiredChanged } from "./placing.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

const shownMax = 200

const named = ({ cluster, site }: Settled): string =>
  `cluster ${cluster.namespace}/${cluster.name} (${cluster.id}) on ${site.name}`

/** What stands against it: a protected cluster, or one whose deletion the sender did not name. */
export function refuseEnds(
  ends: MatchEnd,
  confirmed: readonly string[] | undefined,
): Refusal | undefined {
  const [first] = ends.isProtected
  if (first !== undefined)
    return refused(
      409,
      "DELETION_PROTECTED",
      `${named(first)} would be deleted by rule ${first.rule.name} and is protected from it: take the protection off, or let the rule keep or pause its clusters`,
      ends.isProtected.slice(0, shownMax).map((one) => ({
        field: "confirmedDeletes",
        problem: `${named(one)} is protected from deletion`,
      })),
    )
  const given = new Set(confirmed ?? [])
  const unnamed = ends.delete.filter(({ cluster }) => !given.has(cluster.id))
  if (unnamed.length === 0) return undefined
  return refused(
    409,
    "WOULD_DELETE",
    `${unnamed.length} cluster${unnamed.length === 1 ? "" : "s"} would be deleted with all data, because a rule does not match any more: name the ids in confirmedDeletes, or let the rule keep or pause its clusters`,
    unnamed.slice(0, shownMax).map((one) => ({
      field: "confirmedDeletes",
      problem: `${named(one)} would be deleted by rule ${one.rule.name}`,
    })),
  )
}

/** A rule that goes leaves its clusters, and none of them paused by a word that is no longer said. */
export async function letGo(sql: Sql, rule: string, actor: Actor): Promise<void> {
  const left = await pausedBy(sql, rule)
  if (left.length === 0) return
  await resumeByRule(
    sql,
    left.map(({ id }) => id),
  )
  for (const [satellite, here] of Map.groupBy(left, ({ satelliteId }) => satelliteId))
    await tell(
      sql,
      actor,
      satellite,
      here.map(({ id, namespace, name }) => ({
        kind: "cluster.resumed",
        message: `cluster ${namespace}/${name} goes on: the rule that paused it was deleted`,
        clusterId: id,
      })),
    )
  await audit(
    sql,
    actor,
    ...left.map((cluster) => ({
      ...ofCluster("resume", cluster),
      before: { paused: true },
      after: { paused: false },
    })),
  )
  await desiredChanged(
    sql,
    left.map(({ satelliteId }) => satelliteId),
    left.map(({ id }) => id),
  )
}

const ofCluster = (
  action: string,
  {
    id,
    namespace,
    name,
  }: { readonly id: string; readonly namespace: string; readonly name: string },
) => ({ action, resource: "cluster", id, name: `${namespace}/${name}` }) as const

/** Does what the rules say of clusters whose match ended or is back, and tells each. */
export async function applyEnds(sql: Sql, ends: MatchEnd, actor: Actor): Promise<void> {
  const idsOf = (settled: readonly Settled[]): readonly ClusterId[] =>
    settled.map(({ cluster }) => cluster.id)
  if (ends.pause.length > 0) await pauseByRule(sql, idsOf(ends.pause))
  if (ends.resume.length > 0) await resumeByRule(sql, idsOf(ends.resume))
  // Unlike what a person deletes, the rule makes it again when its match is back.
  await beginDeleting(sql, idsOf(ends.delete), actor)
  await told(sql, actor, ends.pause, {
    kind: "cluster.paused",
    what: "is paused: its rule does not match any more",
  })
  await told(sql, actor, ends.resume, {
    kind: "cluster.resumed",
    what: "goes on: its rule does not pause it any more",
  })
  await told(sql, actor, ends.delete, {
    kind: "cluster.deletion-requested",
    what: "shall go, with its data: its rule does not match any more",
  })
  await audit(
    sql,
    actor,
    ...ends.pause.map(({ cluster }) => ({
      ...ofCluster("pause", cluster),
      before: { paused: false },
      after: { paused: true },
    })),
    ...ends.resume.map(({ cluster }) => ({
      ...ofCluster("resume", cluster),
      before: { paused: true },
      after: { paused: false },
    })),
    ...ends.delete.map(({ cluster }) => ({
      ...ofCluster("delete", cluster),
      before: { deleting: false },
      after: { deleting: true },
    })),
  )
  const changed = [...ends.pause, ...ends.resume, ...ends.delete]
  if (changed.length > 0)
    await desiredChanged(
      sql,
      changed.map(({ site }) => site.id),
      idsOf(changed),
    )
}

async function told(
  sql: Sql,
  actor: Actor,
  settled: readonly Settled[],
  { kind, what }: { readonly kind: string; readonly what: string },
): Promise<void> {
  for (const [satellite, here] of Map.groupBy(settled, ({ site }) => site.id))
    await tell(
      sql,
      actor,
      satellite,
      here.map(({ cluster, rule, site }) => ({
        kind,
        message: `cluster ${cluster.namespace}/${cluster.name} on ${site.name} ${what}`,
        severity: kind === "cluster.resumed" ? ("info" as const) : ("warning" as const),
        clusterId: cluster.id,
        details: { rule: rule.name },
      })),
    )
}
