/**
 * The sidecar stream: protobuf to the unions of `core/cluster/sidecar.ts` and back. A message that
 * says nothing, or says it wrongly, is refused here with all its problems.
 */
import { create } from "@bufbuild/protobuf"
import {
  type CommandOutcome,
  type LogLevel,
  type SidecarCommand,
  type SidecarIdentity,
  type SidecarMessage,
  type SidecarStatus,
  logLevels,
} from "#core/cluster/sidecar.ts"
import type { FleetEvent } from "#core/cluster/events.ts"
import {
  clusterName,
  eventId,
  namespace,
  operationId,
  ordinalOf,
  podName,
  systemIdentifier,
  term,
} from "#core/ids.ts"
import type { Parsed, Problem } from "#core/parsed.ts"
import { encodeDatabasesHealth, readDatabasesHealth } from "./databases.ts"
import { encodeEvent, parseEvent } from "./event.ts"
import {
  type CommandResult as WireResult,
  type HandOver as WireHandOver,
  type SidecarCommand as WireCommand,
  SidecarCommandSchema,
  type SidecarEvents as WireEvents,
  type SidecarIdentity as WireIdentity,
  type SidecarMessage as WireMessage,
  SidecarMessageSchema,
  type SidecarStatus as WireStatus,
} from "./gen/pgswarm/v1/sidecar_pb.ts"
import { encodeHandOverProgress, parseHandOverProgress } from "./hand-over.ts"
import { encodeInstanceHealth, parseInstanceHealth } from "./instance-health.ts"
import { encodeMemberConfig, readMemberConfig } from "./member-config.ts"
import { Reader } from "./proto-field.ts"

export { SidecarService } from "./gen/pgswarm/v1/sidecar_pb.ts"
export type { WireCommand, WireMessage }

/** Most events in one message; more are refused, so a sender cuts its backlog into pieces. */
export const sidecarEventsMax = 100

export function encodeSidecarMessage(message: SidecarMessage): WireMessage {
  switch (message.kind) {
    case "identity":
      return create(SidecarMessageSchema, {
        message: { case: "identity", value: message.identity },
      })
    case "status": {
      const { health, term, holdsLease, systemIdentifier, handOver, databases, config } =
        message.status
      const identifier = systemIdentifier === undefined ? {} : { systemIdentifier }
      const value = {
        health: encodeInstanceHealth(health),
        term: BigInt(term),
        holdsLease,
        ...identifier,
        ...(handOver === undefined ? {} : { handOver }),
        ...(databases === undefined ? {} : { databases: encodeDatabasesHealth(databases) }),
        ...(config === undefined ? {} : { config: encodeMemberConfig(config) }),
      }
      return create(SidecarMessageSchema, { message: { case: "status", value } })
    }
    case "events":
      return create(SidecarMessageSchema, {
        message: { case: "events", value: { events: message.events.map(encodeEvent) } },
      })
    case "result":
      return create(SidecarMessageSchema, {
        message: { case: "result", value: { id: message.id, outcome: encoded(message.outcome) } },
      })
    case "hand-over":
      return create(SidecarMessageSchema, {
        message: { case: "handOver", value: encodeHandOverProgress(message.progress) },
      })
  }
}

const encoded = (outcome: CommandOutcome) =>
  outcome.kind === "done"
    ? ({ case: "done", value: { output: outcome.output } } as const)
    : ({ case: "failed", value: { code: outcome.code, message: outcome.message } } as const)

export function parseSidecarMessage({ message }: WireMessage): Parsed<SidecarMessage> {
  switch (message.case) {
    case "identity":
      return mapped(parseIdentity(message.value), (identity) => ({ kind: "identity", identity }))
    case "status":
      return mapped(parseStatus(message.value), (status) => ({ kind: "status", status }))
    case "events":
      return mapped(parseEvents(message.value), (events) => ({ kind: "events", events }))
    case "result":
      return parseResult(message.value)
    case "handOver":
      return mapped(parseHandOverProgress(message.value), (progress) => ({
        kind: "hand-over",
        progress,
      }))
    case undefined:
      return bad("message", "nothing is set that this version knows")
  }
}

