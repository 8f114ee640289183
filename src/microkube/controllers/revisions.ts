/** Revisions of a StatefulSet's pod template, kept as ControllerRevisions so that an old one can be made again. */
import { createHash } from "node:crypto"

import { type JsonObject, at, equal, numberAt, objectAt, stringsAt } from "../json.ts"
import {
  type KubeObject,
  controllerOf,
  controllerReference,
  labelsOf,
  nameOf,
  namespaceOf,
  uidOf,
  withOwners,
} from "../object.ts"
import { resourceById } from "../resources.ts"
import { matchesSelector } from "../selectors.ts"
import { type Ground, controlledBy } from "./controller.ts"

const letters = "bcdfghjklmnpqrstvwxz2456789"

/** A hash in the letters that Kubernetes uses for them. */
export function templateHash(template: JsonObject): string {
  const digest = createHash("sha256")
    .update(JSON.stringify(sorted(template)))
    .digest()
  return [...digest.subarray(0, 10)].map((byte) => letters[byte % letters.length]).join("")
}

/** The same value with its fields in one order, so that equal templates hash equally. */
function sorted(value: JsonObject): JsonObject {
  const pairs = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    pairs.map(([key, item]) => [
      key,
      typeof item === "object" && item !== null && !Array.isArray(item)
        ? sorted(objectAt({ item }, "item"))
        : item,
    ]),
  )
}

/** The revision of the template as it is now; made where it is new. */
export function updateRevision(ground: Ground, set: KubeObject): KubeObject {
  const template = objectAt(set, "spec", "template")
  const data = { spec: { template } }
  adoptOrphans(ground, set)
  const known = controlledBy(ground.objects, "controllerrevisions.apps", set, uidOf(set))
  const same = known.find((one) => equal(at(one, "data"), data))
  const newest = Math.max(0, ...known.map((one) => numberAt(one, "revision") ?? 0))
  const of = resourceById("controllerrevisions.apps")
  if (same !== undefined) {
    if (numberAt(same, "revision") === newest) return same
    // Back to an earlier template: its revision becomes the newest one.
    return (
      ground.objects.change(of, namespaceOf(set), nameOf(same), (one) => ({
        ...one,
        revision: newest + 1,
      })) ?? same
    )
  }
  const name = `${nameOf(set)}-${templateHash(template)}`
  return ground.objects.create(
    of,
    namespaceOf(set),
    {
      metadata: {
        name,
        labels: stringsAt(template, "metadata", "labels"),
        ownerReferences: [controllerReference(set)],
      },
      data,
      revision: newest + 1,
    },
    { manager: "kube-controller-manager" },
  )
}

/** Revisions that a set of the same selector left behind, as its pods are. */
function adoptOrphans(ground: Ground, set: KubeObject): void {
  const selector = objectAt(set, "spec", "selector")
  for (const one of ground.objects.store.list("controllerrevisions.apps", namespaceOf(set)))
    if (controllerOf(one) === undefined && matchesSelector(selector, labelsOf(one)))
      ground.objects.change(
        resourceById("controllerrevisions.apps"),
        namespaceOf(one),
        nameOf(one),
        (orphan) => withOwners(orphan, [controllerReference(set)]),
        { manager: "kube-controller-manager" },
      )
}

/** Forgets revisions that no pod has any more, beyond the history that the set keeps. */
export function pruneRevisions(ground: Ground, set: KubeObject, inUse: ReadonlySet<string>): void {
  const limit = numberAt(set, "spec", "revisionHistoryLimit") ?? 10
  const unused = controlledBy(ground.objects, "controllerrevisions.apps", set, uidOf(set))
    .filter((one) => !inUse.has(nameOf(one)))
    .toSorted((a, b) => (numberAt(a, "revision") ?? 0) - (numberAt(b, "revision") ?? 0))
  for (const one of unused.slice(0, Math.max(0, unused.length - limit))) {
    ground.objects.remove(
      resourceById("controllerrevisions.apps"),
      namespaceOf(one),
      nameOf(one),
      {},
    )
  }
}
