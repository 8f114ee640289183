/** Gives each pod a node: one that is ready and allowed, and of these the one with the fewest pods. */
import {
  type JsonObject,
  isTrueAt,
  numberAt,
  objectAt,
  objectsAt,
  stringsAt,
  textAt,
  textsAt,
  withAt,
} from "../json.ts"
import {
  type KubeObject,
  isDeleting,
  keyOf,
  labelsOf,
  nameOf,
  namespaceOf,
  timestamp,
} from "../object.ts"
import { claimsOf, condition, isTerminal, nodeOf, withCondition } from "../pods.ts"
import { resourceById } from "../resources.ts"
import { matchesSelector } from "../selectors.ts"
import { type Ground, type Stop, runController, splitKey } from "./controller.ts"

const manager = { manager: "kube-scheduler" }
const required = "requiredDuringSchedulingIgnoredDuringExecution"

export const runScheduler = (ground: Ground): Stop =>
  runController(ground, "scheduler", (key) => reconcile(ground, key), {
    pods: ({ object, type }) =>
      type === "DELETED" || isTerminal(object)
        ? waiting(ground)
        : nodeOf(object) === undefined
          ? [keyOf(object)]
          : [],
    nodes: () => waiting(ground),
    persistentvolumeclaims: () => waiting(ground),
  })

const waiting = (ground: Ground): readonly string[] =>
  ground.objects.store
    .list("pods")
    .filter((pod) => nodeOf(pod) === undefined && !isDeleting(pod))
    .map(keyOf)

function reconcile(ground: Ground, key: string): undefined {
  const [namespace, name] = splitKey(key)
  const pod = ground.objects.find("pods", namespace, name)
  if (pod === undefined || isDeleting(pod) || nodeOf(pod) !== undefined) return
  // A pod may ask for another scheduler, and then waits for that one.
  if (textAt(pod, "spec", "schedulerName") !== "default-scheduler") return
  const pods = ground.objects.store
    .list("pods")
    .filter((one) => nodeOf(one) !== undefined && !isTerminal(one))
  const claim = claimsOf(pod).find((one) => {
    const found = ground.objects.find("persistentvolumeclaims", namespace, one)
    return found === undefined || isDeleting(found)
  })
  if (claim !== undefined) {
    refuse(ground, pod, `persistentvolumeclaim "${claim}" not found or being deleted`)
    return
  }
  const nodes = ground.objects.store.list("nodes")
  const fitting = nodes.filter((node) => fits(pod, node, nodes, pods))
  const load = (node: KubeObject): number =>
    pods.filter((one) => nodeOf(one) === nameOf(node)).length
  const chosen = fitting.toSorted(
    (a, b) => siblings(pod, a, pods) - siblings(pod, b, pods) || load(a) - load(b),
  )[0]
  if (chosen === undefined) {
    refuse(
      ground,
      pod,
      `0/${nodes.length} nodes are available: they are not ready, not selected, or hold pods that this one keeps away from`,
    )
    return
  }
  bindTo(ground, pod, nameOf(chosen))
}

/** Pods of the same controller on the node: replicas spread where nothing else decides. */
function siblings(pod: KubeObject, node: KubeObject, pods: readonly KubeObject[]): number {
  const uid = textAt(objectsAt(pod, "metadata", "ownerReferences")[0], "uid")
  if (uid === undefined) return 0
  return pods.filter(
    (one) =>
      nodeOf(one) === nameOf(node) &&
      textAt(objectsAt(one, "metadata", "ownerReferences")[0], "uid") === uid,
  ).length
}

function bindTo(ground: Ground, pod: KubeObject, node: string): void {
  const of = resourceById("pods")
  const now = timestamp(ground.objects.now())
  ground.objects.change(
    of,
    namespaceOf(pod),
    nameOf(pod),
    (one) => withAt(one, ["spec", "nodeName"], node),
    manager,
  )
  setScheduled(ground, pod, { type: "PodScheduled", status: "True" }, now)
  ground.events.note(pod, "default-scheduler", {
    type: "Normal",
    reason: "Scheduled",
    message: `Successfully assigned ${keyOf(pod)} to ${node}`,
  })
}

