/** Claims and their volumes: a folder for each claim, kept while a pod uses it, gone with the claim. */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"

import {
  type JsonObject,
  at,
  defined,
  isTrueAt,
  listAt,
  objectAt,
  textAt,
  withAt,
} from "../json.ts"
import {
  type KubeObject,
  finalizersOf,
  isDeleting,
  nameOf,
  namespaceOf,
  objectKey,
  uidOf,
} from "../object.ts"
import { claimsOf, isTerminal, nodeOf } from "../pods.ts"
import { resourceById } from "../resources.ts"
import { quantityValue } from "../schema/quantity.ts"
import { type Ground, type Stop, itself, runController, splitKey } from "./controller.ts"

const manager = { manager: "kube-controller-manager" }
const protection = "kubernetes.io/pvc-protection"

export const volumeFolder = (dir: string, volume: string): string => join(dir, "volumes", volume)

export const volumeOf = (claim: KubeObject): string => `pvc-${uidOf(claim)}`

export function runClaims(ground: Ground, dir: string): Stop {
  const stopClaims = runController(ground, "claims", (key) => reconcile(ground, dir, key), {
    persistentvolumeclaims: itself,
    pods: ({ object }) => claimsOf(object).map((name) => objectKey(namespaceOf(object), name)),
    "storageclasses.storage.k8s.io": () =>
      ground.objects.store
        .list("persistentvolumeclaims")
        .filter((one) => textAt(one, "status", "phase") !== "Bound")
        .map((one) => objectKey(namespaceOf(one), nameOf(one))),
  })
  const stopVolumes = runController(ground, "volumes", (name) => reclaim(ground, dir, name), {
    persistentvolumes: itself,
    persistentvolumeclaims: ({ type, object }) => (type === "DELETED" ? [volumeOf(object)] : []),
  })
  return () => {
    stopClaims()
    stopVolumes()
  }
}

function reconcile(ground: Ground, dir: string, key: string): undefined {
  const [namespace, name] = splitKey(key)
  const claim = ground.objects.find("persistentvolumeclaims", namespace, name)
  if (claim === undefined) return
  const users = ground.objects.store
    .list("pods", namespace)
    .filter((pod) => claimsOf(pod).includes(name) && !isTerminal(pod))
  if (isDeleting(claim)) {
    if (users.length === 0) release(ground, claim)
    return
  }
  if (textAt(claim, "status", "phase") !== "Bound") {
    bind(
      ground,
      dir,
      claim,
      users.some((pod) => nodeOf(pod) !== undefined),
    )
    return
  }
  grow(ground, claim)
}

function release(ground: Ground, claim: KubeObject): void {
  const rest = finalizersOf(claim).filter((one) => one !== protection)
  ground.objects.change(
    resourceById("persistentvolumeclaims"),
    namespaceOf(claim),
    nameOf(claim),
    (one) => withAt(one, ["metadata", "finalizers"], rest.length === 0 ? undefined : rest),
    manager,
  )
}

function bind(ground: Ground, dir: string, claim: KubeObject, hasConsumer: boolean): void {
  const className = textAt(claim, "spec", "storageClassName") ?? ""
  const storageClass = ground.objects.find("storageclasses.storage.k8s.io", "", className)
  const note = (type: "Normal" | "Warning", reason: string, message: string): void => {
    ground.events.note(claim, "persistentvolume-controller", { type, reason, message })
  }
  if (storageClass === undefined) {
    note("Warning", "ProvisioningFailed", `storageclass.storage.k8s.io "${className}" not found`)
    return
  }
  if (storageClass["volumeBindingMode"] === "WaitForFirstConsumer" && !hasConsumer) {
    note(
      "Normal",
      "WaitForFirstConsumer",
      "waiting for first consumer to be created before binding",
    )
    return
  }
  const volume = volumeOf(claim)
  mkdirSync(volumeFolder(dir, volume), { recursive: true, mode: 0o755 })
  if (ground.objects.find("persistentvolumes", "", volume) === undefined) {
    ground.objects.create(
      resourceById("persistentvolumes"),
      "",
      volumeObject(claim, storageClass, volumeFolder(dir, volume)),
      manager,
    )
  }
  markBound(ground, claim, volume)
}

