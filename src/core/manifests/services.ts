/** The Services of a cluster: one that names each pod, one for the primary, one for the replicas. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import {
  type Json,
  type KubeObject,
  clusterLabels,
  objectMetadata,
} from "#core/manifests/object.ts"
import { label, objectNames, port } from "#core/names.ts"

export function services(spec: ClusterSpec): readonly KubeObject[] {
  const names = objectNames(spec.name)
  const pods = clusterLabels(spec)
  return [
    service(spec, names.headless, {
      clusterIP: "None",
      // Members find each other before they are ready, or they would never become so.
      publishNotReadyAddresses: true,
      selector: pods,
      ports: [postgres, { name: "peer", port: port.peer, targetPort: port.peer, protocol: "TCP" }],
    }),
    service(spec, names.readWrite, {
      // The label routes: a sidecar that restarts must not cut clients off from a primary that serves.
      publishNotReadyAddresses: true,
      selector: { ...pods, [label.role]: "primary" },
      ports: [postgres],
    }),
    service(spec, names.readOnly, {
      selector: { ...pods, [label.role]: "replica" },
      ports: [postgres],
    }),
  ]
}

const postgres: Json = {
  name: "postgres",
  port: port.postgres,
  targetPort: port.postgres,
  protocol: "TCP",
}

const service = (
  spec: ClusterSpec,
  name: string,
  fields: { readonly [field: string]: Json },
): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: objectMetadata(spec, name),
  spec: { type: "ClusterIP", ...fields },
})
