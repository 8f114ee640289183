/**
 * One step of one rollout: reads how it stands, lets the core decide, writes what follows, all in one
 * transaction. Whoever dies on the way leaves everything as it was, and the next one decides the same.
 */
import { randomUUID } from "node:crypto"
import type { ClusterId } from "#core/ids.ts"
import { type Entry, type Sight } from "#core/rollout/entry.ts"
import { type FreezeWindow, frozenBy, untilOf } from "#core/rollout/freeze.ts"
import {
  advance,
  settledForGood,
  type Move,
  type Progress,
  type RolloutState,
} from "#core/rollout/waves.ts"
import { impactOf } from "#core/rollout/impact.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { ordersNow } from "../intent/parameters.ts"
import { desiredChanged } from "../intent/placing.ts"
import { obstacleOf } from "../intent/rollout-plan.ts"
import { central } from "../intent/actor.ts"
import { tell, tellOf, type Told } from "../intent/tell.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { notify } from "../store/change.ts"
import { moveClusters } from "../store/cluster-move.ts"
import { freezeWindows } from "../store/freeze-window.ts"
import { beginChanges, failChanges } from "../store/change-operation.ts"
import { findVersions } from "../store/profile-version.ts"
import { keepStanding, type LockedRollout, lockRollout } from "../store/rollout.ts"
import {
  entriesOf,
  keepEntries,
  type Seen,
  sightsOf,
  type StoredEntry,
} from "../store/rollout-cluster.ts"

/** Somebody changed a cluster between our look and our move: nothing was done, the next look will be newer. */
class Overtaken extends Error {
  override readonly name = "Overtaken"
}

/** False when another central has it just now, or somebody came in between. */
export async function advanceRollout(database: Database, id: string): Promise<boolean> {
  try {
    return await database.transaction(async (sql) => {
      const rollout = await lockRollout(sql, id, { skip: true })
      if (rollout === undefined) return false
      await step(sql, rollout)
      return true
    })
  } catch (error) {
    if (error instanceof Overtaken) return false
    throw error
  }
}

async function step(sql: Sql, rollout: LockedRollout): Promise<void> {
  const entries = await entriesOf(sql, rollout.id)
  // What is done is looked at again only to be undone, which this very step may begin with.
  const mayUndo = rollout.standing.state === "rolling-back" || rollout.plan.onHalt === "roll-back"
  const isLookedAt = ({ state }: Entry): boolean => mayUndo || !settledForGood.has(state)
  const seen = await sightsOf(
    sql,
    rollout.id,
    entries.filter(isLookedAt).map(({ cluster }) => cluster),
  )
  const sights = await judged(sql, rollout, seen)
  const before: Progress = { ...rollout.standing, entries }
  const { progress, moves } = advance(rollout.plan, before, sights, rollout.now)
  const operations = await perform(sql, rollout, moves, sights, entries)
  const differing = differences(entries, progress.entries, operations)
  if (differing.length > 0) await keepEntries(sql, rollout.id, differing)
  const { state, reason, stage, forgiven } = progress
  const isNew = state !== before.state || reason !== before.reason || stage !== before.stage
  if (isNew) await keepStanding(sql, rollout.id, { state, reason, stage, forgiven })
  await tellFailures(sql, rollout, entries, progress.entries)
  if (state !== before.state) await tellState(sql, rollout, progress)
  if (isNew || differing.length > 0) await notify(sql, { kind: "list", resource: "rollouts" })
}

/** What is seen, with what freezes it and what stands against the version. */
async function judged(
  sql: Sql,
  { profileId, plan, now }: LockedRollout,
  seen: readonly Seen[],
): Promise<ReadonlyMap<ClusterId, Sight>> {
  const [windows, orders] = [await freezeWindows(sql), await ordersNow(sql)]
  const versions = await findVersions(sql, profileId, [
    plan.to,
    ...seen.map(({ specVersion }) => specVersion),
  ])
  const target = versions.find(({ specVersion }) => specVersion === plan.to)
  const to = target === undefined ? undefined : profileSpec(target.spec)
  const obstacles = new Map(
    versions.map(({ specVersion, spec }) => [
      specVersion,
      to === undefined
        ? "the version is gone"
        : obstacleOf(impactOf(profileSpec(spec), to, orders(to.postgres.major))),
    ]),
  )
  return new Map(
    seen.map((one) => [
      one.id,
      {
        ...one,
        frozenBy: inWords(frozenBy(windows, one.labels, now)),
        obstacle: obstacles.get(one.specVersion),
      },
    ]),
  )
}

const inWords = (window: FreezeWindow | undefined): string | undefined =>
  window === undefined ? undefined : `freeze window ${window.name}, ${untilOf(window.time)}`

