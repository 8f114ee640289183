/**
 * What the site's Kubernetes holds of ours, kept current by watches: one follower for each kind in each
 * namespace that has a cluster. Readers see states; whoever must act is told which cluster changed.
 */
import { seconds } from "#core/units.ts"
import { label, managedBy } from "#core/names.ts"
import type { Clock } from "#io/clock.ts"
import type { KubeApi, Live } from "#io/kube/api.ts"
import { KubeError } from "#io/kube/kube-error.ts"
import { type Kind, disruptionBudgetKind, kinds } from "#io/kube/kinds.ts"
import { follow } from "#io/kube/watch.ts"
import type { Log } from "#io/log.ts"

export type Change = {
  readonly namespace: string
  readonly cluster: string
  readonly kind: string
  readonly before: Live | undefined
  readonly after: Live | undefined
}

export type ViewOptions = {
  readonly api: KubeApi
  readonly clock: Clock
  readonly log: Log
  readonly disruptionBudgetVersion: string | undefined
  readonly changed: (change: Change) => void
  readonly signal: AbortSignal
}

type Followed = {
  readonly collections: Map<string, Collection>
  readonly stop: AbortController
}

type Collection = { readonly objects: Map<string, Live>; synced: boolean }

const followed = [
  kinds.StatefulSet,
  kinds.Service,
  kinds.ConfigMap,
  kinds.Secret,
  kinds.ServiceAccount,
  kinds.Role,
  kinds.RoleBinding,
  kinds.Lease,
  kinds.Pod,
  kinds.PersistentVolumeClaim,
]

const syncWithin = seconds(10)

export class SiteView {
  readonly #options: ViewOptions
  readonly #namespaces = new Map<string, Followed>()
  readonly #running = new Set<Promise<void>>()
  readonly #kinds: readonly Kind[]

  constructor(options: ViewOptions) {
    this.#options = options
    const budget = options.disruptionBudgetVersion
    this.#kinds = budget === undefined ? followed : [...followed, disruptionBudgetKind(budget)]
  }

  /** Follows `namespace` from now on, and resolves once all of its collections were read. */
  async follow(namespace: string, signal: AbortSignal): Promise<void> {
    const { collections } = this.#namespaces.get(namespace) ?? this.#start(namespace)
    await this.#options.clock.until(() => [...collections.values()].every((one) => one.synced), {
      every: seconds(0.05),
      within: syncWithin,
      signal,
    })
  }

  /** Nothing of ours is left there, and soon we may not look any more. */
  unfollow(namespace: string): void {
    this.#namespaces.get(namespace)?.stop.abort()
    this.#namespaces.delete(namespace)
  }

  #start(namespace: string): Followed {
    const collections = new Map<string, Collection>()
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#options.signal, stop.signal])
    const started: Followed = { collections, stop }
    this.#namespaces.set(namespace, started)
    for (const kind of this.#kinds) {
      const collection: Collection = { objects: new Map(), synced: false }
      collections.set(kind.kind, collection)
      const running = this.#followKind(namespace, kind, collection, signal).finally(() =>
        this.#running.delete(running),
      )
      this.#running.add(running)
    }
    return started
  }

  async #followKind(
    namespace: string,
    kind: Kind,
    collection: Collection,
    signal: AbortSignal,
  ): Promise<void> {
    const { api, clock, log } = this.#options
    const set = (name: string, after: Live | undefined): void => {
      const before = collection.objects.get(name)
      if (after === undefined) collection.objects.delete(name)
      else collection.objects.set(name, after)
      if (before?.metadata.resourceVersion !== after?.metadata.resourceVersion)
        this.#tell(namespace, kind.kind, before, after)
    }
    await follow(
      api,
      clock,
      { kind, namespace, labels: `${label.managedBy}=${managedBy}` },
      {
        replaced: (items) => {
          const there = new Set(items.map(({ metadata }) => metadata.name))
          for (const name of collection.objects.keys()) if (!there.has(name)) set(name, undefined)
          collection.synced = true
          for (const item of items) set(item.metadata.name, item)
        },
        changed: (object) => set(object.metadata.name, object),
        removed: (object) => set(object.metadata.name, undefined),
        failed: (failure, pause) => {
          // A permission that we gave ourselves a moment ago takes a moment to count.
          const early = failure instanceof KubeError && failure.status === 403 && pause < 2000
          const fields = { namespace, kind: kind.kind, failure, againInMs: Math.round(pause) }
          if (early) log.debug("view.lost", fields)
          else log.warn("view.lost", fields)
        },
      },
      signal,
    )
  }

  #tell(namespace: string, kind: string, before: Live | undefined, after: Live | undefined): void {
    const clusters = new Set(
      [before, after].map((object) => object?.metadata.labels?.[label.cluster]),
    )
    for (const cluster of clusters)
      if (cluster !== undefined) this.#options.changed({ namespace, cluster, kind, before, after })
  }

  get(kind: string, namespace: string, name: string): Live | undefined {
    return this.#namespaces.get(namespace)?.collections.get(kind)?.objects.get(name)
  }

  /** All of one kind that carry the cluster's label. */
  ofCluster(kind: string, namespace: string, cluster: string): readonly Live[] {
    const objects = this.#namespaces.get(namespace)?.collections.get(kind)?.objects.values() ?? []
    return [...objects].filter(({ metadata }) => metadata.labels?.[label.cluster] === cluster)
  }

  /** Ends when the signal that was given at the start ends the followers. */
  async ended(): Promise<void> {
    await Promise.all(this.#running)
  }
}
