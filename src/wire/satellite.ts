/**
 * The stream between a satellite and central: protobuf to the unions of `core/fleet/satellite.ts` and
 * back. A message that says nothing, or says it wrongly, is refused here with all its problems.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf"
import type { AckOutcome, FromCentral, FromSatellite, Hello } from "#core/fleet/satellite.ts"
import type { FleetEvent } from "#core/cluster/events.ts"
import {
  clusterId,
  clusterName,
  configVersion,
  eventId,
  namespace,
  operationId,
  tailId,
} from "#core/ids.ts"
import type { EventId } from "#core/ids.ts"
import type { Parsed, Problem } from "#core/parsed.ts"
import { encodeClusterConfig, parseClusterConfig } from "./cluster-config.ts"
import { encodeClusterHealth, parseClusterHealth } from "./cluster-health.ts"
import { encodeEvent, parseEvent } from "./event.ts"
import {
  AppliedSchema,
  type CentralMessage,
  type CertificateRequest,
  CertificateRequestSchema,
  CentralMessageSchema,
  type ConfigAck,
  type DeleteAck,
  DeleteAckSchema,
  type DeleteCluster,
  type EventBatch,
  type Hello as WireHello,
  LogLevelAckSchema,
  RefusedSchema,
  type SatelliteMessage,
  SatelliteMessageSchema,
  type SetLogLevel,
  WaitingSchema,
  type Welcome,
  WelcomeSchema,
} from "./gen/pgswarm/v1/satellite_pb.ts"
import {
  encodeOperationOrder,
  encodeOperationUpdate,
  parseOperationOrder,
  parseOperationUpdate,
} from "./operation.ts"
import { encodeTailBatch, encodeTailOrder, parseTailBatch, parseTailOrder } from "./log-tail.ts"
import { Reader } from "./proto-field.ts"
import { encodeSiteSettings, parseSiteSettings } from "./site-settings.ts"
import { encodeCertificate, pemMax, readCertificate } from "./registration.ts"

export { SatelliteService } from "./gen/pgswarm/v1/satellite_pb.ts"
export type { CentralMessage, SatelliteMessage }

/** Metadata that carries the satellite's id beside its bearer token. */
export const satelliteIdHeader = "x-pg-swarm-satellite"
/** Most events in one batch; more are refused, so a sender cuts its backlog into pieces. */
export const eventBatchMax = 200
/** Most clusters on one satellite. */
export const clustersMax = 1000
/** Largest message of the stream, in bytes, either way. */
export const satelliteMessageMax = 4 * 1024 * 1024

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

type DeletionAck = Extract<FromSatellite, { readonly kind: "delete-ack" }>

const encodeDeleteAck = ({ clusterId: id, gone, detail = "", refused }: DeletionAck): DeleteAck =>
  create(DeleteAckSchema, {
    clusterId: id,
    gone,
    detail,
    ...(refused === undefined
      ? {}
      : { refused: { version: BigInt(refused.version ?? 0), why: refused.why } }),
  })

function parseDeleteAck({
  clusterId: id,
  gone,
  detail,
  refused,
}: DeleteAck): Parsed<FromSatellite> {
  const read = new Reader()
  return read.done({
    kind: "delete-ack",
    clusterId: clusterId(read.uuid("delete_ack.cluster_id", id)),
    gone,
    detail: detail === "" ? undefined : read.short("delete_ack.detail", detail, 2000),
    refused:
      refused === undefined
        ? undefined
        : {
            version:
              refused.version === 0n
                ? undefined
                : configVersion(read.count("delete_ack.refused.version", refused.version, 1)),
            why: read.short("delete_ack.refused.why", refused.why, 2000),
          },
  })
}

const encodeRequest = (request: string): CertificateRequest =>
  create(CertificateRequestSchema, { request })

function encodedOutcome(outcome: AckOutcome): ConfigAck["outcome"] {
  switch (outcome.kind) {
    case "applied":
      return { case: "applied", value: create(AppliedSchema) }
    case "refused":
      return {
        case: "refused",
        value: create(RefusedSchema, {
          problems: outcome.problems.map((problem) => ({ ...problem })),
        }),
      }
    case "waiting":
      return { case: "waiting", value: create(WaitingSchema, { reason: outcome.reason }) }
  }
}

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

const unknownMessage: Parsed<never> = {
  kind: "bad",
  problems: [{ field: "message", problem: "nothing is set that this version knows" }],
}

