/** StatefulSets: pods with names, volumes that stay with a name, order where it is asked for. */
import {
  type JsonObject,
  at,
  numberAt,
  objectAt,
  objectsAt,
  stringsAt,
  textAt,
  withAt,
} from "../json.ts"
import {
  type KubeObject,
  controllerOf,
  controllerReference,
  isDeleting,
  labelsOf,
  nameOf,
  namespaceOf,
  uidOf,
  withOwners,
} from "../object.ts"
import {
  isActive,
  isReady,
  isRunningAndReady,
  isTerminal,
  replicasOf,
  untilAvailable,
} from "../pods.ts"
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
import { pruneRevisions, updateRevision } from "./revisions.ts"

const manager = { manager: "kube-controller-manager" }
const component = "statefulset-controller"
const revisionLabel = "controller-revision-hash"

export const runStatefulSets = (ground: Ground): Stop =>
  runController(ground, "statefulsets", (key) => reconcile(ground, key), {
    "statefulsets.apps": itself,
    pods: (change) => {
      const owners = ownerOfKind("StatefulSet")(change)
      if (owners.length > 0 || controllerOf(change.object) !== undefined) return owners
      // A pod without a controller may be one that a set adopts.
      const parent = /^(.+)-\d+$/.exec(nameOf(change.object))?.[1]
      return parent === undefined ? [] : [`${namespaceOf(change.object)}/${parent}`]
    },
  })

type Picture = {
  readonly set: KubeObject
  readonly pods: readonly KubeObject[]
  readonly update: KubeObject
  readonly current: KubeObject
  readonly isParallel: boolean
  readonly first: number
  readonly replicas: number
}

const ordinal = (pod: KubeObject): number => Number(/-(\d+)$/.exec(nameOf(pod))?.[1] ?? Number.NaN)
const revision = (pod: KubeObject): string => labelsOf(pod)[revisionLabel] ?? ""

function reconcile(ground: Ground, key: string): number | undefined {
  const [namespace, name] = splitKey(key)
  const set = ground.objects.find("statefulsets.apps", namespace, name)
  if (set === undefined || isDeleting(set)) return undefined
  const pods = claimPods(ground, set)
  const update = updateRevision(ground, set)
  const currentName = textAt(set, "status", "currentRevision") ?? nameOf(update)
  const current = ground.objects.find("controllerrevisions.apps", namespace, currentName) ?? update
  const picture: Picture = {
    set,
    pods,
    update,
    current,
    isParallel: textAt(set, "spec", "podManagementPolicy") === "Parallel",
    first: numberAt(set, "spec", "ordinals", "start") ?? 0,
    replicas: replicasOf(set),
  }
  const isSettled = bringToCount(ground, picture)
  if (isSettled) replaceOutdated(ground, picture)
  return writeStatus(ground, picture)
}

/** The set's pods: those it controls, and orphans that carry its labels and its name. */
function claimPods(ground: Ground, set: KubeObject): readonly KubeObject[] {
  const selector = objectAt(set, "spec", "selector")
  const own: KubeObject[] = []
  for (const pod of ground.objects.store.list("pods", namespaceOf(set))) {
    const controller = controllerOf(pod)
    const isMatch = matchesSelector(selector, labelsOf(pod))
    if (controller !== undefined) {
      if (controller.uid !== uidOf(set)) continue
      if (isMatch) own.push(pod)
      else setOwners(ground, pod, keptOwners(pod, uidOf(set)))
    } else if (isMatch && !isDeleting(pod) && nameOf(pod) === `${nameOf(set)}-${ordinal(pod)}`) {
      own.push(setOwners(ground, pod, [...keptOwners(pod, ""), controllerReference(set)]))
    }
  }
  return own
}

const keptOwners = (pod: KubeObject, uid: string): readonly JsonObject[] =>
  objectsAt(pod, "metadata", "ownerReferences").filter((one) => one["uid"] !== uid)

const setOwners = (ground: Ground, pod: KubeObject, owners: readonly JsonObject[]): KubeObject =>
  ground.objects.change(
    resourceById("pods"),
    namespaceOf(pod),
    nameOf(pod),
    (one) => withOwners(one, owners),
    manager,
  ) ?? pod

/** Creates what is missing and deletes what is too much; whether nothing is left to wait for. */
function bringToCount(ground: Ground, picture: Picture): boolean {
  const { pods, first, replicas, isParallel } = picture
  const wanted = Array.from({ length: replicas }, (_, index) => first + index)
  for (const number of wanted) {
    const pod = pods.find((one) => ordinal(one) === number)
    if (pod === undefined) {
      createPod(ground, picture, number)
      if (!isParallel) return false
    } else if (isTerminal(pod) && !isDeleting(pod)) {
      deletePod(ground, picture.set, pod, "recreating failed pod")
      if (!isParallel) return false
    } else {
      if (!isDeleting(pod)) createClaims(ground, picture.set, number)
      if (!isParallel && (isDeleting(pod) || !isRunningAndReady(pod))) return false
    }
  }
  const condemned = pods
    .filter((one) => !wanted.includes(ordinal(one)))
    .toSorted((a, b) => ordinal(b) - ordinal(a))
  for (const pod of condemned) {
    if (!isDeleting(pod)) deletePod(ground, picture.set, pod, "scaling down")
    if (!isParallel) return false
  }
  return condemned.length === 0
}

