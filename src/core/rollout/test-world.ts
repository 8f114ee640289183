/** A small fleet for tests of rollouts: what sites do and what befalls them, each as one event. Pure. */
import { assert } from "#core/assert.ts"
import { type ClusterId, clusterId, configVersion } from "#core/ids.ts"
import { type Command, commanded } from "#core/rollout/commands.ts"
import { type Entry, isChanging, type Sight, whyOwed } from "#core/rollout/entry.ts"
import type { Plan } from "#core/rollout/plan.ts"
import { advance, failures, isOver, type Progress, type Step } from "#core/rollout/waves.ts"

export type Cluster = {
  readonly spec: number
  readonly since: number
  readonly desired: number
  readonly inForce: number
  readonly word: "applying" | "blocked" | "failed" | undefined
  readonly isWell: boolean
  readonly isAway: boolean
  readonly isPaused: boolean
  readonly isFrozen: boolean
  readonly isBusy: boolean
  readonly isTaken: boolean
  readonly isGone: boolean
}

export type World = {
  readonly clusters: readonly Cluster[]
  readonly progress: Progress
  readonly now: number
}

export type Event =
  | { readonly kind: "time"; readonly ms: number }
  | {
      readonly kind:
        | "take"
        | "block"
        | "fail"
        | "in-force"
        | "away"
        | "back"
        | "unwell"
        | "well"
        | "pause"
        | "resume"
        | "freeze"
        | "thaw"
        | "busy"
        | "free"
        | "delete"
        /** Somebody else gives it another version. */
        | "elsewhere"
        | "taken"
      readonly at: number
    }
  | { readonly kind: "command"; readonly command: Command }

export const idOf = (at: number): ClusterId => clusterId(`c${at}`)

const fresh: Cluster = {
  spec: 1,
  since: 1,
  desired: 1,
  inForce: 1,
  word: undefined,
  isWell: true,
  isAway: false,
  isPaused: false,
  isFrozen: false,
  isBusy: false,
  isTaken: false,
  isGone: false,
}

export const entryOf = (at: number, stage: number): Entry => ({
  cluster: idOf(at),
  stage,
  state: "waiting",
  reason: "",
  since: 0,
  moved: undefined,
  back: undefined,
  heardSince: undefined,
  wellSince: undefined,
  unwellSince: undefined,
  hasFailed: false,
})

/** One cluster for each of these stages. */
export const worldOf = (stages: readonly number[]): World => ({
  clusters: stages.map(() => fresh),
  progress: {
    state: "running",
    reason: "",
    stage: -1,
    passed: new Set(),
    forgiven: 0,
    entries: stages.map((stage, at) => entryOf(at, stage)),
  },
  now: 0,
})

export const sightOf = (cluster: Cluster): Sight => ({
  isDeleting: false,
  isPaused: cluster.isPaused,
  specVersion: cluster.spec,
  specSince: configVersion(cluster.since),
  desiredVersion: configVersion(cluster.desired),
  inForce: configVersion(cluster.inForce),
  change:
    cluster.word === undefined
      ? undefined
      : { version: configVersion(cluster.desired), state: cluster.word, reason: "as it says" },
  refused: undefined,
  health: cluster.isWell ? "healthy" : "degraded",
  healthReason: "a member is away",
  isAway: cluster.isAway,
  siteName: "north",
  busyWith: cluster.isBusy ? "a switchover" : undefined,
  isTaken: cluster.isTaken,
  frozenBy: cluster.isFrozen ? "freeze window nights" : undefined,
  obstacle: undefined,
})

export const sightsOf = ({ clusters }: World): ReadonlyMap<ClusterId, Sight> =>
  new Map(
    clusters.flatMap((cluster, at) =>
      cluster.isGone ? [] : [[idOf(at), sightOf(cluster)] as const],
    ),
  )

/** What happens, without central looking. Events that can not be change nothing. */
export function happened(plan: Plan, world: World, event: Event): World {
  if (event.kind === "time") return { ...world, now: world.now + event.ms }
  if (event.kind === "command") {
    const after = commanded(plan, world.progress, event.command)
    return after.kind === "ok" ? { ...world, progress: after.progress } : world
  }
  return {
    ...world,
    clusters: world.clusters.map((cluster, at) =>
      at === event.at ? befallen(cluster, event.kind) : cluster,
    ),
  }
}

function befallen(cluster: Cluster, what: Exclude<Event["kind"], "time" | "command">): Cluster {
  const isOpen = cluster.inForce < cluster.desired && !cluster.isAway
  switch (what) {
    case "take":
      return isOpen ? { ...cluster, word: "applying" } : cluster
    case "block":
      return isOpen ? { ...cluster, word: "blocked" } : cluster
    case "fail":
      return isOpen ? { ...cluster, word: "failed" } : cluster
    case "in-force":
      return isOpen ? { ...cluster, inForce: cluster.desired, word: undefined } : cluster
    case "away":
      return { ...cluster, isAway: true }
    case "back":
      return { ...cluster, isAway: false }
    case "unwell":
      return { ...cluster, isWell: false }
    case "well":
      return { ...cluster, isWell: true }
    case "pause":
    case "resume":
      return {
        ...cluster,
        isPaused: what === "pause",
        desired: cluster.desired + 1,
        word: undefined,
      }
    case "freeze":
      return { ...cluster, isFrozen: true }
    case "thaw":
      return { ...cluster, isFrozen: false }
    case "busy":
      return { ...cluster, isBusy: true }
    case "free":
      return { ...cluster, isBusy: false }
    case "delete":
      return { ...cluster, isGone: true }
    case "elsewhere":
      return {
        ...cluster,
        spec: 3,
        desired: cluster.desired + 1,
        since: cluster.desired + 1,
        word: undefined,
      }
    case "taken":
      return { ...cluster, isTaken: true }
  }
}