const mapped = <T, U>(parsed: Parsed<T>, map: (value: T) => U): Parsed<U> =>
  parsed.kind === "bad" ? parsed : { kind: "ok", value: map(parsed.value) }

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

function parseConfigAck(ack: ConfigAck): Parsed<FromSatellite> {
  const read = new Reader()
  const outcome = parseOutcome(read, ack)
  return read.done({
    kind: "config-ack",
    clusterId: clusterId(read.uuid("config_ack.cluster_id", ack.clusterId)),
    version: configVersion(read.count("config_ack.version", ack.version, 1)),
    outcome,
  })
}

function parseOutcome(read: Reader, { outcome }: ConfigAck): AckOutcome {
  switch (outcome.case) {
    case "applied":
      return { kind: "applied" }
    case "refused":
      return {
        kind: "refused",
        problems: read
          .list("config_ack.refused.problems", outcome.value.problems, 100)
          .map(({ field, problem }) => ({
            field: read.short("config_ack.refused.problems.field", field, 500),
            problem: read.short("config_ack.refused.problems.problem", problem, 2000),
          })),
      }
    case "waiting":
      return {
        kind: "waiting",
        reason: read.short("config_ack.waiting.reason", outcome.value.reason, 2000),
      }
    case undefined:
      read.note("config_ack.outcome", "must be set")
      return { kind: "waiting", reason: "" }
  }
}

type LogLevelOrder = Extract<FromCentral, { readonly kind: "set-log-level" }>

const encodedLogLevel = ({ level, seconds, clusterId: cluster }: LogLevelOrder) => ({
  level,
  ...(seconds === undefined ? {} : { seconds }),
  ...(cluster === undefined ? {} : { clusterId: cluster }),
})

const encodeWelcome = (
  welcome: Extract<FromCentral, { readonly kind: "welcome" }>,
): MessageInitShape<typeof WelcomeSchema> => ({
  protocolVersion: welcome.protocolVersion,
  centralVersion: welcome.centralVersion,
  name: welcome.name,
  clusters: welcome.clusters.map(encodeClusterConfig),
  ...(welcome.settings === undefined ? {} : { settings: encodeSiteSettings(welcome.settings) }),
})

export function encodeFromCentral(message: FromCentral): CentralMessage {
  switch (message.kind) {
    case "welcome":
      return create(CentralMessageSchema, {
        message: { case: "welcome", value: create(WelcomeSchema, encodeWelcome(message)) },
      })
    case "heartbeat-ack":
      return create(CentralMessageSchema, {
        message: { case: "heartbeatAck", value: { sequence: BigInt(message.sequence) } },
      })
    case "config":
      return create(CentralMessageSchema, {
        message: { case: "config", value: encodeClusterConfig(message.spec) },
      })
    case "delete-cluster": {
      const { clusterId, name, namespace, version = 0 } = message
      return create(CentralMessageSchema, {
        message: {
          case: "deleteCluster",
          value: { clusterId, name, namespace, version: BigInt(version) },
        },
      })
    }
    case "events-ack":
      return create(CentralMessageSchema, {
        message: { case: "eventsAck", value: { eventIds: [...message.events] } },
      })
    case "set-log-level":
      return create(CentralMessageSchema, {
        message: { case: "setLogLevel", value: encodedLogLevel(message) },
      })
    case "start-operation":
      return create(CentralMessageSchema, {
        message: { case: "startOperation", value: encodeOperationOrder(message.order) },
      })
    case "cancel-operation": {
      const value = { operationId: message.operation, clusterId: message.clusterId }
      return create(CentralMessageSchema, { message: { case: "cancelOperation", value } })
    }
    case "site-settings": {
      const value = encodeSiteSettings(message.settings)
      return create(CentralMessageSchema, { message: { case: "siteSettings", value } })
    }
    case "refresh-storage-classes":
      return create(CentralMessageSchema, { message: { case: "refreshStorageClasses", value: {} } })
    case "operation-ack": {
      const value = { operationId: message.operation, revision: BigInt(message.revision) }
      return create(CentralMessageSchema, { message: { case: "operationAck", value } })
    }
    case "new-token":
      return create(CentralMessageSchema, {
        message: { case: "newToken", value: { token: message.token } },
      })
    case "certificate":
      return create(CentralMessageSchema, {
        message: { case: "certificate", value: encodeCertificate(message.issued) },
      })
    case "start-log-tail":
      return create(CentralMessageSchema, {
        message: { case: "startLogTail", value: encodeTailOrder(message.order) },
      })
    case "stop-log-tail":
      return create(CentralMessageSchema, {
        message: { case: "stopLogTail", value: { tailId: message.tail } },
      })
  }
}

