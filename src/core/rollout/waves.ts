/**
 * What a rollout does next: from its plan, how it stands and what is seen of its clusters. Level-triggered:
 * asked again with the same sights it says the same, so that it may be interrupted anywhere. Pure.
 */
import { type ClusterId, configVersion, type ConfigVersion } from "#core/ids.ts"
import {
  type Entry,
  type EntryState,
  givenBack,
  inState,
  isChanging,
  moved,
  type Sight,
  unmoved,
  whyOwed,
} from "#core/rollout/entry.ts"
import type { Plan } from "#core/rollout/plan.ts"

/**
 * `at-gate`: the next stage waits for a person. `paused`: by a person. `halted`: clusters failed, or a person
 * said so. `cancelling`: what is under way comes to its end. In the last three nothing happens any more.
 */
export const rolloutStates = [
  "running",
  "at-gate",
  "paused",
  "halted",
  "rolling-back",
  "cancelling",
  "finished",
  "rolled-back",
  "cancelled",
] as const
export type RolloutState = (typeof rolloutStates)[number]

export type Progress = {
  readonly state: RolloutState
  readonly reason: string
  /** The last stage that has begun, as an index; -1 before the first. */
  readonly stage: number
  /** Stages whose gate was passed. */
  readonly passed: ReadonlySet<number>
  /** So many failures were seen by a person who went on all the same. */
  readonly forgiven: number
  readonly entries: readonly Entry[]
}

/** A cluster is given a version of its profile; from then on its config has this version. */
export type Move = {
  readonly cluster: ClusterId
  readonly to: number
  readonly version: ConfigVersion
  readonly isBack: boolean
}

export type Step = { readonly progress: Progress; readonly moves: readonly Move[] }
export type Sights = ReadonlyMap<ClusterId, Sight>

export const isOver = (state: RolloutState): boolean =>
  state === "finished" || state === "rolled-back" || state === "cancelled"

export const failures = (entries: readonly Entry[]): number =>
  entries.filter(({ hasFailed }) => hasFailed).length

export function advance(plan: Plan, before: Progress, sights: Sights, now: number): Step {
  if (isOver(before.state)) return { progress: before, moves: [] }
  const look = { plan, sights, now }
  const entries = before.entries
    .map((one) => lookedAt(one, look))
    // Who was before them in the plan goes first, also when they come late.
    .toSorted((a, b) => a.stage - b.stage)
  const seen: Progress = { ...before, entries }
  const progress = halting(plan, seen)
  switch (progress.state) {
    case "running":
    case "at-gate":
      return onward(progress, look)
    case "rolling-back":
      return backward(progress, look)
    case "cancelling":
      return { progress: cancelling(progress, look), moves: [] }
    case "paused":
    case "halted":
    case "finished":
    case "rolled-back":
    case "cancelled":
      return { progress, moves: [] }
  }
}

type Look = { readonly plan: Plan; readonly sights: Sights; readonly now: number }

/** Nothing that is seen of the cluster changes it, unless it is rolled back. */
export const settledForGood: ReadonlySet<EntryState> = new Set(["done", "rolled-back", "skipped"])

function lookedAt(entry: Entry, { plan, sights, now }: Look): Entry {
  const sight = sights.get(entry.cluster)
  if (settledForGood.has(entry.state)) return entry
  if (entry.back !== undefined) return givenBack(entry, entry.back, sight, now)
  // Shall go back, and has not yet: what was begun is of no interest any more.
  if (entry.state === "rolling-back") return entry
  return entry.moved === undefined
    ? unmoved(entry, sight, plan.to, now)
    : moved(entry, entry.moved.version, sight, plan, now)
}

const haltable: ReadonlySet<RolloutState> = new Set(["running", "at-gate", "paused"])

function halting(plan: Plan, progress: Progress): Progress {
  const failed = failures(progress.entries)
  if (!haltable.has(progress.state) || failed - progress.forgiven < plan.haltAfter) return progress
  const first = progress.entries.find(({ state }) => state === "failed")
  const why = `${clusters(failed)} failed${first === undefined ? "" : `: ${first.reason}`}`
  return plan.onHalt === "stay"
    ? { ...progress, state: "halted", reason: why }
    : { ...progress, state: "rolling-back", reason: why }
}

const clusters = (count: number): string => (count === 1 ? "1 cluster" : `${count} clusters`)

const underWay: ReadonlySet<EntryState> = new Set([
  "waiting",
  "sent",
  "applying",
  "blocked",
  "baking",
])

/** Opens the stages that may begin. A stage is through when nothing in it is under way; what is owed is not waited for. */
function staged(progress: Progress, plan: Plan): Progress {
  let { stage } = progress
  while (stage + 1 < plan.stages.length && isThrough(progress, stage)) {
    const why = whyNotBegin(progress, plan, stage)
    if (why !== undefined) return { ...progress, stage, state: "at-gate", reason: why }
    stage += 1
  }
  return { ...progress, stage, state: "running" }
}

const ofStage = ({ entries }: Progress, stage: number): readonly Entry[] =>
  entries.filter((entry) => entry.stage === stage)

const isThrough = (progress: Progress, stage: number): boolean =>
  ofStage(progress, stage).every(({ state }) => !underWay.has(state))

/** A stage of which nobody took the change shows nothing: a person decides then, as at a gate. */
function whyNotBegin(progress: Progress, plan: Plan, after: number): string | undefined {
  const next = plan.stages[after + 1]
  if (progress.passed.has(after + 1)) return undefined
  if (next?.hasGate === true) return `stage ${next.name} waits for a person to pass its gate`
  const taking = ofStage(progress, after).filter(({ state }) => state !== "skipped")
  return taking.length === 0 || taking.some(({ state }) => state === "done")
    ? undefined
    : `no cluster of stage ${plan.stages[after]?.name ?? ""} has taken the change: pass the gate of stage ${next?.name ?? ""} to go on without`
}

