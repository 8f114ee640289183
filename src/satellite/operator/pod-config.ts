/** What the members of a cluster are told in `pod.json`: they take it over without a restart. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { ClusterRecord, Site } from "#core/manifests/site.ts"
import { type PodConfig, podConfigSchema } from "#wire/pod-config.ts"
import { ruleSetBody } from "#wire/rule-set-schema.ts"

export const podConfigOf = (
  site: Pick<Site, "satelliteAddress">,
  spec: ClusterSpec,
  record: ClusterRecord,
  /** How many there are now: on the way to another number not yet what is wanted. */
  members: number,
): PodConfig =>
  podConfigSchema.parse({
    cluster: spec.name,
    namespace: spec.namespace,
    clusterId: spec.id,
    members,
    preset: spec.failover.preset,
    durability: spec.failover.durability,
    maxLagBytes: spec.failover.maxLagBytes,
    onExcessLag: spec.failover.onExcessLag,
    lagWaitSeconds: spec.failover.lagWaitSeconds,
    priorities: spec.failover.priorities,
    satelliteAddress: site.satelliteAddress,
    paused: spec.paused,
    ...(record.systemIdentifier === undefined ? {} : { systemIdentifier: record.systemIdentifier }),
    logLevel: "info",
    ...(spec.recovery === undefined ? {} : { recovery: ruleSetBody(spec.recovery) }),
  })
