/** `InstanceHealth` to protobuf and back. */
import { create } from "@bufbuild/protobuf"
import type { InstanceHealth, InstancePhase, InstanceRole, Question } from "#core/cluster/state.ts"
import { instancePhases, instanceRoles, questionsAbout } from "#core/cluster/state.ts"
import { podName, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import type { Parsed, Problem } from "#core/parsed.ts"
import {
  InstancePhase as WirePhase,
  InstanceRole as WireRole,
  type InstanceHealth as Wire,
  InstanceHealthSchema,
  QuestionAbout as WireAbout,
  type Question as WireQuestion,
  QuestionSchema,
} from "./gen/pgswarm/v1/health_pb.ts"

const roleToWire: Readonly<Record<InstanceRole, WireRole>> = {
  unknown: WireRole.UNKNOWN,
  primary: WireRole.PRIMARY,
  replica: WireRole.REPLICA,
}

const phaseToWire: Readonly<Record<InstancePhase, WirePhase>> = {
  unknown: WirePhase.UNKNOWN,
  held: WirePhase.HELD,
  initialising: WirePhase.INITIALISING,
  cloning: WirePhase.CLONING,
  rewinding: WirePhase.REWINDING,
  starting: WirePhase.STARTING,
  streaming: WirePhase.STREAMING,
  "catching-up": WirePhase.CATCHING_UP,
  primary: WirePhase.PRIMARY,
  stopping: WirePhase.STOPPING,
  stopped: WirePhase.STOPPED,
  quarantined: WirePhase.QUARANTINED,
}

const aboutToWire: Readonly<Record<Question["about"], WireAbout>> = {
  pause: WireAbout.PAUSE,
  "old-data": WireAbout.OLD_DATA,
  lag: WireAbout.LAG,
  loss: WireAbout.LOSS,
}

const encodeQuestion = ({ about, missingBytes }: Question): WireQuestion =>
  create(QuestionSchema, {
    about: aboutToWire[about],
    ...present({ missingBytes: whole(missingBytes) }),
  })

/** One that this version does not know is none: people still have the reason in words. */
function parseQuestion(message: WireQuestion): Question | undefined {
  const about = questionsAbout.find((name) => aboutToWire[name] === message.about)
  if (about === undefined) return undefined
  return { about, missingBytes: optional(message.missingBytes, Number) }
}

/** The fields that are set, so that absent stays absent on the wire and never becomes zero. */
function present<T extends object>(fields: {
  readonly [K in keyof T]: T[K] | undefined
}): Partial<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the keys that it was given
  return Object.fromEntries(kept) as Partial<T>
}

const whole = (value: number | undefined): bigint | undefined =>
  value === undefined ? undefined : BigInt(Math.trunc(value))

export const encodeInstanceHealth = (health: InstanceHealth): Wire =>
  create(InstanceHealthSchema, {
    pod: health.pod,
    role: roleToWire[health.role],
    phase: phaseToWire[health.phase],
    ready: health.ready,
    containerRestarts: health.containerRestarts,
    synchronous: health.synchronous,
    ...present({
      reason: health.reason,
      timeline: health.timeline,
      receivedLsn: health.receivedLsn,
      replayedLsn: health.replayedLsn,
      lagBytes: whole(health.lagBytes),
      lagSeconds: health.lagSeconds,
      connectionsUsed: health.connectionsUsed,
      connectionsActive: health.connectionsActive,
      connectionsMax: health.connectionsMax,
      dataBytes: whole(health.dataBytes),
      walBytes: whole(health.walBytes),
      diskTotalBytes: whole(health.diskTotalBytes),
      diskFreeBytes: whole(health.diskFreeBytes),
      receiver: health.receiver,
      startedAtMs: whole(health.startedAt),
      question: optional(health.question, encodeQuestion),
      refusing: health.refusing,
    }),
  })

const optional = <T, U>(value: T | undefined, map: (value: T) => U): U | undefined =>
  value === undefined ? undefined : map(value)

export function parseInstanceHealth(message: Wire, path = "health"): Parsed<InstanceHealth> {
  const role = instanceRoles.find((name) => roleToWire[name] === message.role)
  const phase = instancePhases.find((name) => phaseToWire[name] === message.phase)
  const problems: Problem[] = []
  if (message.pod === "")
    problems.push({ field: `${path}.pod`, problem: "expected the name of a pod" })
  if (role === undefined)
    problems.push({ field: `${path}.role`, problem: "expected one of the named roles" })
  if (phase === undefined)
    problems.push({ field: `${path}.phase`, problem: "expected one of the named phases" })
  if (message.timeline !== undefined && message.timeline < 1)
    problems.push({ field: `${path}.timeline`, problem: "expected a number from 1" })
  if (role === undefined || phase === undefined || problems.length > 0)
    return { kind: "bad", problems }
  return {
    kind: "ok",
    value: {
      pod: podName(message.pod),
      role,
      phase,
      ready: message.ready,
      reason: message.reason,
      timeline: optional(message.timeline, timeline),
      receivedLsn: optional(message.receivedLsn, lsn),
      replayedLsn: optional(message.replayedLsn, lsn),
      lagBytes: optional(message.lagBytes, Number),
      lagSeconds: message.lagSeconds,
      connectionsUsed: message.connectionsUsed,
      connectionsActive: message.connectionsActive,
      connectionsMax: message.connectionsMax,
      dataBytes: optional(message.dataBytes, Number),
      walBytes: optional(message.walBytes, Number),
      diskTotalBytes: optional(message.diskTotalBytes, Number),
      diskFreeBytes: optional(message.diskFreeBytes, Number),
      receiver: message.receiver,
      startedAt: optional(message.startedAtMs, Number),
      containerRestarts: message.containerRestarts,
      synchronous: message.synchronous,
      ...present({
        question: optional(message.question, parseQuestion),
        refusing: message.refusing,
      }),
    },
  }
}
