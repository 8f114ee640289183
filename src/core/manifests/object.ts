/** Kubernetes objects as plain data, and the metadata that all of pg-swarm's share. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { annotation, label, managedBy } from "#core/names.ts"

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

export type Metadata = {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export type KubeObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [field: string]: Json | Metadata | undefined
}

/** Labels that select what belongs to one cluster. They never change: selectors and volume claims keep them. */
export const clusterLabels = (spec: ClusterSpec): Readonly<Record<string, string>> => ({
  [label.managedBy]: managedBy,
  [label.cluster]: spec.name,
})

export const objectMetadata = (
  spec: ClusterSpec,
  name: string,
  annotations: Readonly<Record<string, string>> = {},
): Metadata => ({
  name,
  namespace: spec.namespace,
  labels: {
    ...clusterLabels(spec),
    [label.name]: "postgresql",
    [label.profile]: spec.profile,
  },
  annotations: { [annotation.configVersion]: String(spec.version), ...annotations },
})

/**
 * FNV-1a over the UTF-16 units, 53 bits in hexadecimal: tells templates apart, protects nothing.
 * The core has no hash of the platform.
 */
export function fingerprint(value: Json): string {
  const text = JSON.stringify(value)
  let hash = 0xcbf29ce484222325n
  for (let at = 0; at < text.length; at += 1) {
    hash ^= BigInt(text.charCodeAt(at))
    hash = BigInt.asUintN(64, hash * 0x100000001b3n)
  }
  return hash.toString(16).padStart(16, "0")
}
