/** Namespaces: what each is born with, and their emptying before they go. */
import { listAt, withAt, without, objectAt } from "../json.ts"
import { isDeleting, nameOf, namespaceOf } from "../object.ts"
import { resourceById, resources } from "../resources.ts"
import { type Ground, type Stop, itself, runController } from "./controller.ts"

const manager = { manager: "kube-controller-manager" }

export function runNamespaces(ground: Ground, authority: string): Stop {
  const { store } = ground.objects
  const stop = runController(ground, "namespaces", (key) => reconcile(ground, key, authority), {
    namespaces: itself,
    serviceaccounts: ({ object, type }) => (type === "DELETED" ? [namespaceOf(object)] : []),
    configmaps: ({ object, type }) =>
      type === "DELETED" && nameOf(object) === "kube-root-ca.crt" ? [namespaceOf(object)] : [],
  })
  // Whatever goes may be the last thing that a namespace waits for.
  const stopAll = store.subscribe("*", ({ type, object }) => {
    if (type !== "DELETED" || namespaceOf(object) === "") return
    const namespace = store.get("namespaces", "", namespaceOf(object))
    if (namespace !== undefined && isDeleting(namespace)) empty(ground, namespaceOf(object))
  })
  return () => {
    stop()
    stopAll()
  }
}

function reconcile(ground: Ground, name: string, authority: string): undefined {
  const { objects } = ground
  const namespace = objects.find("namespaces", "", name)
  if (namespace === undefined) return
  if (isDeleting(namespace)) {
    empty(ground, name)
    return
  }
  if (objects.find("serviceaccounts", name, "default") === undefined) {
    objects.create(
      resourceById("serviceaccounts"),
      name,
      { metadata: { name: "default" } },
      manager,
    )
  }
  const trust = { metadata: { name: "kube-root-ca.crt" }, data: { "ca.crt": authority } }
  if (objects.find("configmaps", name, "kube-root-ca.crt") === undefined) {
    objects.create(resourceById("configmaps"), name, trust, manager)
  }
}

/** Deletes what is left; the namespace goes when nothing is. */
function empty(ground: Ground, name: string): void {
  const { objects } = ground
  let left = 0
  for (const of of resources) {
    if (!of.isNamespaced) continue
    for (const object of objects.store.list(of.id, name)) {
      // What went may have taken others of the list along.
      if (objects.find(of.id, name, nameOf(object)) === undefined) continue
      if (!isDeleting(object)) {
        objects.remove(of, name, nameOf(object), { propagation: "Background" })
      }
      if (objects.find(of.id, name, nameOf(object)) !== undefined) left += 1
    }
  }
  if (left > 0) return
  const namespace = objects.find("namespaces", "", name)
  if (namespace === undefined || listAt(namespace, "spec", "finalizers").length === 0) return
  objects.change(
    resourceById("namespaces"),
    "",
    name,
    (one) => withAt(one, ["spec"], without(objectAt(one, "spec"), "finalizers")),
    manager,
  )
}