const bad = (field: string, problem: string): Parsed<never> => ({
  kind: "bad",
  problems: [{ field, problem }],
})

const mapped = <T, U>(parsed: Parsed<T>, map: (value: T) => U): Parsed<U> =>
  parsed.kind === "bad" ? parsed : { kind: "ok", value: map(parsed.value) }

function parseIdentity(message: WireIdentity): Parsed<SidecarIdentity> {
  const problems: Problem[] = []
  for (const field of ["cluster", "namespace", "pod", "podUid"] as const)
    if (message[field] === "")
      problems.push({ field: `identity.${field}`, problem: "must not be empty" })
  const pod = podName(message.pod)
  if (message.pod !== `${message.cluster}-${ordinalOf(pod)}`)
    problems.push({ field: "identity.pod", problem: "expected <cluster>-<ordinal>" })
  if (message.protocolVersion < 1)
    problems.push({ field: "identity.protocol_version", problem: "expected a number from 1" })
  if (problems.length > 0) return { kind: "bad", problems }
  return {
    kind: "ok",
    value: {
      cluster: clusterName(message.cluster),
      namespace: namespace(message.namespace),
      pod,
      podUid: message.podUid,
      protocolVersion: message.protocolVersion,
    },
  }
}

function parseStatus(message: WireStatus): Parsed<SidecarStatus> {
  if (message.health === undefined) return bad("status.health", "must be set")
  if (message.term < 0n) return bad("status.term", "must not be negative")
  if (message.systemIdentifier !== undefined && !/^\d{1,20}$/.test(message.systemIdentifier))
    return bad("status.system_identifier", "expected a decimal number")
  const read = new Reader()
  if (message.handOver !== undefined) read.uuid("status.hand_over", message.handOver)
  const databases =
    message.databases === undefined
      ? undefined
      : readDatabasesHealth(read, "status.databases", message.databases)
  const config =
    message.config === undefined
      ? {}
      : { config: readMemberConfig(read, "status.config", message.config) }
  const checked = read.done(config)
  if (checked.kind === "bad") return checked
  return mapped(parseInstanceHealth(message.health, "status.health"), (health) => ({
    health,
    term: term(Number(message.term)),
    holdsLease: message.holdsLease,
    systemIdentifier:
      message.systemIdentifier === undefined
        ? undefined
        : systemIdentifier(message.systemIdentifier),
    handOver: message.handOver === undefined ? undefined : operationId(message.handOver),
    ...(databases === undefined ? {} : { databases }),
    ...checked.value,
  }))
}

function parseEvents(message: WireEvents): Parsed<readonly FleetEvent[]> {
  if (message.events.length > sidecarEventsMax)
    return bad("events.events", `at most ${sidecarEventsMax} at once`)
  const events: FleetEvent[] = []
  const problems: Problem[] = []
  for (const [at, event] of message.events.entries()) {
    const parsed = parseEvent(event, `events.events[${at}]`)
    if (parsed.kind === "ok") events.push(parsed.value)
    else problems.push(...parsed.problems)
  }
  return problems.length > 0 ? { kind: "bad", problems } : { kind: "ok", value: events }
}

function parseResult({ id, outcome }: WireResult): Parsed<SidecarMessage> {
  if (id === "") return bad("result.id", "must repeat the id of the command")
  switch (outcome.case) {
    case "done":
      return ok(id, { kind: "done", output: outcome.value.output })
    case "failed":
      return ok(id, {
        kind: "failed",
        code: outcome.value.code,
        message: outcome.value.message,
      })
    case undefined:
      return bad("result.outcome", "must be set")
  }
}

const ok = (id: string, outcome: CommandOutcome): Parsed<SidecarMessage> => ({
  kind: "ok",
  value: { kind: "result", id, outcome },
})