function refuse(ground: Ground, pod: KubeObject, message: string): void {
  if (condition(pod, "PodScheduled")?.["message"] === message) return
  const wanted = { type: "PodScheduled", status: "False", reason: "Unschedulable", message }
  setScheduled(ground, pod, wanted, timestamp(ground.objects.now()))
  ground.events.note(pod, "default-scheduler", {
    type: "Warning",
    reason: "FailedScheduling",
    message,
  })
}

function setScheduled(ground: Ground, pod: KubeObject, wanted: JsonObject, now: string): void {
  ground.objects.change(
    resourceById("pods"),
    namespaceOf(pod),
    nameOf(pod),
    (one) =>
      withAt(
        one,
        ["status", "conditions"],
        withCondition(objectsAt(one, "status", "conditions"), wanted, now),
      ),
    { ...manager, subresource: "status" },
  )
}

function fits(
  pod: KubeObject,
  node: KubeObject,
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
): boolean {
  if (condition(node, "Ready")?.["status"] !== "True") return false
  if (isTrueAt(node, "spec", "unschedulable")) return false
  const wanted = Object.entries(stringsAt(pod, "spec", "nodeSelector"))
  if (!wanted.every(([key, value]) => labelsOf(node)[key] === value)) return false
  if (!fitsNodeAffinity(pod, node)) return false
  return keepsAway(pod, node, nodes, pods) && isSpread(pod, node, nodes, pods)
}

function fitsNodeAffinity(pod: KubeObject, node: KubeObject): boolean {
  const terms = objectsAt(pod, "spec", "affinity", "nodeAffinity", required, "nodeSelectorTerms")
  if (terms.length === 0) return true
  const byName = { "metadata.name": nameOf(node) }
  return terms.some(
    (term) =>
      matchesSelector({ matchExpressions: objectsAt(term, "matchExpressions") }, labelsOf(node)) &&
      matchesSelector({ matchExpressions: objectsAt(term, "matchFields") }, byName),
  )
}

/** Pods that share the node's value of a topology key. */
function podsNear(
  key: string,
  node: KubeObject,
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
): readonly KubeObject[] {
  const value = labelsOf(node)[key]
  const near = new Set(nodes.filter((one) => labelsOf(one)[key] === value).map(nameOf))
  return pods.filter((one) => near.has(nodeOf(one) ?? ""))
}

/** Required anti-affinity, the pod's own and that of the pods already there. */
function keepsAway(
  pod: KubeObject,
  node: KubeObject,
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
): boolean {
  const repels = (from: KubeObject, other: KubeObject, near: (key: string) => boolean): boolean =>
    objectsAt(from, "spec", "affinity", "podAntiAffinity", required).some((term) => {
      const spaces = textsAt(term, "namespaces")
      const isInSpace = (spaces.length === 0 ? [namespaceOf(from)] : spaces).includes(
        namespaceOf(other),
      )
      return (
        isInSpace &&
        matchesSelector(objectAt(term, "labelSelector"), labelsOf(other)) &&
        near(textAt(term, "topologyKey") ?? "")
      )
    })
  return pods.every((other) => {
    const near = (key: string): boolean => podsNear(key, node, nodes, [other]).length > 0
    return !repels(pod, other, near) && !repels(other, pod, near)
  })
}

function isSpread(
  pod: KubeObject,
  node: KubeObject,
  nodes: readonly KubeObject[],
  pods: readonly KubeObject[],
): boolean {
  return objectsAt(pod, "spec", "topologySpreadConstraints").every((constraint) => {
    if (textAt(constraint, "whenUnsatisfiable") !== "DoNotSchedule") return true
    const key = textAt(constraint, "topologyKey") ?? ""
    const selector = objectAt(constraint, "labelSelector")
    const same = pods.filter(
      (one) => namespaceOf(one) === namespaceOf(pod) && matchesSelector(selector, labelsOf(one)),
    )
    const count = (one: KubeObject): number => podsNear(key, one, nodes, same).length
    const usable = nodes.filter((one) => labelsOf(one)[key] !== undefined)
    if (labelsOf(node)[key] === undefined) return false
    const fewest = Math.min(...usable.map(count))
    return count(node) + 1 - fewest <= (numberAt(constraint, "maxSkew") ?? 1)
  })
}
