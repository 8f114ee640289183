/** What every controller stands on: the objects, a queue, and being told of what concerns it. */
import type { Recorder } from "../events.ts"
import { type KubeObject, controllerOf, keyOf, namespaceOf, objectKey } from "../object.ts"
import type { Objects } from "../objects.ts"
import type { Change } from "../store/store.ts"
import { Queue, type Reconcile } from "./queue.ts"

export type Ground = { readonly objects: Objects; readonly events: Recorder }

export type Stop = () => void

/** From a change to the keys that it concerns. */
export type Concerns = (change: Change) => readonly string[]

/** Runs `reconcile` for every object there is and then for what changes concern. */
export function runController(
  ground: Ground,
  name: string,
  reconcile: Reconcile,
  watched: Readonly<Record<string, Concerns>>,
): Stop {
  const queue = new Queue(name, reconcile)
  const { store } = ground.objects
  const stops = Object.entries(watched).map(([resource, concerns]) => {
    for (const object of store.list(resource)) {
      const change = { type: "ADDED", object, previous: undefined, resource, revision: 0 } as const
      for (const key of concerns(change)) queue.add(key)
    }
    return store.subscribe(resource, (change) => {
      for (const key of concerns(change)) queue.add(key)
    })
  })
  return () => {
    queue.stop()
    for (const stop of stops) stop()
  }
}

export const itself: Concerns = (change) => [keyOf(change.object)]

/** The controller of the changed object, where it is of this kind, now or before the change. */
export const ownerOfKind =
  (kind: string): Concerns =>
  ({ object, previous }) =>
    [object, previous].flatMap((one) => {
      const owner = one === undefined ? undefined : controllerOf(one)
      return owner?.kind === kind && one !== undefined
        ? [objectKey(namespaceOf(one), owner.name)]
        : []
    })

export function splitKey(key: string): readonly [namespace: string, name: string] {
  const slash = key.indexOf("/")
  return slash < 0 ? ["", key] : [key.slice(0, slash), key.slice(slash + 1)]
}

/** Objects of the kind that the owner controls. */
export function controlledBy(
  objects: Objects,
  resource: string,
  owner: KubeObject,
  uid: string,
): readonly KubeObject[] {
  return objects.store
    .list(resource, namespaceOf(owner))
    .filter((one) => controllerOf(one)?.uid === uid)
}
