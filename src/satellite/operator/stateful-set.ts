/** Step 7: the StatefulSet and its disruption budget. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { covers } from "#core/manifests/covers.ts"
import { disruptionBudget } from "#core/manifests/disruption-budget.ts"
import { statefulSet, volumeClaims } from "#core/manifests/stateful-set.ts"
import { objectNames } from "#core/names.ts"
import { isRecord } from "#io/kube/api.ts"
import { disruptionBudgetKind, kinds } from "#io/kube/kinds.ts"
import { type Applied, whyForeign } from "./applier.ts"
import type { Context } from "./context.ts"
import { placed } from "./placed.ts"
import { growVolumes, whyShrinks, withoutSizes } from "./grow.ts"

export type StatefulSetResult = {
  readonly applied: readonly Applied[]
  readonly waiting: string | undefined
}

export async function ensureStatefulSet(
  context: Context,
  spec: ClusterSpec,
  replicas: number,
  signal: AbortSignal,
): Promise<StatefulSetResult> {
  const { api, view, applier, site } = context
  const name = objectNames(spec.name).statefulSet
  const live =
    view.get("StatefulSet", spec.namespace, name) ??
    (await api.get(kinds.StatefulSet, spec.namespace, name, signal))
  const here = await placed(context, spec, live, signal)
  if (here.kind === "waiting") return { applied: [], waiting: here.reasons.join("; ") }
  const liveClaims = isRecord(live?.["spec"]) ? live["spec"]["volumeClaimTemplates"] : undefined
  const budget = await ensureBudget(context, spec, signal)
  const ours = live === undefined || whyForeign(live, spec.name) === undefined
  const waits = (waiting: string): StatefulSetResult => ({ applied: budget, waiting })
  if (live?.metadata.deletionTimestamp !== undefined)
    return waits("the StatefulSet goes, and is made anew around its pods")
  if (live !== undefined && ours && !covers(liveClaims, volumeClaims(here.spec))) {
    if (!covers(withoutSizes(liveClaims), withoutSizes(volumeClaims(here.spec))))
      return waits("class and number of a running cluster's volumes stay as they were")
    const shrinks = whyShrinks(liveClaims, here.spec)
    if (shrinks !== undefined) return waits(shrinks)
    const small = await growVolumes(context, here.spec, signal)
    if (small.length > 0) return waits(small.join("; "))
    // Kubernetes does not change volume claims of a StatefulSet: a new one takes over the pods.
    await api.delete(kinds.StatefulSet, live, "Orphan", signal)
    applier.forget(spec.namespace, spec.name)
    return waits("the StatefulSet is made anew with larger volumes")
  }
  return {
    applied: [
      ...budget,
      await applier.apply(statefulSet(here.spec, site, replicas), spec.name, signal),
    ],
    waiting: undefined,
  }
}

async function ensureBudget(
  { api, view, applier, site }: Context,
  spec: ClusterSpec,
  signal: AbortSignal,
): Promise<readonly Applied[]> {
  const version = site.disruptionBudgetVersion
  if (version === undefined) return []
  if (spec.members >= 2)
    return [await applier.apply(disruptionBudget(spec, version), spec.name, signal)]
  const name = objectNames(spec.name).disruptionBudget
  const left = view.get("PodDisruptionBudget", spec.namespace, name)
  if (left !== undefined && whyForeign(left, spec.name) === undefined)
    await api.delete(disruptionBudgetKind(version), left, "Background", signal)
  return []
}
