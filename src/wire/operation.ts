/** Operations on the stream between a satellite and central: protobuf to `core/switchover` and back. */
import { create, type MessageInitShape } from "@bufbuild/protobuf"
import { clusterId, operationId, podName } from "#core/ids.ts"
import type { Parsed } from "#core/parsed.ts"
import type {
  OperationOrder,
  OperationReport,
  OperationStepName,
  OperationWish,
  StepReport,
  StepState,
} from "#core/switchover/operation.ts"
import {
  OperationState as WireState,
  OperationStepName as WireName,
  type OperationStep as WireStep,
  OperationStepSchema,
  OperationStepState as WireStepState,
  type OperationUpdate,
  OperationUpdateSchema,
  type StartOperation,
  StartOperationSchema,
} from "./gen/pgswarm/v1/satellite_pb.ts"
import { Reader } from "./proto-field.ts"

const states = {
  running: WireState.RUNNING,
  succeeded: WireState.SUCCEEDED,
  failed: WireState.FAILED,
  cancelled: WireState.CANCELLED,
} as const satisfies Record<OperationReport["state"], WireState>

const names = {
  check: WireName.CHECK,
  checkpoint: WireName.CHECKPOINT,
  fence: WireName.FENCE,
  stop: WireName.STOP,
  confirm: WireName.CONFIRM,
  release: WireName.RELEASE,
  promote: WireName.PROMOTE,
  follow: WireName.FOLLOW,
  admit: WireName.ADMIT,
} as const satisfies Record<OperationStepName, WireName>

const stepStates = {
  pending: WireStepState.PENDING,
  running: WireStepState.RUNNING,
  done: WireStepState.DONE,
  failed: WireStepState.FAILED,
  skipped: WireStepState.SKIPPED,
} as const satisfies Record<StepState, WireStepState>

const stepsMax = 20
const podMax = 63
const sentenceMax = 2000
/** A sidecar takes no longer one. */
const reasonMax = 300

const whole = (at: number | undefined): bigint | undefined =>
  at === undefined ? undefined : BigInt(Math.trunc(at))

/** Absent stays absent on the wire and never becomes zero. */
const instant = <Name extends string>(
  name: Name,
  at: number | undefined,
): Partial<Record<Name, bigint>> => {
  const value = whole(at)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key loses its name
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, bigint>>)
}

export const encodeOperationUpdate = (report: OperationReport): OperationUpdate =>
  create(OperationUpdateSchema, {
    operationId: report.operation,
    revision: BigInt(report.revision),
    state: states[report.state],
    steps: report.steps.map((step) =>
      create(OperationStepSchema, {
        name: names[step.name],
        state: stepStates[step.state],
        detail: step.detail.slice(0, sentenceMax),
        ...instant("startedAtMs", step.startedAt),
        ...instant("endedAtMs", step.endedAt),
      }),
    ),
    ...(report.target === undefined ? {} : { target: report.target }),
    ...(report.error === undefined ? {} : { error: report.error.slice(0, sentenceMax) }),
    ...instant("pointOfNoReturnAtMs", report.pointOfNoReturnAt),
    ...instant("startedAtMs", report.startedAt),
    ...instant("endedAtMs", report.endedAt),
  })

export function parseOperationUpdate(wire: OperationUpdate): Parsed<OperationReport> {
  const read = new Reader()
  const at = (field: string, value: bigint | undefined): number | undefined =>
    value === undefined ? undefined : read.count(`operation_update.${field}`, value)
  return read.done({
    operation: operationId(read.uuid("operation_update.operation_id", wire.operationId)),
    revision: read.count("operation_update.revision", wire.revision, 1),
    state: read.word("operation_update.state", wire.state, states, "running"),
    steps: read
      .list("operation_update.steps", wire.steps, stepsMax)
      .map((step, index) => parseStep(read, `operation_update.steps[${index}]`, step)),
    target:
      wire.target === undefined
        ? undefined
        : podName(read.text("operation_update.target", wire.target, podMax)),
    error:
      wire.error === undefined
        ? undefined
        : read.text("operation_update.error", wire.error, sentenceMax),
    pointOfNoReturnAt: at("point_of_no_return_at_ms", wire.pointOfNoReturnAtMs),
    startedAt: at("started_at_ms", wire.startedAtMs),
    endedAt: at("ended_at_ms", wire.endedAtMs),
  })
}

function parseStep(read: Reader, field: string, step: WireStep): StepReport {
  const at = (name: string, value: bigint | undefined): number | undefined =>
    value === undefined ? undefined : read.count(`${field}.${name}`, value)
  return {
    name: read.word(`${field}.name`, step.name, names, "check"),
    state: read.word(`${field}.state`, step.state, stepStates, "pending"),
    startedAt: at("started_at_ms", step.startedAtMs),
    endedAt: at("ended_at_ms", step.endedAtMs),
    detail: read.short(`${field}.detail`, step.detail, sentenceMax),
  }
}

export const encodeOperationOrder = (order: OperationOrder): StartOperation =>
  create(StartOperationSchema, {
    operationId: order.operation,
    clusterId: order.clusterId,
    operation: encodeWish(order),
  })

type WireWish = MessageInitShape<typeof StartOperationSchema>["operation"] & object

function encodeWish(wish: OperationWish): WireWish {
  switch (wish.kind) {
    case "switchover":
      return { case: "switchover", value: wish.to === undefined ? {} : { to: wish.to } }
    case "fence":
      return { case: "fence", value: { reason: wish.reason } }
    case "unfence":
      return { case: "unfence", value: {} }
    case "promote":
      return { case: "promote", value: { to: wish.to, acceptLoss: wish.acceptLoss } }
  }
}

export function parseOperationOrder(wire: StartOperation): Parsed<OperationOrder> {
  const read = new Reader()
  const common = {
    operation: operationId(read.uuid("start_operation.operation_id", wire.operationId)),
    clusterId: clusterId(read.uuid("start_operation.cluster_id", wire.clusterId)),
  }
  return read.done({ ...common, ...parseWish(read, wire.operation) })
}

function parseWish(read: Reader, wish: StartOperation["operation"]): OperationWish {
  switch (wish.case) {
    case "switchover": {
      const { to } = wish.value
      const pod = to === undefined ? "" : read.text("start_operation.switchover.to", to, podMax)
      return { kind: "switchover", to: to === undefined ? undefined : podName(pod) }
    }
    case "fence": {
      const reason = read.text("start_operation.fence.reason", wish.value.reason, reasonMax)
      return { kind: "fence", reason }
    }
    case "unfence":
      return { kind: "unfence" }
    case "promote": {
      const { to, acceptLoss } = wish.value
      const pod = read.text("start_operation.promote.to", to, podMax)
      return { kind: "promote", to: podName(pod), acceptLoss }
    }
    case undefined:
      read.note("start_operation.operation", "nothing is set that this version knows")
      // Never used: what was noted makes the whole bad.
      return { kind: "unfence" }
  }
}
