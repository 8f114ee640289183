/** `ClusterSpec` to protobuf and back. */
import { create } from "@bufbuild/protobuf"
import {
  type ClusterSpec,
  type Durability,
  type FailoverSpec,
  type OnExcessLag,
  type PostgresMajor,
  type PostgresSpec,
  type Preset,
  type ResourceSpec,
  type VolumeSpec,
  postgresMajors,
} from "#core/cluster/spec.ts"
import { clusterId, clusterName, configVersion, namespace } from "#core/ids.ts"
import type { ParameterOrder, ParameterOrders } from "#core/rollout/impact.ts"
import type { Parsed } from "#core/parsed.ts"
import { bytes } from "#core/units.ts"
import {
  type ClusterConfig,
  ClusterConfigSchema,
  Durability as WireDurability,
  type FailoverConfig,
  OnExcessLag as WireOnExcessLag,
  ParameterOrder as WireParameterOrder,
  Preset as WirePreset,
  type ResourceConfig,
  type VolumeConfig,
} from "./gen/pgswarm/v1/config_pb.ts"
import { encodeDatabases, readDatabases } from "./databases.ts"
import { Reader } from "./proto-field.ts"
import { encodeRuleSet, readRuleSet } from "./recovery-rules.ts"

const presetToWire: Readonly<Record<Preset, WirePreset>> = {
  fast: WirePreset.FAST,
  edge: WirePreset.EDGE,
  calm: WirePreset.CALM,
}
const durabilityToWire: Readonly<Record<Durability, WireDurability>> = {
  async: WireDurability.ASYNC,
  preferred: WireDurability.PREFERRED,
  quorum: WireDurability.QUORUM,
}

const onExcessLagToWire: Readonly<Record<OnExcessLag, WireOnExcessLag>> = {
  "take-best": WireOnExcessLag.TAKE_BEST,
  ask: WireOnExcessLag.ASK,
}

const orderToWire: Readonly<Record<ParameterOrder, WireParameterOrder>> = {
  reload: WireParameterOrder.RELOAD,
  restart: WireParameterOrder.RESTART,
  "full-restart": WireParameterOrder.FULL_RESTART,
}
const ordersMax = 1000

export const encodeClusterConfig = (spec: ClusterSpec): ClusterConfig =>
  create(ClusterConfigSchema, {
    clusterId: spec.id,
    name: spec.name,
    namespace: spec.namespace,
    profile: spec.profile,
    version: BigInt(spec.version),
    members: spec.members,
    postgres: encodedPostgres(spec.postgres),
    data: encodedVolume(spec.data),
    ...(spec.wal === undefined ? {} : { wal: encodedVolume(spec.wal) }),
    resources: encodedResources(spec.resources),
    parameters: { ...spec.parameters },
    hba: [...spec.hba],
    failover: encodedFailover(spec.failover),
    paused: spec.paused,
    deletionProtected: spec.deletionProtected ?? false,
    ...(spec.restart === undefined ? {} : { restart: { ...spec.restart } }),
    ...(spec.recovery === undefined ? {} : { recovery: encodeRuleSet(spec.recovery) }),
    parameterOrders: Object.fromEntries(
      [...(spec.parameterOrders ?? [])].map(([name, order]) => [name, orderToWire[order]]),
    ),
    ...(spec.databases === undefined ? {} : { databases: encodeDatabases(spec.databases) }),
  })

const encodedFailover = (failover: FailoverSpec) => ({
  preset: presetToWire[failover.preset],
  durability: durabilityToWire[failover.durability],
  onExcessLag:
    failover.onExcessLag === undefined
      ? WireOnExcessLag.UNSPECIFIED
      : onExcessLagToWire[failover.onExcessLag],
  priorities: [...(failover.priorities ?? [])],
  ...(failover.maxLagBytes === undefined ? {} : { maxLagBytes: BigInt(failover.maxLagBytes) }),
  ...(failover.lagWaitSeconds === undefined ? {} : { lagWaitSeconds: failover.lagWaitSeconds }),
})

const encodedPostgres = ({ major, image, uid }: PostgresSpec) => ({
  major,
  image,
  ...(uid === undefined ? {} : { uid }),
})

const encodedVolume = (volume: VolumeSpec) => ({
  sizeBytes: BigInt(volume.size),
  ...(volume.storageClass === undefined ? {} : { storageClass: volume.storageClass }),
  ...(volume.tier === undefined ? {} : { tier: volume.tier }),
})

const encodedResources = (resources: ResourceSpec) => ({
  ...(resources.cpuRequest === undefined ? {} : { cpuRequest: resources.cpuRequest }),
  ...(resources.memoryRequest === undefined ? {} : { memoryRequest: resources.memoryRequest }),
  ...(resources.cpuLimit === undefined ? {} : { cpuLimit: resources.cpuLimit }),
  ...(resources.memoryLimit === undefined ? {} : { memoryLimit: resources.memoryLimit }),
})

