/**
 * Step 10: a kubelet looks at mounted ConfigMaps and Secrets when it looks at the pod, which by itself it does once
 * a minute. A change of the pod makes it look at once, so each new config version is written on every pod. It is in no
 * template, and nothing depends on it: without it members hear of a change a minute later.
 */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { annotation } from "#core/names.ts"
import { isConflict, isNotFound } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import { fieldManager } from "../site/names.ts"
import type { Context } from "./context.ts"

export async function hurryPods(
  { api, view }: Context,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<void> {
  const version = String(spec.version)
  for (const pod of view.ofCluster("Pod", spec.namespace, spec.name)) {
    if (pod.metadata.annotations?.[annotation.configVersion] === version) continue
    const patch = { metadata: { annotations: { [annotation.configVersion]: version } } }
    try {
      await api.mergePatch(kinds.Pod, pod, patch, fieldManager, signal)
    } catch (failure) {
      if (!isConflict(failure) && !isNotFound(failure)) throw failure
    }
  }
}
