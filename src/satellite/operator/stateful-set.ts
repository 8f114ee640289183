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

export type StatefulSetResult = {
  readonly applied: readonly Applied[]
  readonly waiting: string | undefined
}

export async function ensureStatefulSet(
  context: Context,
  spec: ClusterSpec,
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
  // Kubernetes does not change volume claims of a StatefulSet; the rest of it waits with them.
  if (live !== undefined && ours && !covers(liveClaims, volumeClaims(here.spec)))
    return {
      applied: budget,
      waiting:
        "the volumes of a running cluster cannot be changed yet: size, class and number of volumes stay as they were",
    }
  return {
    applied: [...budget, await applier.apply(statefulSet(here.spec, site), spec.name, signal)],
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
