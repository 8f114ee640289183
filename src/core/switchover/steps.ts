/** The steps of an operation as they go by: from what the sidecar tells to what people see. Pure. */
import type { HandOverProgress, HandOverStep } from "#core/cluster/sidecar.ts"
import {
  type AskedKind,
  type OperationStepName,
  operationSteps,
  type StepReport,
  type StepState,
  stepsOf,
  type SwitchoverStep,
} from "#core/switchover/operation.ts"

/** None of its steps has begun. */
export const noSteps = (kind: AskedKind): readonly StepReport[] =>
  stepsOf[kind].map((name) => ({
    name,
    state: "pending",
    startedAt: undefined,
    endedAt: undefined,
    detail: "",
  }))

const place = (name: OperationStepName): number => operationSteps.indexOf(name)

/** `name` is under way since `at`: what came before it is done, or was left out. */
export function begun(
  steps: readonly StepReport[],
  name: OperationStepName,
  at: number,
  detail = "",
): readonly StepReport[] {
  return steps.map((step): StepReport => {
    if (place(step.name) < place(name)) return passed(step, at)
    if (step.name !== name || isOver(step)) return step
    return { ...step, state: "running", startedAt: step.startedAt ?? at, detail }
  })
}

const isOver = ({ state }: StepReport): boolean => state !== "pending" && state !== "running"

function passed(step: StepReport, at: number): StepReport {
  if (step.state === "running") return { ...step, state: "done", endedAt: at }
  return step.state === "pending" ? { ...step, state: "skipped" } : step
}

/** `name` ended; it counts as begun, if nobody said that it was. */
export function ended(
  steps: readonly StepReport[],
  name: OperationStepName,
  end: { readonly state: StepState; readonly at: number; readonly detail: string },
): readonly StepReport[] {
  const { state, at, detail } = end
  return begun(steps, name, at).map((step) =>
    step.name === name && step.state === "running" ? { ...step, state, endedAt: at, detail } : step,
  )
}

/** It goes no further: what is under way failed, and what would have come is left out. */
export const broken = (
  steps: readonly StepReport[],
  at: number,
  why: string,
): readonly StepReport[] =>
  steps.map((step): StepReport => {
    if (step.state === "running") return { ...step, state: "failed", endedAt: at, detail: why }
    return step.state === "pending" ? { ...step, state: "skipped" } : step
  })

/** What the sidecar calls its steps; that the Lease is free means that the promotion has begun. */
const stepOf: Readonly<Record<HandOverStep, SwitchoverStep>> = {
  checkpoint: "checkpoint",
  fence: "fence",
  stop: "stop",
  confirm: "confirm",
  release: "release",
  await: "promote",
}

/** The steps after one more word of the sidecar. A hand-over that was undone leaves its step to the end. */
export function told(
  steps: readonly StepReport[],
  { step, at, outcome, to }: HandOverProgress,
): readonly StepReport[] {
  switch (outcome.kind) {
    case "running":
      return begun(steps, stepOf[step], at, to === undefined ? "" : detailOf(step, to))
    case "done":
      return begun(steps, "promote", at, `${outcome.primary} holds the Lease`)
    case "undone":
    case "failed":
      return steps
  }
}

function detailOf(step: HandOverStep, to: string): string {
  switch (step) {
    case "checkpoint":
    case "fence":
    case "stop":
      return ""
    case "confirm":
      return `has ${to} received the shutdown checkpoint?`
    case "release":
      return `naming ${to}`
    case "await":
      return `waiting for ${to}`
  }
}
