/** Deletes what lost its owners, and holds or frees owners as their deletion was asked for. */
import { type JsonObject, at, equal, objectAt, objectsAt, without, withAt } from "../json.ts"
import {
  type KubeObject,
  finalizersOf,
  isDeleting,
  nameOf,
  namespaceOf,
  ownersOf,
  uidOf,
  withOwners,
} from "../object.ts"
import type { Objects } from "../objects.ts"
import { resourceById, resourceOfKind, resources } from "../resources.ts"
import type { Change } from "../store/store.ts"
import type { Ground, Stop } from "./controller.ts"
import { Queue } from "./queue.ts"

const manager = { manager: "kube-controller-manager" }

type Place = { readonly resource: string; readonly namespace: string; readonly name: string }

const placeKey = (resource: string, object: KubeObject): string =>
  [resource, namespaceOf(object), nameOf(object)].join(" ")

function placeOf(key: string): Place {
  const [resource = "", namespace = "", name = ""] = key.split(" ")
  return { resource, namespace, name }
}

export function runGarbageCollector(ground: Ground): Stop {
  const { objects } = ground
  const dependents = new Dependents()
  const queue = new Queue("garbage", (key) => collect(objects, dependents, placeOf(key)))
  const look = (change: Change): void => {
    const { resource, object, type, previous } = change
    if (resource === "events") return
    // Most writes, such as a Lease's renewal, change nothing that matters here.
    if (type === "MODIFIED" && previous !== undefined && isAlike(previous, object)) return
    const key = placeKey(resource, object)
    dependents.forget(key)
    if (type === "DELETED") {
      for (const dependent of dependents.of(uidOf(object))) queue.add(dependent)
      for (const owner of ownersOf(object)) addOwner(queue, object, owner)
      return
    }
    dependents.add(key, object)
    if (ownersOf(object).length > 0 || isDeleting(object)) queue.add(key)
  }
  for (const { id } of resources) {
    for (const object of objects.store.list(id)) {
      look({ type: "ADDED", object, previous: undefined, resource: id, revision: 0 })
    }
  }
  const stop = objects.store.subscribe("*", look)
  return () => {
    stop()
    queue.stop()
  }
}

const isAlike = (a: KubeObject, b: KubeObject): boolean =>
  ["ownerReferences", "finalizers", "deletionTimestamp"].every((field) =>
    equal(at(a, "metadata", field), at(b, "metadata", field)),
  )

/** An owner that is being deleted in the foreground waits for its last dependent. */
function addOwner(
  queue: Queue,
  dependent: KubeObject,
  owner: { readonly apiVersion: string; readonly kind: string; readonly name: string },
): void {
  const of = resourceOfKind(owner.apiVersion, owner.kind)
  if (of === undefined) return
  queue.add([of.id, of.isNamespaced ? namespaceOf(dependent) : "", owner.name].join(" "))
}

/** Who refers to which owner. */
class Dependents {
  readonly #byOwner = new Map<string, Set<string>>()
  readonly #owners = new Map<string, readonly string[]>()

  add(key: string, object: KubeObject): void {
    const uids = ownersOf(object).map((owner) => owner.uid)
    if (uids.length === 0) return
    this.#owners.set(key, uids)
    for (const uid of uids) {
      const known = this.#byOwner.get(uid) ?? new Set()
      this.#byOwner.set(uid, known.add(key))
    }
  }

  forget(key: string): void {
    for (const uid of this.#owners.get(key) ?? []) {
      const known = this.#byOwner.get(uid)
      known?.delete(key)
      if (known?.size === 0) this.#byOwner.delete(uid)
    }
    this.#owners.delete(key)
  }

  of(uid: string): readonly string[] {
    return [...(this.#byOwner.get(uid) ?? [])]
  }
}

function collect(objects: Objects, dependents: Dependents, place: Place): undefined {
  const object = objects.find(place.resource, place.namespace, place.name)
  if (object === undefined) return
  const finalizers = finalizersOf(object)
  const own = dependents.of(uidOf(object)).map(placeOf)
  if (isDeleting(object) && finalizers.includes("orphan")) {
    for (const one of own) disown(objects, one, uidOf(object))
    dropFinalizer(objects, place, "orphan")
    return
  }
  if (isDeleting(object) && finalizers.includes("foregroundDeletion")) {
    deleteDependents(objects, place, object, own)
    return
  }
  if (!isDeleting(object)) deleteIfUnowned(objects, place, object)
}

function deleteDependents(
  objects: Objects,
  place: Place,
  owner: KubeObject,
  own: readonly Place[],
): void {
  let blocking = 0
  for (const one of own) {
    const dependent = objects.find(one.resource, one.namespace, one.name)
    if (dependent === undefined) continue
    const reference = ownersOf(dependent).find(({ uid }) => uid === uidOf(owner))
    if (reference?.blocksDeletion === true) blocking += 1
    if (isDeleting(dependent)) continue
    const others = ownersOf(dependent).filter(({ uid }) => uid !== uidOf(owner))
    if (others.some((other) => exists(objects, dependent, other))) {
      disown(objects, one, uidOf(owner))
      blocking -= reference?.blocksDeletion === true ? 1 : 0
    } else {
      objects.remove(resourceById(one.resource), one.namespace, one.name, {
        propagation: "Foreground",
      })
      const isGone = objects.find(one.resource, one.namespace, one.name) === undefined
      if (isGone && reference?.blocksDeletion === true) blocking -= 1
    }
  }
  if (blocking === 0) dropFinalizer(objects, place, "foregroundDeletion")
}

type Owner = ReturnType<typeof ownersOf>[number]

function exists(objects: Objects, dependent: KubeObject, owner: Owner): boolean {
  const of = resourceOfKind(owner.apiVersion, owner.kind)
  // An owner of a kind that is not served can not be judged: it counts as there.
  if (of === undefined) return true
  const found = objects.find(of.id, of.isNamespaced ? namespaceOf(dependent) : "", owner.name)
  return found !== undefined && uidOf(found) === owner.uid
}

function deleteIfUnowned(objects: Objects, place: Place, object: KubeObject): void {
  const owners = ownersOf(object)
  if (owners.length === 0) return
  const gone = owners.filter((owner) => !exists(objects, object, owner))
  if (gone.length === 0) return
  if (gone.length === owners.length) {
    objects.remove(resourceById(place.resource), place.namespace, place.name, {
      propagation: "Background",
      preconditions: { uid: uidOf(object) },
    })
    return
  }
  for (const owner of gone) disown(objects, place, owner.uid)
}

function disown(objects: Objects, place: Place, uid: string): void {
  objects.change(
    resourceById(place.resource),
    place.namespace,
    place.name,
    (one) =>
      withOwners(
        one,
        objectsAt(one, "metadata", "ownerReferences").filter(
          (owner: JsonObject) => owner["uid"] !== uid,
        ),
      ),
    manager,
  )
}

function dropFinalizer(objects: Objects, place: Place, finalizer: string): void {
  objects.change(
    resourceById(place.resource),
    place.namespace,
    place.name,
    (one) => {
      const rest = finalizersOf(one).filter((other) => other !== finalizer)
      return rest.length === 0
        ? { ...one, metadata: without(objectAt(one, "metadata"), "finalizers") }
        : withAt(one, ["metadata", "finalizers"], rest)
    },
    manager,
  )
}
