/**
 * How far a site has brought the newest config of a cluster into force, as it tells central. What is
 * written to Kubernetes is not yet in force: a member may still run with what it read at its last start.
 */
import type { ConfigVersion, PodName } from "#core/ids.ts"
import type { Strategy } from "#core/rollout/impact.ts"

/**
 * `applying`: the site works on it. `done`: in force on every member, nothing pending, and the cluster
 * streams. `blocked`: something else has to happen first; goes on by itself then. `failed`: the site gave
 * this version up; a newer one starts again.
 */
export const changeStates = ["applying", "done", "blocked", "failed"] as const
export type ChangeState = (typeof changeStates)[number]

/** What is done with one member. `replace`: its pod is deleted, and comes back with the new template. */
export const changeActions = [
  "reload",
  "restart",
  "replace",
  "hand-over",
  "join",
  "leave",
  "grow",
] as const
export type ChangeAction = (typeof changeActions)[number]

export const stepStates = ["waiting", "running", "done", "failed"] as const
export type StepState = (typeof stepStates)[number]

export type ChangeStep = {
  readonly pod: PodName
  readonly action: ChangeAction
  readonly state: StepState
  /** One sentence; undefined where action and state say it all. */
  readonly detail: string | undefined
  /** When it came into this state: milliseconds since 1970 by the site's clock. */
  readonly at: number
}

export type ConfigChange = {
  /** The newest config version that the site holds. */
  readonly version: ConfigVersion
  readonly state: ChangeState
  readonly strategy: Strategy
  readonly steps: readonly ChangeStep[]
  /** One sentence: what it waits for, or why it was given up. */
  readonly reason: string | undefined
  /** Parameters whose new value waits for a restart, by the word of the servers. */
  readonly pendingRestart: readonly string[]
  /** Milliseconds since 1970 by the site's clock. */
  readonly startedAt: number
  readonly endedAt: number | undefined
}

/** More than any change of nine members takes; a longer story keeps its end. */
export const stepsMax = 200