/** Gives each cluster its version, with an operation that tells of it; returns these by cluster. */
async function perform(
  sql: Sql,
  rollout: LockedRollout,
  moves: readonly Move[],
  sights: ReadonlyMap<ClusterId, Sight>,
  entries: readonly StoredEntry[],
): Promise<ReadonlyMap<ClusterId, string>> {
  if (moves.length === 0) return new Map()
  const moved = await moveClusters(sql, rollout.profileId, moves)
  if (moved.size !== moves.length) throw new Overtaken("a cluster was changed meanwhile")
  const places = new Map(entries.map((entry) => [entry.cluster, entry]))
  const begun = moves.map((move) => ({
    id: randomUUID(),
    move,
    rollout: rollout.id,
    from: sights.get(move.cluster)?.specVersion ?? move.to,
    actor: rollout.actor,
  }))
  if ((await beginChanges(sql, begun)) !== begun.length)
    throw new Overtaken("an operation was begun meanwhile")
  await tellOf(
    sql,
    { name: rollout.actor },
    begun.map(({ id, move, from }) => {
      const place = places.get(move.cluster)
      return {
        satellite: moved.get(move.cluster),
        kind: move.isBack ? "cluster.rolled-back" : "cluster.version-sent",
        message: `cluster ${place?.namespace ?? ""}/${place?.name ?? ""} goes ${move.isBack ? "back " : ""}from version ${from} to version ${move.to} of profile ${rollout.profileName}`,
        clusterId: move.cluster,
        details: { rollout: rollout.id, operation: id },
      }
    }),
  )
  await desiredChanged(sql, [...moved.values()], [...moved.keys()])
  await notify(sql, { kind: "operations", ids: begun.map(({ id }) => id) })
  return new Map(begun.map(({ id, move }) => [move.cluster, id]))
}

const differences = (
  before: readonly StoredEntry[],
  after: readonly Entry[],
  operations: ReadonlyMap<ClusterId, string>,
): readonly (Entry & { readonly operationId: string | undefined })[] => {
  const was = new Map(before.map((entry) => [entry.cluster, entry]))
  return after
    .filter((entry) => entry !== was.get(entry.cluster))
    .map((entry) => ({
      ...entry,
      operationId: operations.get(entry.cluster) ?? was.get(entry.cluster)?.operationId,
    }))
    .filter((entry) => JSON.stringify(entry) !== JSON.stringify(was.get(entry.cluster)))
}
async function tellFailures(
  sql: Sql,
  { id, actor, plan, profileName }: LockedRollout,
  before: readonly StoredEntry[],
  after: readonly Entry[],
): Promise<void> {
  const was = new Map(before.map((entry) => [entry.cluster, entry]))
  const failed = after.filter(
    ({ cluster, state }) => state === "failed" && was.get(cluster)?.state !== "failed",
  )
  for (const { cluster, reason } of failed) {
    const place = was.get(cluster)
    await tell(sql, { name: actor }, undefined, [
      {
        kind: "cluster.change-failed",
        severity: "error",
        message: `cluster ${place?.namespace ?? ""}/${place?.name ?? ""}, version ${plan.to} of profile ${profileName}: ${reason}`,
        clusterId: cluster,
        details: { rollout: id },
      },
    ])
  }
  // What took too long is over for people too: the cluster is free for something else.
  const ended = await failChanges(
    sql,
    failed.flatMap(({ cluster, reason }) => {
      const operation = was.get(cluster)?.operationId
      return operation === undefined ? [] : [{ id: operation, error: reason }]
    }),
  )
  if (ended.length > 0) await notify(sql, { kind: "operations", ids: ended })
}

const news: Readonly<Record<RolloutState, readonly [Told["severity"], string]>> = {
  running: ["info", "goes on"],
  "at-gate": ["warning", "waits at a gate"],
  paused: ["info", "is paused"],
  halted: ["error", "was halted"],
  "rolling-back": ["error", "is rolled back"],
  cancelling: ["info", "is cancelled"],
  finished: ["info", "is finished"],
  "rolled-back": ["warning", "was rolled back"],
  cancelled: ["info", "was cancelled"],
}

async function tellState(
  sql: Sql,
  { id, plan, profileName }: LockedRollout,
  { state, reason }: Progress,
): Promise<void> {
  const [severity = "info", what] = news[state]
  await tell(sql, central, undefined, [
    {
      kind: `rollout.${state}`,
      severity,
      message: `the rollout of version ${plan.to} of profile ${profileName} ${what}${reason === "" ? "" : `: ${reason}`}`,
      details: { rollout: id },
    },
  ])
}
