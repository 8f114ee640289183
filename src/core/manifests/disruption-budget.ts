/** Two members are never drained together. A single member has nobody to protect it and would block every drain. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { type KubeObject, clusterLabels, objectMetadata } from "#core/manifests/object.ts"
import { objectNames } from "#core/names.ts"

export const disruptionBudget = (spec: ClusterSpec, apiVersion: string): KubeObject => ({
  apiVersion,
  kind: "PodDisruptionBudget",
  metadata: objectMetadata(spec, objectNames(spec.name).disruptionBudget),
  spec: { maxUnavailable: 1, selector: { matchLabels: clusterLabels(spec) } },
})
