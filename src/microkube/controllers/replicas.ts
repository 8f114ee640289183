/** ReplicaSets: so many pods of a template, whichever. */
import { type JsonObject, numberAt, objectAt, stringsAt } from "../json.ts"
import {
  type KubeObject,
  controllerOf,
  controllerReference,
  isDeleting,
  labelsOf,
  nameOf,
  namespaceOf,
  uidOf,
} from "../object.ts"
import { isActive, isReady, nodeOf, replicasOf, untilAvailable } from "../pods.ts"
import { resourceById } from "../resources.ts"
import { matchesSelector } from "../selectors.ts"
import {
  type Ground,
  type Stop,
  itself,
  ownerOfKind,
  runController,
  splitKey,
} from "./controller.ts"

const manager = { manager: "kube-controller-manager" }

export const runReplicaSets = (ground: Ground): Stop =>
  runController(ground, "replicasets", (key) => reconcile(ground, key), {
    "replicasets.apps": itself,
    pods: ownerOfKind("ReplicaSet"),
  })

function reconcile(ground: Ground, key: string): number | undefined {
  const [namespace, name] = splitKey(key)
  const { objects } = ground
  const set = objects.find("replicasets.apps", namespace, name)
  if (set === undefined || isDeleting(set)) return undefined
  const own = (): readonly KubeObject[] =>
    objects.store
      .list("pods", namespace)
      .filter(
        (pod) =>
          controllerOf(pod)?.uid === uidOf(set) &&
          isActive(pod) &&
          matchesSelector(objectAt(set, "spec", "selector"), labelsOf(pod)),
      )
  const before = own()
  const missing = replicasOf(set) - before.length
  for (let index = 0; index < missing; index += 1) createPod(ground, set)
  for (const pod of leastWanted(before).slice(0, Math.max(0, -missing))) {
    objects.remove(resourceById("pods"), namespace, nameOf(pod), { propagation: "Background" })
    const message = `Deleted pod: ${nameOf(pod)}`
    ground.events.note(set, "replicaset-controller", {
      type: "Normal",
      reason: "SuccessfulDelete",
      message,
    })
  }
  return writeStatus(ground, set, own())
}

/** Pods that are not running, then not ready, then the youngest go first. */
const leastWanted = (pods: readonly KubeObject[]): readonly KubeObject[] =>
  pods.toSorted((a, b) => worth(a) - worth(b))

const worth = (pod: KubeObject): number =>
  (nodeOf(pod) === undefined ? 0 : 1) + (isReady(pod) ? 2 : 0)

/** A pod of the template, controlled by the owner. */
export function podOf(owner: KubeObject, name: JsonObject): JsonObject {
  const template = objectAt(owner, "spec", "template")
  return {
    metadata: {
      ...objectAt(template, "metadata"),
      ...name,
      labels: stringsAt(template, "metadata", "labels"),
      ownerReferences: [controllerReference(owner)],
    },
    spec: objectAt(template, "spec"),
  }
}

function createPod(ground: Ground, set: KubeObject): void {
  const body = podOf(set, { generateName: `${nameOf(set)}-` })
  const pod = ground.objects.create(resourceById("pods"), namespaceOf(set), body, manager)
  const message = `Created pod: ${nameOf(pod)}`
  ground.events.note(set, "replicaset-controller", {
    type: "Normal",
    reason: "SuccessfulCreate",
    message,
  })
}

function writeStatus(
  ground: Ground,
  set: KubeObject,
  pods: readonly KubeObject[],
): number | undefined {
  const minReady = numberAt(set, "spec", "minReadySeconds") ?? 0
  const ready = pods.filter(isReady)
  const waits = ready.map((pod) => untilAvailable(pod, minReady, ground.objects.now()))
  const available = waits.filter((wait) => wait === 0).length
  const status: JsonObject = {
    replicas: pods.length,
    ...(pods.length === 0 ? {} : { fullyLabeledReplicas: pods.length }),
    ...(ready.length === 0 ? {} : { readyReplicas: ready.length }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    observedGeneration: numberAt(set, "metadata", "generation") ?? 1,
  }
  ground.objects.change(
    resourceById("replicasets.apps"),
    namespaceOf(set),
    nameOf(set),
    (one) => ({ ...one, status }),
    { ...manager, subresource: "status" },
  )
  const missing = waits.filter((wait) => wait > 0 && Number.isFinite(wait))
  return missing.length === 0 ? undefined : Math.min(...missing) + 50
}
