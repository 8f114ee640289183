/** Deployments: one ReplicaSet for each template, the new one grown as the old ones shrink. */
import {
  type JsonObject,
  at,
  equal,
  isTrueAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  without,
  withAt,
} from "../json.ts"
import {
  type KubeObject,
  annotationsOf,
  controllerReference,
  isDeleting,
  nameOf,
  namespaceOf,
  timestamp,
  uidOf,
} from "../object.ts"
import { replicasOf, withCondition } from "../pods.ts"
import { resourceById } from "../resources.ts"
import {
  type Ground,
  type Stop,
  controlledBy,
  itself,
  ownerOfKind,
  runController,
  splitKey,
} from "./controller.ts"
import { templateHash } from "./revisions.ts"

const manager = { manager: "kube-controller-manager" }
const hashLabel = "pod-template-hash"
const revisionKey = "deployment.kubernetes.io/revision"

export const runDeployments = (ground: Ground): Stop =>
  runController(ground, "deployments", (key) => reconcile(ground, key), {
    "deployments.apps": itself,
    "replicasets.apps": ownerOfKind("Deployment"),
  })

function reconcile(ground: Ground, key: string): undefined {
  const [namespace, name] = splitKey(key)
  const deployment = ground.objects.find("deployments.apps", namespace, name)
  if (deployment === undefined || isDeleting(deployment)) return
  const sets = controlledBy(ground.objects, "replicasets.apps", deployment, uidOf(deployment))
  const current = sets.find((set) => isOf(set, deployment)) ?? createSet(ground, deployment, sets)
  const old = sets.filter((set) => nameOf(set) !== nameOf(current))
  if (!isTrueAt(deployment, "spec", "paused")) roll(ground, deployment, current, old)
  prune(ground, deployment, old)
  writeStatus(ground, deployment, nameOf(current))
}

function isOf(set: KubeObject, deployment: KubeObject): boolean {
  const template = objectAt(set, "spec", "template")
  const labels = without(objectAt(template, "metadata", "labels"), hashLabel)
  return equal(
    withAt(template, ["metadata", "labels"], labels),
    withAt(
      objectAt(deployment, "spec", "template"),
      ["metadata", "labels"],
      objectAt(deployment, "spec", "template", "metadata", "labels"),
    ),
  )
}

function createSet(
  ground: Ground,
  deployment: KubeObject,
  sets: readonly KubeObject[],
): KubeObject {
  const template = objectAt(deployment, "spec", "template")
  const hash = templateHash(template)
  const label = { [hashLabel]: hash }
  const revision =
    1 + Math.max(0, ...sets.map((set) => Number(annotationsOf(set)[revisionKey] ?? 0)))
  const selector = objectAt(deployment, "spec", "selector")
  return ground.objects.create(
    resourceById("replicasets.apps"),
    namespaceOf(deployment),
    {
      metadata: {
        name: `${nameOf(deployment)}-${hash}`,
        labels: { ...objectAt(template, "metadata", "labels"), ...label },
        annotations: { [revisionKey]: String(revision) },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds: numberAt(deployment, "spec", "minReadySeconds") ?? 0,
        selector: withAt(selector, ["matchLabels"], {
          ...objectAt(selector, "matchLabels"),
          ...label,
        }),
        template: withAt(template, ["metadata", "labels"], {
          ...objectAt(template, "metadata", "labels"),
          ...label,
        }),
      },
    },
    manager,
  )
}

/** An absolute number, or a share of the replicas: rounded up for a surge, down for a loss. */
function share(
  value: JsonObject[string],
  replicas: number,
  round: (share: number) => number,
): number {
  if (typeof value === "number") return value
  if (typeof value !== "string") return 0
  return value.endsWith("%") ? round((Number(value.slice(0, -1)) / 100) * replicas) : Number(value)
}

function roll(
  ground: Ground,
  deployment: KubeObject,
  current: KubeObject,
  old: readonly KubeObject[],
): void {
  const wanted = replicasOf(deployment)
  const isRecreate = textAt(deployment, "spec", "strategy", "type") === "Recreate"
  const oldCount = old.reduce(
    (sum, set) => sum + Math.max(replicasOf(set), numberAt(set, "status", "replicas") ?? 0),
    0,
  )
  if (isRecreate) {
    for (const set of old) scale(ground, set, 0)
    if (oldCount === 0) scale(ground, current, wanted)
    return
  }
  const rolling = objectAt(deployment, "spec", "strategy", "rollingUpdate")
  const surge = share(rolling["maxSurge"], wanted, Math.ceil)
  const loss = share(rolling["maxUnavailable"], wanted, Math.floor)
  const unavailable = surge === 0 && loss === 0 ? 1 : loss
  const room = wanted + surge - oldCount
  scale(
    ground,
    current,
    Math.max(
      0,
      Math.min(
        wanted,
        old.length === 0 ? wanted : Math.max(room, Math.min(replicasOf(current), wanted)),
      ),
    ),
  )
  const available = [current, ...old].reduce(
    (sum, set) => sum + (numberAt(set, "status", "availableReplicas") ?? 0),
    0,
  )
  let spare = Math.max(0, available - (wanted - unavailable))
  for (const set of old) {
    const broken = replicasOf(set) - (numberAt(set, "status", "availableReplicas") ?? 0)
    const less = Math.min(replicasOf(set), broken + spare)
    spare -= Math.max(0, less - broken)
    if (less > 0) scale(ground, set, replicasOf(set) - less)
  }
}

