/**
 * Volumes that grow: each claim asks for more where its StorageClass lets it, and the StatefulSet, whose volume
 * templates Kubernetes never changes, is made anew around its pods. Nothing stops, and no volume becomes smaller.
 */
import { parseMemory } from "#core/cluster/quantity.ts"
import type { ClusterSpec, VolumeSpec } from "#core/cluster/spec.ts"
import { ordinalOf, podName } from "#core/ids.ts"
import { volumeName } from "#core/manifests/pod-template.ts"
import { quantity } from "#core/units.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import { fieldManager } from "../site/names.ts"
import type { Context } from "./context.ts"

type Claim = {
  readonly live: Live
  readonly wanted: VolumeSpec
  readonly requested: number
  readonly capacity: number
  readonly storageClass: string | undefined
}

/** Asks for the sizes that are wanted. Returns why a volume can not have its own. */
export async function growVolumes(
  context: Context,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const small = claimsOf(context, spec).filter(({ requested, wanted }) => requested < wanted.size)
  if (small.length === 0) return []
  const { items } = await context.api.list(kinds.StorageClass, undefined, {}, signal)
  const growing = new Set(
    items
      .filter((one) => one["allowVolumeExpansion"] === true)
      .map(({ metadata }) => metadata.name),
  )
  const why: string[] = []
  for (const { live, wanted, storageClass } of small) {
    const { name } = live.metadata
    if (storageClass === undefined || !growing.has(storageClass)) {
      why.push(
        `${name} cannot grow: StorageClass ${storageClass ?? "(none)"} does not allow volume expansion`,
      )
      continue
    }
    const storage = quantity(wanted.size)
    const patch = { spec: { resources: { requests: { storage } } } }
    await context.api.mergePatch(kinds.PersistentVolumeClaim, live, patch, fieldManager, signal)
    context.tell({
      severity: "info",
      kind: "volume.growing",
      message: `${name} asks for ${storage}`,
      cluster: spec.id,
    })
  }
  return why
}

/** Volumes that have not become as large as was asked for; undefined when all have. */
export function whyNotGrown(context: Pick<Context, "view">, spec: ClusterSpec): string | undefined {
  const small = claimsOf(context, spec).filter(
    ({ capacity, wanted }) => capacity > 0 && capacity < wanted.size,
  )
  return small.length === 0
    ? undefined
    : `${small.map(({ live }) => live.metadata.name).join(", ")} did not grow yet`
}

function claimsOf({ view }: Pick<Context, "view">, spec: ClusterSpec): readonly Claim[] {
  return view
    .ofCluster("PersistentVolumeClaim", spec.namespace, spec.name)
    .flatMap((live): readonly Claim[] => {
      const wanted = wantedOf(spec, live.metadata.name)
      if (wanted === undefined || live.metadata.deletionTimestamp !== undefined) return []
      const { storageClassName, resources } = fieldsOf(live["spec"])
      const { capacity } = fieldsOf(live["status"])
      return [
        {
          live,
          wanted,
          requested: bytesOf(fieldsOf(fieldsOf(resources)["requests"])["storage"]),
          capacity: bytesOf(fieldsOf(capacity)["storage"]),
          storageClass: typeof storageClassName === "string" ? storageClassName : undefined,
        },
      ]
    })
}

function wantedOf(spec: ClusterSpec, claim: string): VolumeSpec | undefined {
  // What members left behind that are gone is kept as it is.
  const ordinal = ordinalOf(podName(claim)) ?? spec.members
  if (ordinal >= spec.members) return undefined
  if (claim === `${volumeName.data}-${spec.name}-${ordinal}`) return spec.data
  return claim === `${volumeName.wal}-${spec.name}-${ordinal}` ? spec.wal : undefined
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  isRecord(value) ? value : {}

const bytesOf = (value: unknown): number =>
  typeof value === "string" ? (parseMemory(value) ?? 0) : 0

/** Volume templates that would have to become smaller; undefined when none would. */
export function whyShrinks(live: unknown, spec: ClusterSpec): string | undefined {
  const templates: readonly unknown[] = Array.isArray(live) ? live : []
  for (const template of templates) {
    const { metadata, spec: claim } = fieldsOf(template)
    const name = fieldsOf(metadata)["name"]
    const wanted = name === volumeName.wal ? spec.wal : spec.data
    const requests = fieldsOf(fieldsOf(claim)["resources"])["requests"]
    const size = bytesOf(fieldsOf(requests)["storage"])
    if (wanted !== undefined && size > wanted.size)
      return `the ${String(name)} volumes cannot become smaller: they were made with ${size} bytes`
  }
  return undefined
}

/** The volume templates without their sizes: what may never differ. */
export const withoutSizes = (claims: unknown): unknown =>
  Array.isArray(claims)
    ? claims.map((claim: unknown) => {
        const { metadata, spec } = fieldsOf(claim)
        const { storageClassName } = fieldsOf(spec)
        return { name: fieldsOf(metadata)["name"], storageClassName }
      })
    : claims
