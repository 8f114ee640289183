/** What a person may ask to be done to a running cluster: the steps it is made of, and how each of them stands. */
import type { ClusterId, OperationId, PodName } from "#core/ids.ts"

/** What a site is asked. Central has operations of its own beside them. */
export const askedKinds = ["switchover", "fence", "unfence", "promote"] as const
export type AskedKind = (typeof askedKinds)[number]

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

export const operationSteps = [...switchoverSteps, "admit"] as const
export type OperationStepName = (typeof operationSteps)[number]

/** What each kind is made of: all but a switchover are one question to one member. */
export const stepsOf: Readonly<Record<AskedKind, readonly OperationStepName[]>> = {
  switchover: switchoverSteps,
  fence: ["fence"],
  unfence: ["admit"],
  promote: ["promote"],
}

export const stepStates = ["pending", "running", "done", "failed", "skipped"] as const
export type StepState = (typeof stepStates)[number]

export const operationStates = ["pending", "running", "succeeded", "failed", "cancelled"] as const
export type OperationState = (typeof operationStates)[number]

/** How one step stands. Times are milliseconds of the site's wall clock, for people. */
export type StepReport = {
  readonly name: OperationStepName
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
} & OperationWish

/** `to` is the pod that shall become primary. */
export type OperationWish =
  /** Undefined: whoever is best. */
  | { readonly kind: "switchover"; readonly to: PodName | undefined }
  | { readonly kind: "fence"; readonly reason: string }
  | { readonly kind: "unfence" }
  | { readonly kind: "promote"; readonly to: PodName; readonly acceptLoss: boolean }

export type OrderOf<Kind extends AskedKind> = Extract<OperationOrder, { readonly kind: Kind }>

export const targetOf = (wish: OperationWish): PodName | undefined =>
  wish.kind === "switchover" || wish.kind === "promote" ? wish.to : undefined

export const isOver = (state: OperationState): boolean => state !== "pending" && state !== "running"