/** Central looks, decides and moves; everything that must hold is checked. */
export function looked(plan: Plan, world: World): World {
  const sights = sightsOf(world)
  const step = advance(plan, world.progress, sights, world.now)
  check(plan, world, step)
  const clusters = world.clusters.map((cluster, at): Cluster => {
    const move = step.moves.find((one) => one.cluster === idOf(at))
    if (move === undefined) return cluster
    return {
      ...cluster,
      spec: move.to,
      since: move.version,
      desired: move.version,
      word: undefined,
    }
  })
  return { ...world, clusters, progress: step.progress }
}

/** What no sequence of events may break. */
function check(plan: Plan, before: World, { progress, moves }: Step): void {
  const sights = sightsOf(before)
  const was = new Map(before.progress.entries.map((entry) => [entry.cluster, entry]))
  const at = (cluster: ClusterId): Cluster | undefined => before.clusters[Number(cluster.slice(1))]
  const { state, stage, entries } = progress

  const changing = entries.filter((entry) => isChanging(entry, sights.get(entry.cluster)))
  const begun = moves.filter(({ cluster }) => at(cluster)?.isAway === false)
  const most = plan.stages[Math.max(0, stage)]?.maxParallel ?? 1
  assert(begun.length === 0 || changing.length <= most, "no more change at a time than may")

  const failed = failures(entries) - progress.forgiven
  if (failed >= plan.haltAfter)
    assert(
      state !== "running" && state !== "at-gate" && state !== "paused",
      `with ${failed} failures it does not go on, as ${state}`,
    )
  for (const move of moves) {
    const [cluster, sight, entry] = [
      at(move.cluster),
      sights.get(move.cluster),
      was.get(move.cluster),
    ]
    assert(cluster !== undefined && sight !== undefined && entry !== undefined, "it is there")
    assert(move.version === cluster.desired + 1, "a move is the next config version")
    assert(!cluster.isBusy && !cluster.isGone, "one thing at a time is done to a cluster")
    if (move.isBack) {
      assert(state === "rolling-back" || state === "rolled-back", "back only when rolling back")
      assert(entry.moved?.from === move.to, "exactly the version that it had")
      assert(entry.moved.version === cluster.since, "what others changed is left alone")
      assert(entry.back === undefined && !cluster.isTaken, "once, and never what a newer one has")
    } else {
      assert(state === "running" || state === "at-gate", `nothing begins while ${state}`)
      assert(entry.moved === undefined && entry.stage <= stage, "once, and in its turn")
      assert(whyOwed(sight, plan) === undefined, "what owes its change is not moved")
      for (let open = 0; open <= entry.stage; open += 1)
        assert(
          plan.stages[open]?.hasGate !== true || progress.passed.has(open),
          "no gate is walked around",
        )
      // Who comes late to an earlier stage is not waited for.
      for (const earlier of entries.filter((one) => one.stage === entry.stage - 1))
        if (entry.stage > before.progress.stage)
          assert(
            !["waiting", "sent", "applying", "blocked", "baking"].includes(earlier.state),
            `a stage begins when those before it are through, not while one is ${earlier.state}`,
          )
    }
  }
  for (const entry of entries) {
    const cluster = at(entry.cluster)
    if (entry.state !== "done" || was.get(entry.cluster)?.state === "done") continue
    assert(
      cluster !== undefined && cluster.isWell && !cluster.isAway && !cluster.isPaused,
      "done is who was seen to be well",
    )
    assert(
      entry.moved !== undefined && cluster.inForce >= entry.moved.version,
      "and has it in force",
    )
    assert(
      before.now - (entry.wellSince ?? before.now) >= (plan.stages[entry.stage]?.bakeMs ?? 0),
      "and was well for the whole time",
    )
  }
  if (isOver(before.progress.state)) assert(moves.length === 0, "what is over is over")
}

/** Everything comes right: all return, are well, and do what is asked; a person lets it go on. */
export function comeRight(plan: Plan, start: World): World {
  let world: World = {
    ...start,
    clusters: start.clusters.map((cluster) => ({
      ...cluster,
      isAway: false,
      isWell: true,
      isPaused: false,
      isFrozen: false,
      isBusy: false,
    })),
  }
  const rounds = 12 * (world.clusters.length + plan.stages.length)
  for (let round = 0; round < rounds && !isOver(world.progress.state); round += 1) {
    const { state, stage } = world.progress
    if (state === "paused" || state === "halted")
      world = happened(plan, world, { kind: "command", command: { kind: "resume", by: "anna" } })
    if (state === "at-gate")
      world = happened(plan, world, {
        kind: "command",
        command: { kind: "pass-gate", by: "anna", stage: stage + 1 },
      })
    world = looked(plan, world)
    world.clusters.forEach((_, at) => {
      world = happened(plan, world, { kind: "in-force", at })
    })
    world = { ...world, now: world.now + Math.max(...plan.stages.map(({ bakeMs }) => bakeMs), 1) }
  }
  return world
}
