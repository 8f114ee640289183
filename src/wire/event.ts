/** `FleetEvent` to protobuf and back. */
import { create, fromJsonString, toJsonString } from "@bufbuild/protobuf"
import type { FleetEvent, Severity } from "#core/cluster/events.ts"
import { clusterId, eventId, podName } from "#core/ids.ts"
import type { Parsed, Problem } from "#core/parsed.ts"
import { type Event, EventSchema, Severity as Wire } from "./gen/pgswarm/v1/event_pb.ts"

const severityToWire: Readonly<Record<Severity, Wire>> = {
  debug: Wire.DEBUG,
  info: Wire.INFO,
  warning: Wire.WARNING,
  error: Wire.ERROR,
  critical: Wire.CRITICAL,
}

const severityOf = (wire: Wire): Severity | undefined =>
  (["debug", "info", "warning", "error", "critical"] as const).find(
    (severity) => severityToWire[severity] === wire,
  )

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const kindShape = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/
/** Longest message and longest detail that is taken over; more is cut off. */
const textMax = 4_000
const detailsMax = 32

export const encodeEvent = (event: FleetEvent): Event =>
  create(EventSchema, {
    id: event.id,
    atMs: BigInt(Math.trunc(event.at)),
    severity: severityToWire[event.severity],
    kind: event.kind,
    message: event.message,
    details: { ...event.details },
    ...(event.clusterId === undefined ? {} : { clusterId: event.clusterId }),
    ...(event.pod === undefined ? {} : { pod: event.pod }),
  })

export function parseEvent(message: Event, path = "event"): Parsed<FleetEvent> {
  const problems: Problem[] = []
  const severity = severityOf(message.severity)
  if (!uuid.test(message.id)) problems.push({ field: `${path}.id`, problem: "expected a UUID" })
  if (severity === undefined)
    problems.push({ field: `${path}.severity`, problem: "expected one of the named severities" })
  if (!kindShape.test(message.kind))
    problems.push({
      field: `${path}.kind`,
      problem: "expected dotted lower-case words, e.g. failover.completed",
    })
  if (message.clusterId !== undefined && !uuid.test(message.clusterId))
    problems.push({ field: `${path}.cluster_id`, problem: "expected a UUID" })
  if (severity === undefined || problems.length > 0) return { kind: "bad", problems }
  return {
    kind: "ok",
    value: {
      id: eventId(message.id),
      at: Number(message.atMs),
      severity,
      kind: message.kind,
      message: message.message.slice(0, textMax),
      clusterId: message.clusterId === undefined ? undefined : clusterId(message.clusterId),
      pod: message.pod === undefined ? undefined : podName(message.pod),
      details: Object.fromEntries(
        Object.entries(message.details)
          .slice(0, detailsMax)
          .map(([key, value]) => [key, value.slice(0, textMax)]),
      ),
    },
  }
}

/** One line of text, for files. */
export const eventToText = (event: FleetEvent): string =>
  toJsonString(EventSchema, encodeEvent(event))

/** Undefined for a line that is cut off or was never one of ours. */
export function eventFromText(line: string): FleetEvent | undefined {
  try {
    const parsed = parseEvent(fromJsonString(EventSchema, line, { ignoreUnknownFields: true }))
    return parsed.kind === "ok" ? parsed.value : undefined
  } catch {
    return undefined
  }
}