/** One outdated pod at a time, the last first, and only while the rest is healthy. */
function replaceOutdated(ground: Ground, { set, pods, update, first, replicas }: Picture): void {
  if (textAt(set, "spec", "updateStrategy", "type") !== "RollingUpdate") return
  const partition = numberAt(set, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0
  for (let number = first + replicas - 1; number >= Math.max(first, partition); number -= 1) {
    const pod = pods.find((one) => ordinal(one) === number)
    // One that was made just now is not healthy yet.
    if (pod === undefined) return
    if (revision(pod) !== nameOf(update) && !isDeleting(pod)) {
      deletePod(ground, set, pod, "replacing outdated pod")
      return
    }
    if (!isRunningAndReady(pod) || isDeleting(pod)) return
  }
}

function createPod(ground: Ground, picture: Picture, number: number): void {
  const { set, update, current } = picture
  const partition = numberAt(set, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0
  const revisionOf = number < partition ? current : update
  createClaims(ground, set, number)
  const name = `${nameOf(set)}-${number}`
  const template = objectAt(revisionOf, "data", "spec", "template")
  const claims = objectsAt(set, "spec", "volumeClaimTemplates").map((claim) => ({
    name: nameOf(claim),
    persistentVolumeClaim: { claimName: `${nameOf(claim)}-${name}` },
  }))
  const others = objectsAt(template, "spec", "volumes").filter(
    (volume) => !claims.some((claim) => claim.name === volume["name"]),
  )
  const pod: JsonObject = {
    metadata: {
      ...objectAt(template, "metadata"),
      name,
      labels: {
        ...stringsAt(template, "metadata", "labels"),
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(number),
        [revisionLabel]: nameOf(revisionOf),
      },
      ownerReferences: [controllerReference(set)],
    },
    spec: {
      ...objectAt(template, "spec"),
      hostname: name,
      subdomain: textAt(set, "spec", "serviceName") ?? "",
      volumes: [...claims, ...others],
    },
  }
  ground.objects.create(resourceById("pods"), namespaceOf(set), pod, manager)
  note(
    ground,
    set,
    "SuccessfulCreate",
    `create Pod ${name} in StatefulSet ${nameOf(set)} successful`,
  )
}

/** The claims of one ordinal; they outlive the pod and the set. */
function createClaims(ground: Ground, set: KubeObject, number: number): void {
  for (const template of objectsAt(set, "spec", "volumeClaimTemplates")) {
    const name = `${nameOf(template)}-${nameOf(set)}-${number}`
    if (ground.objects.find("persistentvolumeclaims", namespaceOf(set), name) !== undefined)
      continue
    const labels = {
      ...labelsOf(template),
      ...stringsAt(set, "spec", "selector", "matchLabels"),
    }
    const metadata = { ...objectAt(template, "metadata"), name, labels }
    ground.objects.create(
      resourceById("persistentvolumeclaims"),
      namespaceOf(set),
      { metadata, spec: at(template, "spec") },
      manager,
    )
  }
}

function deletePod(ground: Ground, set: KubeObject, pod: KubeObject, why: string): void {
  ground.objects.remove(resourceById("pods"), namespaceOf(pod), nameOf(pod), {
    propagation: "Background",
  })
  const text = `delete Pod ${nameOf(pod)} in StatefulSet ${nameOf(set)} successful (${why})`
  note(ground, set, "SuccessfulDelete", text)
}

const note = (ground: Ground, set: KubeObject, reason: string, message: string): void => {
  ground.events.note(set, component, { type: "Normal", reason, message })
}

/** The counts; answers when a pod will next count as available. */
function writeStatus(ground: Ground, picture: Picture): number | undefined {
  const { set, update, current } = picture
  const pods = claimPods(ground, set)
  const minReady = numberAt(set, "spec", "minReadySeconds") ?? 0
  const waits = pods
    .filter(isReady)
    .map((pod) => untilAvailable(pod, minReady, ground.objects.now()))
  const withRevision = (of: KubeObject): number =>
    pods.filter((pod) => isActive(pod) && revision(pod) === nameOf(of)).length
  const ready = pods.filter(isRunningAndReady).length
  const updated = withRevision(update)
  const isRolling = textAt(set, "spec", "updateStrategy", "type") === "RollingUpdate"
  const isComplete =
    isRolling &&
    updated === pods.length &&
    ready === pods.length &&
    pods.length === picture.replicas
  const now = isComplete ? update : current
  const status: JsonObject = {
    observedGeneration: numberAt(set, "metadata", "generation") ?? 1,
    replicas: pods.length,
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    availableReplicas: waits.filter((wait) => wait === 0).length,
    ...count("currentReplicas", isComplete ? updated : withRevision(current)),
    ...count("updatedReplicas", updated),
    currentRevision: nameOf(now),
    updateRevision: nameOf(update),
    collisionCount: 0,
  }
  ground.objects.change(
    resourceById("statefulsets.apps"),
    namespaceOf(set),
    nameOf(set),
    (one) => withAt(one, ["status"], status),
    { ...manager, subresource: "status" },
  )
  pruneRevisions(ground, set, new Set([nameOf(now), nameOf(update), ...pods.map(revision)]))
  const missing = waits.filter((wait) => wait > 0 && Number.isFinite(wait))
  return missing.length === 0 ? undefined : Math.min(...missing) + 50
}

const count = (name: string, value: number): JsonObject => (value === 0 ? {} : { [name]: value })
