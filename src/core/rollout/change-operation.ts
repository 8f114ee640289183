/** A change of version as an operation: what people see of it, by the word of the site. Pure. */
import type { ChangeStep, ConfigChange } from "#core/rollout/change.ts"
import { type Sight, standingOf } from "#core/rollout/entry.ts"
import type { ConfigVersion } from "#core/ids.ts"
import type { OperationState, StepState } from "#core/switchover/operation.ts"

export type ShownStep = {
  readonly name: string
  readonly state: StepState
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  readonly detail: string
}

export type ChangeReport = {
  readonly state: OperationState
  readonly steps: readonly ShownStep[]
  readonly error: string | undefined
  readonly startedAt: number | undefined
  /** By the clock of the site; undefined where it did not say. */
  readonly endedAt: number | undefined
}

/** `before` are the steps as they were shown last: a site says since when a step is as it is, not when it began. */
export function changeReport(
  version: ConfigVersion,
  sight: Pick<Sight, "inForce" | "refused"> & { readonly change: ConfigChange | undefined },
  before: readonly ShownStep[],
): ChangeReport {
  const standing = standingOf(version, sight)
  const { change } = sight
  const told = change !== undefined && change.version >= version ? change : undefined
  const report = {
    steps: told === undefined ? before : told.steps.map((step, at) => shown(step, before[at])),
    error: undefined,
    startedAt: told?.startedAt,
    endedAt: told?.endedAt,
  }
  switch (standing.kind) {
    case "sent":
      return { ...report, state: "pending" }
    case "applying":
    case "blocked":
      return { ...report, state: "running", endedAt: undefined }
    case "in-force":
      return { ...report, state: "succeeded" }
    case "failed":
      return { ...report, state: "failed", error: standing.reason }
  }
}

const states: Readonly<Record<ChangeStep["state"], StepState>> = {
  waiting: "pending",
  running: "running",
  done: "done",
  failed: "failed",
}

function shown(step: ChangeStep, before: ShownStep | undefined): ShownStep {
  const name = `${step.action} ${step.pod}`
  const was = before?.name === name ? before.startedAt : undefined
  const isOver = step.state === "done" || step.state === "failed"
  return {
    name,
    state: states[step.state],
    startedAt: was ?? (step.state === "waiting" ? undefined : step.at),
    endedAt: isOver ? step.at : undefined,
    detail: step.detail ?? "",
  }
}
