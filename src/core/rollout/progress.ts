/**
 * The story of one config version at its site, kept so that people see what was done and when. Nothing is
 * decided by it but one thing: which run of its server each member had when it began.
 */
import type { ConfigVersion, PodName } from "#core/ids.ts"
import { type Millis } from "#core/units.ts"
import {
  type ChangeAction,
  type ChangeState,
  type ChangeStep,
  type ConfigChange,
  stepsMax,
} from "#core/rollout/change.ts"
import type { Strategy } from "#core/rollout/impact.ts"
import type { Deed, Next } from "#core/rollout/next-step.ts"
import type { MemberNow, Situation } from "#core/rollout/situation.ts"

/** `mark`: what was there before and is not there any more when the step is done. */
export type KeptStep = ChangeStep & { readonly mark: string }

export type Progress = Omit<ConfigChange, "steps"> & {
  readonly steps: readonly KeptStep[]
  /** Runs of the members' servers at the beginning, by `startedAt`. */
  readonly runs: Readonly<Record<string, number>>
}

export const shownChange = (progress: Progress): ConfigChange => ({
  version: progress.version,
  state: progress.state,
  strategy: progress.strategy,
  steps: progress.steps.map(({ pod, action, state, detail, at }) => ({
    pod,
    action,
    state,
    detail,
    at,
  })),
  reason: progress.reason,
  pendingRestart: progress.pendingRestart,
  startedAt: progress.startedAt,
  endedAt: progress.endedAt,
})

export function beginning(
  version: ConfigVersion,
  strategy: Strategy,
  members: readonly MemberNow[],
  at: number,
): Progress {
  return {
    version,
    state: "applying",
    strategy,
    steps: [],
    reason: undefined,
    pendingRestart: [],
    startedAt: at,
    endedAt: undefined,
    runs: Object.fromEntries(
      members.flatMap(({ pod, config }) => (config === undefined ? [] : [[pod, config.startedAt]])),
    ),
  }
}

/** Something is begun. What the site does beyond the expectation corrects it. */
export function withDeed(before: Progress, deed: Deed, members: number, at: number): Progress {
  return {
    ...before,
    strategy: corrected(before.strategy, members),
    steps: kept([...before.steps, ...stepsOf(deed, at)]),
  }
}

const milder: readonly Strategy[] = ["none", "reload", "grow", "scale"]

const corrected = (expected: Strategy, members: number): Strategy =>
  milder.includes(expected) ? (members === 1 ? "restart" : "sequential-restart") : expected

function stepsOf(deed: Deed, at: number): readonly KeptStep[] {
  const running = { state: "running", detail: undefined, at } as const
  switch (deed.kind) {
    case "restart":
      return deed.members.map(({ pod, startedAt, primaryOf }) => ({
        ...running,
        pod,
        action: "restart",
        mark: String(startedAt),
        detail: primaryOf === undefined ? undefined : `in its place, in term ${primaryOf}`,
      }))
    case "replace":
      return [{ ...running, pod: deed.pod, action: "replace", mark: deed.uid }]
    case "hand-over":
      return [{ ...running, pod: deed.pod, action: "hand-over", mark: "primary" }]
  }
}

/** A step that began did not come about, and why. */
export const withFailure = (before: Progress, deed: Deed, why: string, at: number): Progress => {
  const pods = deed.kind === "restart" ? deed.members.map(({ pod }) => pod) : [deed.pod]
  return {
    ...before,
    steps: before.steps.map((step) =>
      step.state === "running" && step.action === deed.kind && pods.includes(step.pod)
        ? { ...step, state: "failed", detail: why, at }
        : step,
    ),
  }
}

export type Look = {
  readonly seen: Situation
  readonly next: Next
  /** For how long it has waited for the same. */
  readonly waited: Millis
  /** Pods of members that are counted no more. */
  readonly leaving: readonly PodName[]
}

/** How it stands after a look. */
export function withLook(before: Progress, look: Look, at: number): Progress {
  const known = before.steps.map((step) => settled(step, look, at))
  const steps = [...known, ...comeAndGo(before, look, at), ...reloads(known, look.seen, at)]
  const state = stateOf(look)
  const isOver = state === "done" || state === "failed"
  return {
    ...before,
    steps: kept(steps),
    state,
    reason: reasonOf(look.next),
    pendingRestart: pendingNames(look.seen),
    endedAt: isOver ? (before.state === state ? (before.endedAt ?? at) : at) : undefined,
  }
}

function stateOf({ next, waited }: Look): ChangeState {
  switch (next.kind) {
    case "done":
      return "done"
    case "failed":
      return "failed"
    case "act":
      return "applying"
    case "wait":
      return waited >= next.patience ? "blocked" : "applying"
  }
}

const reasonOf = (next: Next): string | undefined =>
  next.kind === "wait" || next.kind === "failed" ? next.why : undefined

const pendingNames = ({ members }: Situation): readonly string[] =>
  [
    ...new Set(
      members.flatMap(({ config }) =>
        config === undefined ? [] : [...config.pending.map(({ name }) => name), ...config.held],
      ),
    ),
  ].toSorted()

function settled(step: KeptStep, look: Look, at: number): KeptStep {
  if (step.state !== "running") return step
  const member = look.seen.members.find(({ pod }) => pod === step.pod)
  return isDone(step, member, look) ? { ...step, state: "done", at } : step
}

function isDone(
  { action, mark, pod }: KeptStep,
  member: MemberNow | undefined,
  { seen: { members }, leaving }: Look,
): boolean {
  const isWell = member !== undefined && member.trouble === undefined
  switch (action) {
    case "restart":
      return isWell && member.config !== undefined && String(member.config.startedAt) !== mark
    case "replace":
      return isWell && member.uid !== undefined && member.uid !== mark
    case "hand-over":
      return members.some((other) => other.role === "primary" && other.pod !== pod)
    case "leave":
      return !leaving.includes(pod)
    case "join":
      return isWell
    case "reload":
    case "grow":
      return true
  }
}

/** Each member that has taken the config over, once. */
function reloads(
  steps: readonly KeptStep[],
  { members, print }: Situation,
  at: number,
): readonly KeptStep[] {
  const told = new Set(steps.filter(({ action }) => action === "reload").map(({ pod }) => pod))
  const fresh = members.filter(({ pod, config }) => config?.print === print && !told.has(pod))
  return fresh.map(({ pod }) => ({ ...plain, pod, action: "reload", state: "done", at }))
}

const plain = { detail: undefined, mark: "" } as const

/** Members that are new since the change began, and those that are on their way out. */
function comeAndGo(
  { runs, steps }: Progress,
  { seen, leaving }: Look,
  at: number,
): readonly KeptStep[] {
  const isNew = (pod: PodName, action: ChangeAction): boolean =>
    !steps.some((step) => step.pod === pod && step.action === action)
  // Where nobody ran at the beginning, the cluster itself is new.
  const joined =
    Object.keys(runs).length === 0 ? [] : seen.members.filter(({ pod }) => !(pod in runs))
  const step = (pod: PodName, action: ChangeAction): readonly KeptStep[] =>
    isNew(pod, action) ? [{ ...plain, pod, action, state: "running", at }] : []
  return [
    ...joined.flatMap(({ pod }) => step(pod, "join")),
    ...leaving.flatMap((pod) => step(pod, "leave")),
  ]
}

const kept = (steps: readonly KeptStep[]): readonly KeptStep[] => steps.slice(-stepsMax)