/** The number of places that are free for clusters that change at the same time. */
function freePlaces({ entries, stage }: Progress, { plan, sights }: Look): number {
  const taken = entries.filter((entry) => isChanging(entry, sights.get(entry.cluster))).length
  return Math.max(0, (plan.stages[Math.max(0, stage)]?.maxParallel ?? 1) - taken)
}

/** Begins what may begin, and opens stages, until neither leads to the other any more. */
function onward(before: Progress, look: Look): Step {
  let progress: Progress = { ...before, state: "running" }
  const moves: Move[] = []
  for (;;) {
    const begun = forward(progress, look)
    moves.push(...begun.moves)
    progress = staged(begun.progress, look.plan)
    if (progress.state === "at-gate") return { progress, moves }
    if (progress.stage === begun.progress.stage)
      return { progress: finished(progress, look.plan), moves }
  }
}

function forward(progress: Progress, look: Look): Step {
  const { plan, sights, now } = look
  let free = freePlaces(progress, look)
  const moves: Move[] = []
  const entries = progress.entries.map((entry): Entry => {
    const sight = sights.get(entry.cluster)
    if (sight === undefined || entry.moved !== undefined || entry.stage > progress.stage)
      return entry
    if (entry.state !== "waiting" && entry.state !== "owed") return entry
    const owed = whyOwed(sight, plan)
    if (owed !== undefined) return inState(entry, "owed", owed, now)
    if (sight.busyWith !== undefined)
      return inState(entry, "waiting", `${sight.busyWith} is under way on it`, now)
    if (free === 0) return inState(entry, "waiting", "as many change as may at a time", now)
    free -= 1
    const version = configVersion(sight.desiredVersion + 1)
    moves.push({ cluster: entry.cluster, to: plan.to, version, isBack: false })
    return {
      ...inState(entry, "sent", "", now),
      moved: { version, from: sight.specVersion },
      heardSince: now,
    }
  })
  return { progress: { ...progress, entries }, moves }
}

function finished(progress: Progress, plan: Plan): Progress {
  const { entries, stage } = progress
  const open = entries.filter(({ state }) => underWay.has(state) || state === "owed")
  const standing = tally(entries)
  if (open.length === 0) return { ...progress, state: "finished", reason: standing }
  return { ...progress, reason: `stage ${plan.stages[stage]?.name ?? ""}: ${standing}` }
}

/** How many are in which state, in words. */
export const tally = (entries: readonly Entry[]): string =>
  [...Map.groupBy(entries, ({ state }) => state)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([state, all]) => `${all.length} ${state}`)
    .join(", ")

function backward(progress: Progress, look: Look): Step {
  const { sights, now } = look
  const wanted = {
    ...progress,
    entries: progress.entries.map((entry) => returning(entry, sights.get(entry.cluster), now)),
  }
  let free = freePlaces(wanted, look)
  const moves: Move[] = []
  const entries = wanted.entries.map((entry): Entry => {
    const sight = sights.get(entry.cluster)
    if (entry.state !== "rolling-back" || entry.back !== undefined) return entry
    if (sight === undefined || entry.moved === undefined) return entry
    if (sight.busyWith !== undefined) return { ...entry, reason: `${sight.busyWith} is under way` }
    // A site that is away takes nothing now: it shall find what it had when it returns.
    if (free === 0 && !sight.isAway) return { ...entry, reason: "as many change as may at a time" }
    if (!sight.isAway) free -= 1
    const version = configVersion(sight.desiredVersion + 1)
    moves.push({ cluster: entry.cluster, to: entry.moved.from, version, isBack: true })
    return { ...entry, back: version, reason: "" }
  })
  const after = { ...wanted, entries }
  const isOpen = entries.some(({ state }) => state === "rolling-back")
  return { progress: isOpen ? after : { ...after, state: "rolled-back" }, moves }
}

/** What was moved by this rollout, and by nobody since, goes back; what was not moved is left alone. */
function returning(entry: Entry, sight: Sight | undefined, now: number): Entry {
  const { state, moved: move } = entry
  if (state === "skipped" || state === "rolled-back" || entry.back !== undefined) return entry
  if (state === "rolling-back" && sight !== undefined && isOurs(entry, sight)) return entry
  if (move === undefined) return inState(entry, "skipped", "was rolled back before its turn", now)
  if (sight === undefined || sight.isDeleting)
    return inState(entry, "skipped", "the cluster was deleted", now)
  if (!isOurs(entry, sight)) {
    const why = "was given another version meanwhile"
    return state === "done" ? { ...entry, reason: why } : inState(entry, "skipped", why, now)
  }
  return inState(entry, "rolling-back", "", now)
}

const isOurs = ({ moved: move }: Entry, sight: Sight): boolean =>
  move !== undefined && sight.specSince === move.version && !sight.isTaken && !sight.isDeleting

function cancelling(progress: Progress, { now }: Look): Progress {
  const entries = progress.entries.map((entry) =>
    entry.moved === undefined && (entry.state === "waiting" || entry.state === "owed")
      ? inState(entry, "skipped", "the rollout was cancelled", now)
      : entry,
  )
  // What an absent site was sent it takes on return; nobody waits here for that.
  const isOpen = entries.some(({ state }) => underWay.has(state))
  return { ...progress, entries, state: isOpen ? "cancelling" : "cancelled" }
}