/** Shapes and bounds only; whether the site can do it, `core/cluster/check.ts` says there. */
export function parseClusterConfig(message: ClusterConfig, path = "config"): Parsed<ClusterSpec> {
  const read = new Reader()
  const members = read.count(`${path}.members`, message.members, 1)
  if (members > 9) read.note(`${path}.members`, "at most 9")
  const at = (field: string): string => `${path}.${field}`
  return read.done({
    id: clusterId(read.uuid(at("cluster_id"), message.clusterId)),
    name: clusterName(read.text(at("name"), message.name, 40)),
    namespace: namespace(read.text(at("namespace"), message.namespace, 63)),
    profile: read.text(at("profile"), message.profile, 63),
    version: configVersion(read.count(at("version"), message.version, 1)),
    members,
    postgres: {
      major: major(read, at("postgres.major"), message.postgres?.major ?? 0),
      image: read.text(at("postgres.image"), message.postgres?.image ?? "", 400),
      ...(message.postgres?.uid === undefined
        ? {}
        : { uid: read.count(at("postgres.uid"), message.postgres.uid, 1) }),
    },
    data: volume(read, at("data"), message.data),
    wal: message.wal === undefined ? undefined : volume(read, at("wal"), message.wal),
    resources: resources(message.resources),
    parameters: read.map(at("parameters"), message.parameters, {
      entries: 500,
      key: 63,
      value: 4000,
    }),
    hba: [...read.list(at("hba"), message.hba, 200)],
    failover: {
      preset: read.word(
        at("failover.preset"),
        message.failover?.preset ?? WirePreset.UNSPECIFIED,
        presetToWire,
        "edge",
      ),
      durability: read.word(
        at("failover.durability"),
        message.failover?.durability ?? WireDurability.UNSPECIFIED,
        durabilityToWire,
        "preferred",
      ),
      ...excessLag(read, at("failover"), message.failover),
    },
    paused: message.paused,
    ...(message.deletionProtected ? { deletionProtected: true } : {}),
    ...(message.restart === undefined
      ? {}
      : {
          restart: {
            nonce: read.text(at("restart.nonce"), message.restart.nonce, 64),
            full: message.restart.full,
          },
        }),
    ...(message.recovery === undefined
      ? {}
      : { recovery: readRuleSet(read, at("recovery"), message.recovery) }),
    ...parameterOrders(read, at("parameter_orders"), message.parameterOrders),
    ...(message.databases === undefined
      ? {}
      : { databases: readDatabases(read, at("databases"), message.databases) }),
  })
}

function parameterOrders(
  read: Reader,
  path: string,
  message: ClusterConfig["parameterOrders"],
): Pick<ClusterSpec, "parameterOrders"> {
  const entries = read.list(path, Object.entries(message), ordersMax)
  if (entries.length === 0) return {}
  const orders: ParameterOrders = new Map(
    entries.map(([name, order]) => [
      read.text(`${path} (a key)`, name, 63),
      read.word(`${path}.${name.slice(0, 63)}`, order, orderToWire, "restart"),
    ]),
  )
  return { parameterOrders: orders }
}

/** What an older side never says stays unsaid. */
function excessLag(
  read: Reader,
  path: string,
  message: FailoverConfig | undefined,
): Pick<FailoverSpec, "maxLagBytes" | "onExcessLag" | "lagWaitSeconds" | "priorities"> {
  const { maxLagBytes, onExcessLag, lagWaitSeconds, priorities = [] } = message ?? {}
  return {
    ...(maxLagBytes === undefined
      ? {}
      : { maxLagBytes: read.count(`${path}.max_lag_bytes`, maxLagBytes) }),
    ...(onExcessLag === undefined || onExcessLag === WireOnExcessLag.UNSPECIFIED
      ? {}
      : {
          onExcessLag: read.word(
            `${path}.on_excess_lag`,
            onExcessLag,
            onExcessLagToWire,
            "take-best",
          ),
        }),
    ...(lagWaitSeconds === undefined
      ? {}
      : { lagWaitSeconds: read.count(`${path}.lag_wait_seconds`, lagWaitSeconds) }),
    ...(priorities.length === 0
      ? {}
      : {
          priorities: read
            .list(`${path}.priorities`, priorities, 9)
            .map((priority, ordinal) => read.count(`${path}.priorities[${ordinal}]`, priority)),
        }),
  }
}

function major(read: Reader, field: string, value: number): PostgresMajor {
  const found = postgresMajors.find((known) => known === value)
  if (found === undefined) read.note(field, `expected one of ${postgresMajors.join(", ")}`)
  return found ?? 17
}

function volume(read: Reader, field: string, message: VolumeConfig | undefined): VolumeSpec {
  if (message === undefined) read.note(field, "must be set")
  return {
    size: bytes(read.count(`${field}.size_bytes`, message?.sizeBytes ?? 0n, 1)),
    storageClass: message?.storageClass,
    ...(message?.tier === undefined ? {} : { tier: read.text(`${field}.tier`, message.tier, 63) }),
  }
}

const resources = (message: ResourceConfig | undefined): ResourceSpec => ({
  cpuRequest: message?.cpuRequest,
  memoryRequest: message?.memoryRequest,
  cpuLimit: message?.cpuLimit,
  memoryLimit: message?.memoryLimit,
})
