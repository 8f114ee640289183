/** Pods that were made from an earlier template than the StatefulSet has now. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { objectNames } from "#core/names.ts"
import { isRecord } from "#io/kube/api.ts"
import type { SiteView } from "../site/view.ts"

/** Kubernetes' own label: which revision of the StatefulSet a pod was made from. */
const revisionLabel = "controller-revision-hash"

export type Outdated = { readonly revision: string; readonly pods: readonly string[] }

export function outdatedPods(view: SiteView, spec: ClusterSpec): Outdated {
  const set = view.get("StatefulSet", spec.namespace, objectNames(spec.name).statefulSet)
  const status = isRecord(set?.["status"]) ? set["status"] : {}
  const revision = status["updateRevision"]
  // Before the controller has seen our last change, its revision is that of the change before.
  const isSettled = status["observedGeneration"] === set?.metadata.generation
  if (typeof revision !== "string" || revision === "" || !isSettled)
    return { revision: "", pods: [] }
  const pods = view
    .ofCluster("Pod", spec.namespace, spec.name)
    .filter(({ metadata }) => {
      const made = metadata.labels?.[revisionLabel]
      return made !== undefined && made !== revision && metadata.deletionTimestamp === undefined
    })
    .map(({ metadata }) => metadata.name)
  return { revision, pods: pods.toSorted() }
}
