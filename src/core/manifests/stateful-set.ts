/** The StatefulSet of a cluster: all members at once, none restarted by Kubernetes' own order (OnDelete). */
import type { ClusterSpec, VolumeSpec } from "#core/cluster/spec.ts"
import {
  type Json,
  type KubeObject,
  clusterLabels,
  fingerprint,
  objectMetadata,
} from "#core/manifests/object.ts"
import { podTemplate, volumeName } from "#core/manifests/pod-template.ts"
import type { Site } from "#core/manifests/site.ts"
import { annotation, objectNames } from "#core/names.ts"
import { quantity } from "#core/units.ts"

export function statefulSet(
  spec: ClusterSpec,
  site: Site,
  /** Pods that there are now: on the way to another number not yet what is wanted. */
  replicas: number = spec.members,
): KubeObject {
  const names = objectNames(spec.name)
  const template = podTemplate(spec, site)
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: objectMetadata(spec, names.statefulSet, {
      [annotation.templateHash]: fingerprint(template),
    }),
    spec: {
      serviceName: names.headless,
      replicas,
      podManagementPolicy: "Parallel",
      updateStrategy: { type: "OnDelete" },
      revisionHistoryLimit: 3,
      selector: { matchLabels: clusterLabels(spec) },
      template,
      volumeClaimTemplates: volumeClaims(spec),
    },
  }
}

/** Immutable once the StatefulSet exists: only labels that never change, and no config version. */
export const volumeClaims = (spec: ClusterSpec): readonly Json[] => [
  volumeClaim(spec, volumeName.data, spec.data),
  ...(spec.wal === undefined ? [] : [volumeClaim(spec, volumeName.wal, spec.wal)]),
]

const volumeClaim = (spec: ClusterSpec, name: string, volume: VolumeSpec): Json => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, labels: clusterLabels(spec) },
  spec: {
    accessModes: ["ReadWriteOnce"],
    volumeMode: "Filesystem",
    resources: { requests: { storage: quantity(volume.size) } },
    ...(volume.storageClass === undefined ? {} : { storageClassName: volume.storageClass }),
  },
})
