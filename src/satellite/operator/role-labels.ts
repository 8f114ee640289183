/**
 * Step 9: a pod without a role stands behind no Service, so it gets `replica`. Never `primary`: that is
 * the sidecar's to say, once it holds the Lease.
 */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { label } from "#core/names.ts"
import { isConflict, isNotFound } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import { fieldManager } from "../site/names.ts"
import type { Context } from "./context.ts"

export async function ensureRoleLabels(
  { api, view }: Context,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<void> {
  for (const pod of view.ofCluster("Pod", spec.namespace, spec.name)) {
    if (pod.metadata.labels?.[label.role] !== undefined) continue
    const patch = {
      metadata: {
        // The sidecar may be labelling it at this moment; then its word stands.
        resourceVersion: pod.metadata.resourceVersion,
        labels: { [label.role]: "replica" },
      },
    }
    try {
      await api.mergePatch(kinds.Pod, pod, patch, fieldManager, signal)
    } catch (failure) {
      if (!isConflict(failure) && !isNotFound(failure)) throw failure
    }
  }
}
