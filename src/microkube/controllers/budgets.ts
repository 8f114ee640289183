/** Disruption budgets: how many pods may be taken away right now. */
import { type JsonObject, at, numberAt, objectAt } from "../json.ts"
import { isDeleting, labelsOf, nameOf, namespaceOf, keyOf } from "../object.ts"
import { isReady, isTerminal } from "../pods.ts"
import { resourceById } from "../resources.ts"
import { matchesSelector } from "../selectors.ts"
import { type Ground, type Stop, itself, runController, splitKey } from "./controller.ts"

export const runBudgets = (ground: Ground): Stop =>
  runController(ground, "budgets", (key) => reconcile(ground, key), {
    "poddisruptionbudgets.policy": itself,
    pods: ({ type, object, previous }) =>
      type === "MODIFIED" &&
      previous !== undefined &&
      isReady(previous) === isReady(object) &&
      isDeleting(previous) === isDeleting(object)
        ? []
        : ground.objects.store.list("poddisruptionbudgets.policy", namespaceOf(object)).map(keyOf),
  })

function reconcile(ground: Ground, key: string): undefined {
  const [namespace, name] = splitKey(key)
  const budget = ground.objects.find("poddisruptionbudgets.policy", namespace, name)
  if (budget === undefined) return
  const selector = objectAt(budget, "spec", "selector")
  const pods = ground.objects.store
    .list("pods", namespace)
    .filter((pod) => matchesSelector(selector, labelsOf(pod)) && !isTerminal(pod))
  const healthy = pods.filter((pod) => isReady(pod) && !isDeleting(pod)).length
  const expected = pods.length
  const most = at(budget, "spec", "maxUnavailable")
  const least = at(budget, "spec", "minAvailable")
  const desired =
    most === undefined ? amount(least, expected) : Math.max(0, expected - amount(most, expected))
  const status: JsonObject = {
    observedGeneration: numberAt(budget, "metadata", "generation") ?? 1,
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: Math.max(0, healthy - desired),
    expectedPods: expected,
  }
  ground.objects.change(
    resourceById("poddisruptionbudgets.policy"),
    namespace,
    nameOf(budget),
    (one) => ({ ...one, status }),
    { manager: "kube-controller-manager", subresource: "status" },
  )
}

function amount(value: JsonObject[string], total: number): number {
  if (typeof value === "number") return value
  if (typeof value !== "string") return 0
  return value.endsWith("%") ? Math.ceil((Number(value.slice(0, -1)) / 100) * total) : Number(value)
}
