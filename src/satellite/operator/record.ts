/** The record of a cluster and its Lease (part of step 3): what must outlive volumes, and who leads. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import {
  emptyRecord,
  lease,
  mergeRecords,
  parseRecord,
  recordKey,
  recordMap,
} from "#core/manifests/lease.ts"
import type { ClusterRecord } from "#core/manifests/site.ts"
import { annotation, objectNames } from "#core/names.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Applied } from "./applier.ts"
import type { Context } from "./context.ts"

export type RecordResult = {
  readonly record: ClusterRecord
  readonly applied: readonly Applied[]
  /** Two databases claim to be this cluster. */
  readonly conflict: string | undefined
}

export async function ensureRecord(
  context: Context,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<RecordResult> {
  const { api, view, applier, records } = context
  const names = objectNames(spec.name)
  const at = spec.namespace
  const liveRecord =
    view.get("ConfigMap", at, names.record) ??
    (await api.get(kinds.ConfigMap, at, names.record, signal))
  const liveLease =
    view.get("Lease", at, names.lease) ?? (await api.get(kinds.Lease, at, names.lease, signal))
  let record = records.get(spec.id) ?? emptyRecord
  let conflict: string | undefined
  for (const seen of [recordOf(liveRecord), leaseRecord(liveLease)]) {
    const merged = mergeRecords(record, seen)
    if (merged.kind === "record") record = merged.record
    else conflict = merged.reason
  }
  records.set(spec.id, record)
  // The record first: a Lease that is made anew goes on from it.
  const applied = [
    await applier.apply(recordMap(spec, record), spec.name, signal),
    await applier.createOnly(lease(spec, record), spec.name, signal),
  ]
  return { record, applied, conflict }
}

function recordOf(map: Live | undefined): ClusterRecord {
  const data = isRecord(map?.["data"]) ? map["data"] : {}
  return parseRecord(text(data[recordKey.systemIdentifier]), text(data[recordKey.highestTerm]))
}

/** What a Lease says: its transitions are the term, an annotation names the database. */
export function leaseRecord(live: Live | undefined): ClusterRecord {
  const spec = isRecord(live?.["spec"]) ? live["spec"] : {}
  const transitions = spec["leaseTransitions"]
  return parseRecord(
    live?.metadata.annotations?.[annotation.systemIdentifier],
    typeof transitions === "number" ? transitions : undefined,
  )
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
