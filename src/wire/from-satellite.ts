/**
 * What a satellite says on its stream: protobuf to the union of `core/fleet/satellite.ts` and back. A message that says
 * nothing, or says it wrongly, is refused here with all its problems.
 */
import { create } from "@bufbuild/protobuf"
import type { FromSatellite, Hello } from "#core/fleet/satellite.ts"
import type { FleetEvent } from "#core/cluster/events.ts"
import { clusterId, configVersion, type EventId, eventId } from "#core/ids.ts"
import type { Parsed, Problem } from "#core/parsed.ts"
import { encodeDeleteAck, encodedOutcome, parseConfigAck, parseDeleteAck } from "./acks.ts"
import { encodeClusterHealth, parseClusterHealth } from "./cluster-health.ts"
import { encodeEvent, parseEvent } from "./event.ts"
import {
  type CertificateRequest,
  CertificateRequestSchema,
  type EventBatch,
  type Hello as WireHello,
  LogLevelAckSchema,
  type SatelliteMessage,
  SatelliteMessageSchema,
} from "./gen/pgswarm/v1/satellite_pb.ts"
import { encodeTailBatch, parseTailBatch } from "./log-tail.ts"
import { encodeOperationUpdate, parseOperationUpdate } from "./operation.ts"
import { Reader } from "./proto-field.ts"
import { pemMax } from "./registration.ts"
import { clustersMax, eventBatchMax, mapped, unknownMessage } from "./satellite.ts"

const labelBounds = { entries: 32, key: 63, value: 63 }
const storageClassesMax = 200

export function encodeFromSatellite(message: FromSatellite): SatelliteMessage {
  const wrap = (wrapped: SatelliteMessage["message"]): SatelliteMessage =>
    create(SatelliteMessageSchema, { message: wrapped })
  switch (message.kind) {
    case "hello":
      return create(SatelliteMessageSchema, {
        message: {
          case: "hello",
          value: {
            ...message.hello,
            labels: { ...message.hello.labels },
            clusters: message.hello.clusters.map((held) => ({
              ...held,
              version: BigInt(held.version),
            })),
          },
        },
      })
    case "heartbeat":
      return create(SatelliteMessageSchema, {
        message: {
          case: "heartbeat",
          value: {
            sequence: BigInt(message.sequence),
            sentAtMs: BigInt(Math.trunc(message.sentAt)),
          },
        },
      })
    case "health":
      return wrap({ case: "health", value: encodeClusterHealth(message.health) })
    case "events":
      return create(SatelliteMessageSchema, {
        message: { case: "events", value: { events: message.events.map(encodeEvent) } },
      })
    case "config-ack":
      return create(SatelliteMessageSchema, {
        message: {
          case: "configAck",
          value: {
            clusterId: message.clusterId,
            version: BigInt(message.version),
            outcome: encodedOutcome(message.outcome),
          },
        },
      })
    case "delete-ack":
      return wrap({
        case: "deleteAck",
        value: encodeDeleteAck(message),
      })
    case "storage-classes":
      return create(SatelliteMessageSchema, {
        message: {
          case: "storageClasses",
          value: {
            names: [...message.names],
            ...(message.defaultName === undefined ? {} : { defaultName: message.defaultName }),
          },
        },
      })
    case "log-level-ack":
      return wrap({ case: "logLevelAck", value: create(LogLevelAckSchema, message) })
    case "operation-update":
      return wrap({ case: "operationUpdate", value: encodeOperationUpdate(message.report) })
    case "certificate-request":
      return wrap({ case: "certificateRequest", value: encodeRequest(message.request) })
    case "log-tail":
      return wrap({ case: "logTailBatch", value: encodeTailBatch(message.batch) })
  }
}

const encodeRequest = (request: string): CertificateRequest =>
  create(CertificateRequestSchema, { request })

export function parseFromSatellite({ message }: SatelliteMessage): Parsed<FromSatellite> {
  const read = new Reader()
  switch (message.case) {
    case "hello":
      return mapped(parseHello(message.value), (hello) => ({ kind: "hello", hello }))
    case "heartbeat":
      return read.done({
        kind: "heartbeat",
        sequence: read.count("heartbeat.sequence", message.value.sequence),
        sentAt: read.count("heartbeat.sent_at_ms", message.value.sentAtMs),
      })
    case "health":
      return mapped(parseClusterHealth(message.value), (health) => ({ kind: "health", health }))
    case "events":
      return parseEvents(message.value)
    case "configAck":
      return parseConfigAck(message.value)
    case "deleteAck":
      return parseDeleteAck(message.value)
    case "storageClasses": {
      const { names, defaultName } = message.value
      return read.done({
        kind: "storage-classes",
        names: read
          .list("storage_classes.names", names, storageClassesMax)
          .map((name) => read.text("storage_classes.names", name, 253)),
        defaultName:
          defaultName === undefined
            ? undefined
            : read.text("storage_classes.default_name", defaultName, 253),
      })
    }
    case "logLevelAck":
      return read.done({
        kind: "log-level-ack",
        level: read.text("log_level_ack.level", message.value.level, 20),
      })
    case "operationUpdate":
      return mapped(parseOperationUpdate(message.value), (report) => ({
        kind: "operation-update",
        report,
      }))
    case "certificateRequest":
      return read.done({
        kind: "certificate-request",
        request: read.text("certificate_request.request", message.value.request, pemMax),
      })
    case "logTailBatch":
      return mapped(parseTailBatch(message.value), (batch) => ({ kind: "log-tail", batch }))
    case undefined:
      return unknownMessage
  }
}

function parseHello(hello: WireHello): Parsed<Hello> {
  const read = new Reader()
  return read.done({
    protocolVersion: read.count("hello.protocol_version", hello.protocolVersion, 1),
    satelliteVersion: read.text("hello.satellite_version", hello.satelliteVersion, 100),
    kubernetesVersion: read.short("hello.kubernetes_version", hello.kubernetesVersion, 100),
    labels: read.map("hello.labels", hello.labels, labelBounds),
    clusters: read.list("hello.clusters", hello.clusters, clustersMax).map((held, index) => ({
      clusterId: clusterId(read.uuid(`hello.clusters[${index}].cluster_id`, held.clusterId)),
      version: configVersion(read.count(`hello.clusters[${index}].version`, held.version)),
      deleting: held.deleting,
    })),
  })
}

function parseEvents(batch: EventBatch): Parsed<FromSatellite> {
  const read = new Reader()
  const events: FleetEvent[] = []
  const unreadable: { id: EventId; problems: readonly Problem[] }[] = []
  for (const [index, event] of read.list("events.events", batch.events, eventBatchMax).entries()) {
    const parsed = parseEvent(event, `events.events[${index}]`)
    if (parsed.kind === "ok") events.push(parsed.value)
    else unreadable.push({ id: eventId(event.id), problems: parsed.problems })
  }
  return read.done({ kind: "events", events, unreadable })
}
