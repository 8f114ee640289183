/** What a switchover is made of, as people see it: its steps and how each of them stands. */

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

export const isOver = (state: OperationState): boolean => state !== "pending" && state !== "running"
