/** Operations in plain words, and what can be said about one from its steps. */
import { isOver, type OperationState, type OperationStepName } from "#core/switchover/operation.ts"
import type { DeletionStep } from "#core/switchover/deletion.ts"
import type { Operation, OperationStep } from "#wire/rest/operations.ts"
import type { RoleChange } from "#wire/rest/role-changes.ts"
import type { Tone } from "../ui/tone.ts"
import type { Look } from "./words.ts"

export function operationLook(state: OperationState): Look {
  switch (state) {
    case "pending":
      return { word: "Waiting", tone: "busy", meaning: "The site has not begun it yet." }
    case "running":
      return { word: "Running", tone: "busy", meaning: "The site does it now." }
    case "succeeded":
      return { word: "Succeeded", tone: "good", meaning: "It was done." }
    case "failed":
      return { word: "Failed", tone: "bad", meaning: "It was not done; the reason is told." }
    case "cancelled":
      return { word: "Cancelled", tone: "quiet", meaning: "It was stopped before it took effect." }
  }
}

/** What an operation does, as a heading. */
const operationKinds: Readonly<Record<Operation["kind"], string>> = {
  switchover: "Switchover",
  change: "Change of version",
  restart: "Restart",
  delete: "Deletion",
  fence: "Fence",
  unfence: "Letting clients in",
  promote: "Promotion",
}
export const operationKind = (kind: Operation["kind"]): string => operationKinds[kind]

type StepWords = { readonly word: string; readonly meaning: string }
const steps: Readonly<Record<OperationStepName | DeletionStep, StepWords>> = {
  check: { word: "Check", meaning: "The candidate streams and has caught up." },
  checkpoint: { word: "Checkpoint", meaning: "What would make the stop slow is written now." },
  fence: { word: "Fence", meaning: "New clients are refused, sessions end." },
  stop: { word: "Stop", meaning: "The old primary stops cleanly." },
  confirm: { word: "Confirm", meaning: "The candidate has everything." },
  release: { word: "Release", meaning: "The old primary gives the Lease to the candidate." },
  promote: { word: "Promote", meaning: "The candidate takes it and accepts writes." },
  follow: { word: "Follow", meaning: "The others stream from the new primary." },
  admit: { word: "Admit", meaning: "New clients are let in again." },
  accept: { word: "Accept", meaning: "Central has it on record." },
  send: { word: "Tell the site", meaning: "Until the site is told it can be cancelled." },
  remove: { word: "Remove", meaning: "The site stops the pods, then releases the volumes." },
  gone: { word: "Gone", meaning: "The site says that nothing is left." },
}
/** The steps of a change name themselves. */
export const stepWords = (step: string): StepWords =>
  isStepName(step) ? steps[step] : { word: step, meaning: "" }
const isStepName = (step: string): step is OperationStepName | DeletionStep =>
  Object.hasOwn(steps, step)

export const stepTone = ({ state }: Pick<OperationStep, "state">): Tone => {
  switch (state) {
    case "pending":
    case "skipped":
      return "quiet"
    case "running":
      return "busy"
    case "done":
      return "good"
    case "failed":
      return "bad"
  }
}

/** The step that is under way, or that it failed at. */
export const presentStep = ({ steps: all }: Operation): OperationStep | undefined =>
  all.find(({ state }) => state === "running" || state === "failed")

export const mayCancel = ({ kind, state, pointOfNoReturnAt }: Operation): boolean =>
  kind !== "change" && !isOver(state) && pointOfNoReturnAt === null

/** What an operation does and to whom, as a heading. */
export const operationTitle = ({ kind, target }: Pick<Operation, "kind" | "target">): string =>
  target === null
    ? operationKind(kind)
    : `${operationKind(kind)} ${kind === "promote" ? "of" : "to"} ${target}`

/** Where it stands, in one sentence for those who do not see the steps. */
export function standingText(operation: Operation): string {
  const title = operationTitle(operation)
  switch (operation.state) {
    case "pending":
      return `${title} waits for its site.`
    case "running": {
      const step = presentStep(operation)
      const where = step === undefined ? "" : `: ${stepWords(step.name).word.toLowerCase()}`
      return `${title} is running${where}.`
    }
    case "succeeded":
      return `${title} succeeded.`
    case "failed":
      return `${title} failed: ${operation.error ?? "no reason was told"}`
    case "cancelled":
      return `${title} was cancelled.`
  }
}

/** Both times are of the site's clock, which may have been set meanwhile. */
const slack = 5000

/** The role change that this operation brought about, once it was told. */
export const changeOf = (
  operation: Operation,
  changes: readonly RoleChange[],
): RoleChange | undefined =>
  operation.state !== "succeeded" || operation.startedAt === null
    ? undefined
    : changes.findLast(
        ({ kind, to, at }) =>
          kind === "switchover" &&
          (operation.target === null || to === operation.target) &&
          Date.parse(at) >= Date.parse(operation.startedAt ?? at) - slack,
      )

/** For how long clients could not write: from the fence, or the stop where none was needed, until the promotion. */
export function gapOf({ state, steps: all }: Operation): number | undefined {
  if (state !== "succeeded") return undefined
  const time = (name: OperationStepName, end: "startedAt" | "endedAt"): number | undefined => {
    const step = all.find((each) => each.name === name)
    const at = step?.state === "done" ? step[end] : null
    return at === null ? undefined : Date.parse(at)
  }
  const from = time("fence", "startedAt") ?? time("stop", "startedAt")
  const until = time("promote", "endedAt")
  return from === undefined || until === undefined ? undefined : Math.max(0, until - from)
}

export type Expected = { readonly ms: number; readonly of: number }
const lastOnes = 5

/** How long writes will be away, from the last switchovers: their median; undefined when there was none. */
export function expectedGap(
  operations: readonly Operation[],
  changes: readonly RoleChange[],
): Expected | undefined {
  const seen = operations.flatMap((operation) => gapOf(operation) ?? [])
  // Role changes that no operation brought about were rolling changes and drained nodes: the same hand-over.
  const told = changes
    .filter(({ kind }) => kind === "switchover")
    .flatMap(({ totalMs }) => totalMs ?? [])
  const times = (seen.length > 0 ? seen : told).slice(0, lastOnes).toSorted((a, b) => a - b)
  const ms = times[Math.floor(times.length / 2)]
  return ms === undefined ? undefined : { ms, of: times.length }
}

export const stepTook = ({ startedAt, endedAt }: OperationStep): number | undefined =>
  startedAt === null || endedAt === null
    ? undefined
    : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt))
