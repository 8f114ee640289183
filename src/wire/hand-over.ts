/** The steps and the end of a hand-over: protobuf to the unions of `core/cluster/sidecar.ts` and back. */
import { create } from "@bufbuild/protobuf"
import type { HandOverOutcome, HandOverProgress, HandOverStep } from "#core/cluster/sidecar.ts"
import { operationId, podName, term } from "#core/ids.ts"
import type { Parsed } from "#core/parsed.ts"
import {
  type HandOverProgress as Wire,
  HandOverDoneSchema,
  HandOverFailedSchema,
  HandOverProgressSchema,
  HandOverRunningSchema,
  HandOverStep as WireStep,
  HandOverUndoneSchema,
} from "./gen/pgswarm/v1/sidecar_pb.ts"
import { Reader } from "./proto-field.ts"

const steps: Readonly<Record<HandOverStep, number>> = {
  checkpoint: WireStep.CHECKPOINT,
  fence: WireStep.FENCE,
  stop: WireStep.STOP,
  confirm: WireStep.CONFIRM,
  release: WireStep.RELEASE,
  await: WireStep.AWAIT,
}

const podMax = 63
const reasonMax = 2000

export const encodeHandOverProgress = (progress: HandOverProgress): Wire =>
  create(HandOverProgressSchema, {
    operationId: progress.operation,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table above holds values of this enum only
    step: steps[progress.step] as WireStep,
    ...(progress.to === undefined ? {} : { to: progress.to }),
    atMs: BigInt(Math.trunc(progress.at)),
    outcome: encodedOutcome(progress.outcome),
  })

function encodedOutcome(outcome: HandOverOutcome): Wire["outcome"] {
  switch (outcome.kind) {
    case "running":
      return { case: "running", value: create(HandOverRunningSchema) }
    case "done": {
      const value = { primary: outcome.primary, term: BigInt(outcome.term) }
      return { case: "done", value: create(HandOverDoneSchema, value) }
    }
    case "undone": {
      const value = { reason: outcome.reason.slice(0, reasonMax), abandoned: outcome.abandoned }
      return { case: "undone", value: create(HandOverUndoneSchema, value) }
    }
    case "failed": {
      const value = { reason: outcome.reason.slice(0, reasonMax) }
      return { case: "failed", value: create(HandOverFailedSchema, value) }
    }
  }
}

export function parseHandOverProgress(wire: Wire): Parsed<HandOverProgress> {
  const read = new Reader()
  return read.done({
    operation: operationId(read.uuid("hand_over.operation_id", wire.operationId)),
    step: read.word("hand_over.step", wire.step, steps, "checkpoint"),
    to: wire.to === undefined ? undefined : podName(read.text("hand_over.to", wire.to, podMax)),
    at: read.count("hand_over.at_ms", wire.atMs),
    outcome: parseOutcome(read, wire.outcome),
  })
}

function parseOutcome(read: Reader, outcome: Wire["outcome"]): HandOverOutcome {
  switch (outcome.case) {
    case "running":
      return { kind: "running" }
    case "done":
      return {
        kind: "done",
        primary: podName(read.text("hand_over.done.primary", outcome.value.primary, podMax)),
        term: term(read.count("hand_over.done.term", outcome.value.term, 1)),
      }
    case "undone": {
      const { reason, abandoned } = outcome.value
      return {
        kind: "undone",
        reason: read.text("hand_over.undone.reason", reason, reasonMax),
        abandoned,
      }
    }
    case "failed":
      return {
        kind: "failed",
        reason: read.text("hand_over.failed.reason", outcome.value.reason, reasonMax),
      }
    case undefined:
      read.note("hand_over.outcome", "must be set")
      return { kind: "running" }
  }
}
