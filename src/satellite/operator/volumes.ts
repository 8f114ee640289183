/**
 * Step 8: volumes. A finalizer keeps the volume of a member that somebody deletes until another member
 * serves the same data: then the empty one that comes instead is cloned. The last good copy stays until
 * the cluster itself is deleted.
 */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { type PodName, podName } from "#core/ids.ts"
import { volumeName } from "#core/manifests/pod-template.ts"
import type { Live } from "#io/kube/api.ts"
import { isConflict, isNotFound } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import { fieldManager, volumeFinalizer } from "../site/names.ts"
import type { Context } from "./context.ts"

export type VolumeStep =
  | { readonly kind: "none" }
  | { readonly kind: "protect" }
  | { readonly kind: "release" }
  /** Somebody deletes the only good copy that we know of. */
  | { readonly kind: "hold"; readonly why: string }

/** What to do with one volume; `primary` is the member that serves writes now by its own report. */
export function volumeStep(claim: Live, primary: PodName | undefined): VolumeStep {
  const isProtected = claim.metadata.finalizers?.includes(volumeFinalizer) ?? false
  if (claim.metadata.deletionTimestamp === undefined)
    return isProtected ? { kind: "none" } : { kind: "protect" }
  if (!isProtected) return { kind: "none" }
  const pod = podOfClaim(claim.metadata.name)
  if (primary === undefined)
    return {
      kind: "hold",
      why: `${claim.metadata.name} may hold the last good copy: no primary serves`,
    }
  if (pod === primary)
    return { kind: "hold", why: `${claim.metadata.name} holds the data of the primary` }
  return { kind: "release" }
}

/** `data-orders-1` belongs to pod `orders-1`. */
function podOfClaim(name: string): PodName {
  for (const volume of [volumeName.data, volumeName.wal])
    if (name.startsWith(`${volume}-`)) return podName(name.slice(volume.length + 1))
  return podName(name)
}

/** Returns why a volume that somebody deletes is still there. */
export async function ensureVolumes(
  context: Context,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const held: string[] = []
  const primary = context.healthyPrimary(spec.id)
  for (const claim of context.view.ofCluster("PersistentVolumeClaim", spec.namespace, spec.name)) {
    const step = volumeStep(claim, primary)
    switch (step.kind) {
      case "none":
        break
      case "protect":
        await setFinalizer(context, claim, true, signal)
        break
      case "release":
        await setFinalizer(context, claim, false, signal)
        context.tell({
          severity: "warning",
          kind: "volume.released",
          message: `${claim.metadata.name} was deleted by somebody and is let go; ${primary} has the data`,
          cluster: spec.id,
        })
        break
      case "hold":
        held.push(step.why)
        break
    }
  }
  return held
}

export async function setFinalizer(
  { api }: Pick<Context, "api">,
  claim: Live,
  wanted: boolean,
  signal: AbortSignal,
): Promise<void> {
  const others = (claim.metadata.finalizers ?? []).filter((name) => name !== volumeFinalizer)
  const patch = {
    metadata: {
      // The list is replaced whole: only if nobody changed it meanwhile.
      resourceVersion: claim.metadata.resourceVersion,
      finalizers: wanted ? [...others, volumeFinalizer] : others,
    },
  }
  try {
    await api.mergePatch(kinds.PersistentVolumeClaim, claim, patch, fieldManager, signal)
  } catch (failure) {
    // Changed or gone meanwhile: the watch brings the new state, and with it another pass.
    if (!isConflict(failure) && !isNotFound(failure)) throw failure
  }
}