function parseSetLogLevel({
  level,
  seconds,
  clusterId: cluster,
}: SetLogLevel): Parsed<FromCentral> {
  const read = new Reader()
  return read.done({
    kind: "set-log-level",
    level: read.text("set_log_level.level", level, 20),
    ...(seconds === undefined ? {} : { seconds: read.count("set_log_level.seconds", seconds, 1) }),
    ...(cluster === undefined
      ? {}
      : { clusterId: clusterId(read.uuid("set_log_level.cluster_id", cluster)) }),
  })
}

export function parseFromCentral({ message }: CentralMessage): Parsed<FromCentral> {
  const read = new Reader()
  switch (message.case) {
    case "welcome":
      return parseWelcome(message.value)
    case "heartbeatAck":
      return read.done({
        kind: "heartbeat-ack",
        sequence: read.count("heartbeat_ack.sequence", message.value.sequence),
      })
    case "config":
      return mapped(parseClusterConfig(message.value), (spec) => ({ kind: "config", spec }))
    case "deleteCluster":
      return parseDelete(message.value)
    case "eventsAck":
      return read.done({ kind: "events-ack", events: message.value.eventIds.map(eventId) })
    case "setLogLevel":
      return parseSetLogLevel(message.value)
    case "startOperation":
      return mapped(parseOperationOrder(message.value), (order) => ({
        kind: "start-operation",
        order,
      }))
    case "cancelOperation": {
      const { operationId: operation, clusterId: cluster } = message.value
      return read.done({
        kind: "cancel-operation",
        operation: operationId(read.uuid("cancel_operation.operation_id", operation)),
        clusterId: clusterId(read.uuid("cancel_operation.cluster_id", cluster)),
      })
    }
    case "siteSettings":
      return mapped(parseSiteSettings(message.value), (settings) => ({
        kind: "site-settings",
        settings,
      }))
    case "refreshStorageClasses":
      return read.done({ kind: "refresh-storage-classes" })
    case "operationAck":
      return read.done({
        kind: "operation-ack",
        operation: operationId(read.uuid("operation_ack.operation_id", message.value.operationId)),
        revision: read.count("operation_ack.revision", message.value.revision, 1),
      })
    case "newToken":
      return read.done({
        kind: "new-token",
        token: read.text("new_token.token", message.value.token, 200),
      })
    case "certificate":
      return read.done({
        kind: "certificate",
        issued: readCertificate(read, "certificate", message.value),
      })
    case "startLogTail":
      return mapped(parseTailOrder(message.value), (order) => ({ kind: "start-log-tail", order }))
    case "stopLogTail":
      return read.done({
        kind: "stop-log-tail",
        tail: tailId(read.uuid("stop_log_tail.tail_id", message.value.tailId)),
      })
    case undefined:
      return unknownMessage
  }
}

function parseWelcome(welcome: Welcome): Parsed<FromCentral> {
  const read = new Reader()
  const settings = welcome.settings === undefined ? undefined : parseSiteSettings(welcome.settings)
  if (settings?.kind === "bad") read.noteAll(settings.problems)
  const clusters = read
    .list("welcome.clusters", welcome.clusters, clustersMax)
    .flatMap((config, index) => {
      const parsed = parseClusterConfig(config, `welcome.clusters[${index}]`)
      if (parsed.kind === "ok") return [parsed.value]
      read.noteAll(parsed.problems)
      return []
    })
  return read.done({
    kind: "welcome",
    protocolVersion: read.count("welcome.protocol_version", welcome.protocolVersion, 1),
    centralVersion: read.text("welcome.central_version", welcome.centralVersion, 100),
    name: read.text("welcome.name", welcome.name, 63),
    clusters,
    ...(settings?.kind === "ok" ? { settings: settings.value } : {}),
  })
}

function parseDelete(message: DeleteCluster): Parsed<FromCentral> {
  const read = new Reader()
  return read.done({
    kind: "delete-cluster",
    clusterId: clusterId(read.uuid("delete_cluster.cluster_id", message.clusterId)),
    name: clusterName(read.text("delete_cluster.name", message.name, 40)),
    namespace: namespace(read.text("delete_cluster.namespace", message.namespace, 63)),
    version:
      message.version === 0n
        ? undefined
        : configVersion(read.count("delete_cluster.version", message.version, 1)),
  })
}
