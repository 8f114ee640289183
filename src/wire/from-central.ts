/**
 * What central says on a satellite's stream: protobuf to the union of `core/fleet/satellite.ts` and back. A message that
 * says nothing, or says it wrongly, is refused here with all its problems.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf"
import type { FromCentral } from "#core/fleet/satellite.ts"
import {
  clusterId,
  clusterName,
  configVersion,
  eventId,
  namespace,
  operationId,
  tailId,
} from "#core/ids.ts"
import type { Parsed } from "#core/parsed.ts"
import { encodeClusterConfig, parseClusterConfig } from "./cluster-config.ts"
import {
  type CentralMessage,
  CentralMessageSchema,
  type DeleteCluster,
  type SetLogLevel,
  type Welcome,
  WelcomeSchema,
} from "./gen/pgswarm/v1/satellite_pb.ts"
import { encodeTailOrder, parseTailOrder } from "./log-tail.ts"
import { encodeOperationOrder, parseOperationOrder } from "./operation.ts"
import { Reader } from "./proto-field.ts"
import { encodeCertificate, readCertificate } from "./registration.ts"
import { clustersMax, mapped, unknownMessage } from "./satellite.ts"
import { encodeSiteSettings, parseSiteSettings } from "./site-settings.ts"

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