export function encodeSidecarCommand(command: SidecarCommand): WireCommand {
  const { id } = command
  switch (command.kind) {
    case "get-status":
      return create(SidecarCommandSchema, { id, command: { case: "getStatus", value: {} } })
    case "checkpoint":
      return create(SidecarCommandSchema, { id, command: { case: "checkpoint", value: {} } })
    case "events-ack": {
      const value = { eventIds: [...command.events] }
      return create(SidecarCommandSchema, { id, command: { case: "eventsAck", value } })
    }
    case "set-log-level": {
      const value = { level: command.level }
      return create(SidecarCommandSchema, { id, command: { case: "setLogLevel", value } })
    }
    case "hand-over": {
      const { operation, to, term: inTerm } = command
      const named = to === undefined ? {} : { to }
      const value = { operationId: operation, term: BigInt(inTerm), ...named }
      return create(SidecarCommandSchema, { id, command: { case: "handOver", value } })
    }
    case "abandon-hand-over": {
      const value = { operationId: command.operation }
      return create(SidecarCommandSchema, { id, command: { case: "abandonHandOver", value } })
    }
    case "fence": {
      const value = { reason: command.reason }
      return create(SidecarCommandSchema, { id, command: { case: "fence", value } })
    }
    case "unfence":
      return create(SidecarCommandSchema, { id, command: { case: "unfence", value: {} } })
    case "promote": {
      const { acceptLoss, term: seen } = command
      const value = { acceptLoss, ...(seen === undefined ? {} : { term: BigInt(seen) }) }
      return create(SidecarCommandSchema, { id, command: { case: "promote", value } })
    }
    case "restart": {
      const { as, startedAt } = command
      const value = {
        term: BigInt(as.kind === "primary" ? as.term : 0),
        startedAtMs: BigInt(startedAt),
      }
      return create(SidecarCommandSchema, { id, command: { case: "restart", value } })
    }
  }
}

export function parseSidecarCommand({ id, command }: WireCommand): Parsed<SidecarCommand> {
  if (id === "") return bad("id", "must not be empty")
  switch (command.case) {
    case "getStatus":
      return { kind: "ok", value: { kind: "get-status", id } }
    case "checkpoint":
      return { kind: "ok", value: { kind: "checkpoint", id } }
    case "eventsAck": {
      const events = command.value.eventIds.map(eventId)
      return { kind: "ok", value: { kind: "events-ack", id, events } }
    }
    case "setLogLevel": {
      const level = parseLogLevel(command.value.level)
      if (level === undefined)
        return bad("set_log_level.level", `expected one of ${logLevels.join(", ")}`)
      return { kind: "ok", value: { kind: "set-log-level", id, level } }
    }
    case "handOver":
      return parseHandOver(id, command.value)
    case "abandonHandOver": {
      const read = new Reader()
      const operation = read.uuid("abandon_hand_over.operation_id", command.value.operationId)
      return read.done({ kind: "abandon-hand-over", id, operation: operationId(operation) })
    }
    case "fence": {
      const read = new Reader()
      const reason = read.text("fence.reason", command.value.reason, 500)
      return read.done({ kind: "fence", id, reason })
    }
    case "unfence":
      return { kind: "ok", value: { kind: "unfence", id } }
    case "promote": {
      const read = new Reader()
      const { acceptLoss, term: seen } = command.value
      return read.done({
        kind: "promote",
        id,
        acceptLoss,
        term: seen === undefined ? undefined : term(read.count("promote.term", seen)),
      })
    }
    case "restart": {
      const read = new Reader()
      const inTerm = read.count("restart.term", command.value.term)
      return read.done({
        kind: "restart",
        id,
        as: inTerm === 0 ? { kind: "standby" } : { kind: "primary", term: term(inTerm) },
        startedAt: read.count("restart.started_at_ms", command.value.startedAtMs, 1),
      })
    }
    case undefined:
      return bad("command", "nothing is set that this version knows")
  }
}

function parseHandOver(id: string, wire: WireHandOver): Parsed<SidecarCommand> {
  const read = new Reader()
  return read.done({
    kind: "hand-over",
    id,
    operation: operationId(read.uuid("hand_over.operation_id", wire.operationId)),
    to: wire.to === undefined ? undefined : podName(read.text("hand_over.to", wire.to, 63)),
    term: term(read.count("hand_over.term", wire.term, 1)),
  })
}

export const parseLogLevel = (text: string): LogLevel | undefined =>
  logLevels.find((level) => level === text)
