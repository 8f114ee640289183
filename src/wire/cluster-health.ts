/** `ClusterHealth` to protobuf and back. */
import { create } from "@bufbuild/protobuf"
import type { ClusterHealth, ClusterState } from "#core/cluster/state.ts"
import { clusterId, configVersion, podName, systemIdentifier, term } from "#core/ids.ts"
import type { Parsed } from "#core/parsed.ts"
import {
  type ClusterHealth as WireHealth,
  ClusterHealthSchema,
  ClusterState as WireState,
} from "./gen/pgswarm/v1/health_pb.ts"
import { encodeDatabasesHealth, readDatabasesHealth } from "./databases.ts"
import { encodeInstanceHealth, parseInstanceHealth } from "./instance-health.ts"
import { encodeConfigChange, readConfigChange } from "./config-change.ts"
import { Reader } from "./proto-field.ts"

const stateToWire: Readonly<Record<ClusterState, WireState>> = {
  creating: WireState.CREATING,
  healthy: WireState.HEALTHY,
  degraded: WireState.DEGRADED,
  "failing-over": WireState.FAILING_OVER,
  unavailable: WireState.UNAVAILABLE,
  paused: WireState.PAUSED,
  deleting: WireState.DELETING,
  unknown: WireState.UNKNOWN,
}

/** Members of a cluster, and as many again that are being removed. */
const instancesMax = 18
const reasonMax = 2000

export const encodeClusterHealth = (health: ClusterHealth): WireHealth =>
  create(ClusterHealthSchema, {
    clusterId: health.clusterId,
    state: stateToWire[health.state],
    reason: health.reason.slice(0, reasonMax),
    appliedVersion: BigInt(health.appliedVersion ?? 0),
    term: BigInt(health.term ?? 0),
    instances: health.instances.map(encodeInstanceHealth),
    observedAtMs: BigInt(Math.trunc(health.observedAt)),
    ...(health.primary === undefined ? {} : { primary: health.primary }),
    ...(health.systemIdentifier === undefined ? {} : { systemIdentifier: health.systemIdentifier }),
    ...(health.change === undefined ? {} : { change: encodeConfigChange(health.change) }),
    ...(health.databases === undefined
      ? {}
      : { databases: encodeDatabasesHealth(health.databases) }),
  })

export function parseClusterHealth(message: WireHealth, path = "health"): Parsed<ClusterHealth> {
  const read = new Reader()
  const at = (field: string): string => `${path}.${field}`
  const instances = read
    .list(at("instances"), message.instances, instancesMax)
    .flatMap((instance, index) => {
      const parsed = parseInstanceHealth(instance, at(`instances[${index}]`))
      if (parsed.kind === "ok") return [parsed.value]
      read.noteAll(parsed.problems)
      return []
    })
  const applied = read.count(at("applied_version"), message.appliedVersion)
  const termNow = read.count(at("term"), message.term)
  if (message.primary !== undefined) read.text(at("primary"), message.primary, 63)
  if (message.systemIdentifier !== undefined && !/^\d{1,20}$/.test(message.systemIdentifier))
    read.note(at("system_identifier"), "expected a decimal number")
  return read.done({
    clusterId: clusterId(read.uuid(at("cluster_id"), message.clusterId)),
    state: read.word(at("state"), message.state, stateToWire, "unknown"),
    reason: read.short(at("reason"), message.reason, reasonMax),
    appliedVersion: applied === 0 ? undefined : configVersion(applied),
    primary: message.primary === undefined ? undefined : podName(message.primary),
    term: termNow === 0 ? undefined : term(termNow),
    instances,
    observedAt: read.count(at("observed_at_ms"), message.observedAtMs, 1),
    systemIdentifier:
      message.systemIdentifier === undefined
        ? undefined
        : systemIdentifier(message.systemIdentifier),
    ...(message.change === undefined
      ? {}
      : { change: readConfigChange(read, at("change"), message.change) }),
    ...(message.databases === undefined
      ? {}
      : { databases: readDatabasesHealth(read, at("databases"), message.databases) }),
  })
}
