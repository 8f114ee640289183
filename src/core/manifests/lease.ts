/**
 * The Lease of a cluster, and the record that outlives it. The satellite creates the Lease and then
 * leaves it to the holders; a new Lease goes on from the highest term that the record knows, so that a
 * deleted Lease does not make terms repeat (S1), and repeats the system identifier (S4).
 */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { memberPod, systemIdentifier, term } from "#core/ids.ts"
import { type KubeObject, objectMetadata } from "#core/manifests/object.ts"
import type { ClusterRecord } from "#core/manifests/site.ts"
import { annotation, objectNames } from "#core/names.ts"

export const lease = (spec: ClusterSpec, record: ClusterRecord): KubeObject => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: objectMetadata(spec, objectNames(spec.name).lease, {
    [annotation.members]: JSON.stringify(
      Array.from({ length: spec.members }, (_, ordinal) => memberPod(spec.name, ordinal)),
    ),
    ...(record.systemIdentifier === undefined
      ? {}
      : { [annotation.systemIdentifier]: record.systemIdentifier }),
  }),
  spec: { leaseTransitions: record.highestTerm },
})

export const recordKey = {
  systemIdentifier: "system-identifier",
  highestTerm: "highest-term",
} as const

export const recordMap = (spec: ClusterSpec, record: ClusterRecord): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: objectMetadata(spec, objectNames(spec.name).record),
  data: {
    [recordKey.highestTerm]: String(record.highestTerm),
    ...(record.systemIdentifier === undefined
      ? {}
      : { [recordKey.systemIdentifier]: record.systemIdentifier }),
  },
})

export const emptyRecord: ClusterRecord = { systemIdentifier: undefined, highestTerm: term(0) }

/** Reads the data of the record, or annotations and term of a Lease, by what they say about the same things. */
export function parseRecord(
  identifier: string | undefined,
  highest: string | number | undefined,
): ClusterRecord {
  const value = Number(highest ?? 0)
  return {
    systemIdentifier:
      identifier !== undefined && /^\d{1,20}$/.test(identifier)
        ? systemIdentifier(identifier)
        : undefined,
    highestTerm: term(Number.isSafeInteger(value) && value > 0 ? value : 0),
  }
}

export type Merged =
  | { readonly kind: "record"; readonly record: ClusterRecord }
  /** Two databases claim to be this cluster: a person must say which one is. */
  | { readonly kind: "conflict"; readonly reason: string }

/** What is known after a look at the Lease: terms only grow, an identifier once known never changes. */
export function mergeRecords(known: ClusterRecord, seen: ClusterRecord): Merged {
  const [a, b] = [known.systemIdentifier, seen.systemIdentifier]
  if (a !== undefined && b !== undefined && a !== b)
    return {
      kind: "conflict",
      reason: `the Lease names system identifier ${b}, the record of this cluster ${a}`,
    }
  return {
    kind: "record",
    record: {
      systemIdentifier: a ?? b,
      highestTerm: known.highestTerm > seen.highestTerm ? known.highestTerm : seen.highestTerm,
    },
  }
}
