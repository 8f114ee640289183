/** What every Kubernetes object has: its names, its labels, its owners. */
import { type JsonObject, isTrueAt, objectsAt, stringsAt, textAt, textsAt, withAt } from "./json.ts"

export type KubeObject = JsonObject

export const nameOf = (object: KubeObject): string => textAt(object, "metadata", "name") ?? ""
/** Empty for an object that is not in a namespace. */
export const namespaceOf = (object: KubeObject): string =>
  textAt(object, "metadata", "namespace") ?? ""
export const uidOf = (object: KubeObject): string => textAt(object, "metadata", "uid") ?? ""
export const versionOf = (object: KubeObject): string =>
  textAt(object, "metadata", "resourceVersion") ?? ""
export const labelsOf = (object: KubeObject): Readonly<Record<string, string>> =>
  stringsAt(object, "metadata", "labels")
export const annotationsOf = (object: KubeObject): Readonly<Record<string, string>> =>
  stringsAt(object, "metadata", "annotations")
export const finalizersOf = (object: KubeObject): readonly string[] =>
  textsAt(object, "metadata", "finalizers")
export const isDeleting = (object: KubeObject): boolean =>
  textAt(object, "metadata", "deletionTimestamp") !== undefined

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly isController: boolean
  readonly blocksDeletion: boolean
}

export const ownersOf = (object: KubeObject): readonly OwnerReference[] =>
  objectsAt(object, "metadata", "ownerReferences").map((owner) => ({
    apiVersion: textAt(owner, "apiVersion") ?? "",
    kind: textAt(owner, "kind") ?? "",
    name: textAt(owner, "name") ?? "",
    uid: textAt(owner, "uid") ?? "",
    isController: isTrueAt(owner, "controller"),
    blocksDeletion: isTrueAt(owner, "blockOwnerDeletion"),
  }))

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  ownersOf(object).find((owner) => owner.isController)

/** The reference that a controller writes on what it makes. */
export const controllerReference = (owner: KubeObject): JsonObject => ({
  apiVersion: textAt(owner, "apiVersion") ?? "",
  kind: textAt(owner, "kind") ?? "",
  name: nameOf(owner),
  uid: uidOf(owner),
  controller: true,
  blockOwnerDeletion: true,
})

export const withOwners = (object: KubeObject, owners: readonly JsonObject[]): KubeObject =>
  withAt(object, ["metadata", "ownerReferences"], owners.length === 0 ? undefined : owners)

/** `ns/name`, or `name` for an object that is not in a namespace. */
export const keyOf = (object: KubeObject): string => objectKey(namespaceOf(object), nameOf(object))

export const objectKey = (namespace: string, name: string): string =>
  namespace === "" ? name : `${namespace}/${name}`

/** A time as Kubernetes writes it, to the second. */
export const timestamp = (ms: number): string =>
  new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z")

/** A time as Kubernetes writes it where it counts microseconds (Lease, Event). */
export const microTime = (ms: number): string =>
  new Date(ms).toISOString().replace(/(\.\d{3})Z$/, "$1000Z")
