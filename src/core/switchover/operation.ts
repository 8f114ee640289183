/** What a switchover is made of, as people see it: its steps and how each of them stands. */
import type { ClusterId, OperationId, PodName } from "#core/ids.ts"

/** In this order. After `release` there is no way back: the old primary gave the Lease away. */
export const switchoverSteps = [
  "check",
  "checkpoint",
  "fence",
  "stop",
  "confirm",
  "release",
  "promote",
  "follow",
] as const
export type SwitchoverStep = (typeof switchoverSteps)[number]

export const stepStates = ["pending", "running", "done", "failed", "skipped"] as const
export type StepState = (typeof stepStates)[number]

export const operationStates = ["pending", "running", "succeeded", "failed", "cancelled"] as const
export type OperationState = (typeof operationStates)[number]

/** How one step stands. Times are milliseconds of the site's wall clock, for people. */
export type StepReport = {
  readonly name: SwitchoverStep
  readonly state: StepState
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  /** One sentence; empty while there is nothing to say. */
  readonly detail: string
}

/** How an operation stands, as the site tells it: whole, so that the highest revision replaces all others. */
export type OperationReport = {
  readonly operation: OperationId
  /** Rises with each change. */
  readonly revision: number
  readonly state: Exclude<OperationState, "pending">
  /** All of them, in order. */
  readonly steps: readonly StepReport[]
  readonly target: PodName | undefined
  readonly error: string | undefined
  readonly pointOfNoReturnAt: number | undefined
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
}

/** What central asks of a site. */
export type OperationOrder = {
  readonly operation: OperationId
  readonly clusterId: ClusterId
  readonly kind: "switchover"
  readonly to: PodName | undefined
}

export const isOver = (state: OperationState): boolean => state !== "pending" && state !== "running"