function scale(ground: Ground, set: KubeObject, replicas: number): void {
  if (replicasOf(set) === replicas) return
  ground.objects.change(
    resourceById("replicasets.apps"),
    namespaceOf(set),
    nameOf(set),
    (one) => withAt(one, ["spec", "replicas"], replicas),
    manager,
  )
}

function prune(ground: Ground, deployment: KubeObject, old: readonly KubeObject[]): void {
  const limit = numberAt(deployment, "spec", "revisionHistoryLimit") ?? 10
  const empty = old
    .filter((set) => replicasOf(set) === 0 && (numberAt(set, "status", "replicas") ?? 0) === 0)
    .toSorted(
      (a, b) =>
        Number(annotationsOf(a)[revisionKey] ?? 0) - Number(annotationsOf(b)[revisionKey] ?? 0),
    )
  for (const set of empty.slice(0, Math.max(0, empty.length - limit))) {
    ground.objects.remove(resourceById("replicasets.apps"), namespaceOf(set), nameOf(set), {
      propagation: "Background",
    })
  }
}

function writeStatus(ground: Ground, deployment: KubeObject, current: string): void {
  const sets = controlledBy(ground.objects, "replicasets.apps", deployment, uidOf(deployment))
  const sum = (field: string, of = sets): number =>
    of.reduce((total, set) => total + (numberAt(set, "status", field) ?? 0), 0)
  const wanted = replicasOf(deployment)
  const available = sum("availableReplicas")
  const updated = sum(
    "replicas",
    sets.filter((set) => nameOf(set) === current),
  )
  const now = timestamp(ground.objects.now())
  const isAvailable =
    available >=
    Math.max(
      0,
      wanted -
        share(
          at(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable"),
          wanted,
          Math.floor,
        ),
    )
  const isDone = updated >= wanted && available >= wanted && sum("replicas") === updated
  const conditions = [
    isAvailable
      ? {
          type: "Available",
          status: "True",
          reason: "MinimumReplicasAvailable",
          message: "Deployment has minimum availability.",
        }
      : {
          type: "Available",
          status: "False",
          reason: "MinimumReplicasUnavailable",
          message: "Deployment does not have minimum availability.",
        },
    {
      type: "Progressing",
      status: "True",
      reason: isDone ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
      message: `ReplicaSet "${current}" ${isDone ? "has successfully progressed" : "is progressing"}.`,
    },
  ].reduce(
    (all, one) => withCondition(all, one, now),
    objectsAt(deployment, "status", "conditions"),
  )
  const status: JsonObject = {
    observedGeneration: numberAt(deployment, "metadata", "generation") ?? 1,
    ...positive("replicas", sum("replicas")),
    ...positive("updatedReplicas", updated),
    ...positive("readyReplicas", sum("readyReplicas")),
    ...positive("availableReplicas", available),
    ...positive("unavailableReplicas", Math.max(0, Math.max(wanted, sum("replicas")) - available)),
    conditions,
  }
  store(
    ground,
    deployment,
    status,
    sets.find((set) => nameOf(set) === current),
  )
}

/** The status, and the revision of the current set as an annotation. */
function store(
  ground: Ground,
  deployment: KubeObject,
  status: JsonObject,
  current: KubeObject | undefined,
): void {
  const of = resourceById("deployments.apps")
  const [namespace, name] = [namespaceOf(deployment), nameOf(deployment)]
  const asStatus = { ...manager, subresource: "status" } as const
  ground.objects.change(of, namespace, name, (one) => ({ ...one, status }), asStatus)
  const revision = annotationsOf(current ?? {})[revisionKey]
  const path = ["metadata", "annotations", revisionKey]
  ground.objects.change(of, namespace, name, (one) => withAt(one, path, revision), manager)
}

const positive = (name: string, value: number): JsonObject => (value === 0 ? {} : { [name]: value })