function volumeObject(claim: KubeObject, storageClass: KubeObject, path: string): JsonObject {
  return {
    metadata: { name: volumeOf(claim) },
    spec: defined({
      capacity: objectAt(claim, "spec", "resources", "requests"),
      accessModes: listAt(claim, "spec", "accessModes"),
      storageClassName: nameOf(storageClass),
      persistentVolumeReclaimPolicy: storageClass["reclaimPolicy"],
      volumeMode: "Filesystem",
      hostPath: { path, type: "" },
      claimRef: {
        kind: "PersistentVolumeClaim",
        apiVersion: "v1",
        namespace: namespaceOf(claim),
        name: nameOf(claim),
        uid: uidOf(claim),
      },
    }),
  }
}

function markBound(ground: Ground, claim: KubeObject, volume: string): void {
  const of = resourceById("persistentvolumeclaims")
  const [namespace, name] = [namespaceOf(claim), nameOf(claim)]
  ground.objects.change(
    of,
    namespace,
    name,
    (one) => withAt(one, ["spec", "volumeName"], volume),
    manager,
  )
  const status = {
    phase: "Bound",
    accessModes: listAt(claim, "spec", "accessModes"),
    capacity: objectAt(claim, "spec", "resources", "requests"),
  }
  const asStatus = { ...manager, subresource: "status" } as const
  ground.objects.change(of, namespace, name, (one) => ({ ...one, status }), asStatus)
  ground.objects.change(
    resourceById("persistentvolumes"),
    "",
    volume,
    (one) => ({ ...one, status: { phase: "Bound" } }),
    asStatus,
  )
}

/** A folder needs no growing: the claim is granted what it asks for, where its class allows that. */
function grow(ground: Ground, claim: KubeObject): void {
  const wanted = textAt(claim, "spec", "resources", "requests", "storage") ?? "0"
  const has = textAt(claim, "status", "capacity", "storage") ?? "0"
  if (quantityValue(wanted) <= quantityValue(has)) return
  const className = textAt(claim, "spec", "storageClassName") ?? ""
  const storageClass = ground.objects.find("storageclasses.storage.k8s.io", "", className)
  if (!isTrueAt(storageClass, "allowVolumeExpansion")) return
  ground.objects.change(
    resourceById("persistentvolumes"),
    "",
    volumeOf(claim),
    (one) => withAt(one, ["spec", "capacity", "storage"], wanted),
    manager,
  )
  ground.objects.change(
    resourceById("persistentvolumeclaims"),
    namespaceOf(claim),
    nameOf(claim),
    (one) => withAt(one, ["status", "capacity", "storage"], wanted),
    { ...manager, subresource: "status" },
  )
}

/** A volume whose claim is gone goes too, folder and all, unless its class retains it. */
function reclaim(ground: Ground, dir: string, name: string): undefined {
  const volume = ground.objects.find("persistentvolumes", "", name)
  if (volume === undefined) return
  const namespace = textAt(volume, "spec", "claimRef", "namespace") ?? ""
  const claim = ground.objects.find(
    "persistentvolumeclaims",
    namespace,
    textAt(volume, "spec", "claimRef", "name") ?? "",
  )
  if (claim !== undefined && uidOf(claim) === at(volume, "spec", "claimRef", "uid")) return
  if (textAt(volume, "spec", "persistentVolumeReclaimPolicy") !== "Delete") {
    const released = { phase: "Released" }
    ground.objects.change(
      resourceById("persistentvolumes"),
      "",
      name,
      (one) => ({ ...one, status: released }),
      { ...manager, subresource: "status" },
    )
    return
  }
  rmSync(volumeFolder(dir, name), { recursive: true, force: true })
  ground.objects.remove(resourceById("persistentvolumes"), "", name, {})
}
