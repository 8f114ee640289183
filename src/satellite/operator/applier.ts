/**
 * Brings single objects to what they should be. What is already so is not written again; what is not
 * ours is never taken over; what somebody changed is put back and told.
 */
import { covers } from "#core/manifests/covers.ts"
import { type Json, type KubeObject, fingerprint } from "#core/manifests/object.ts"
import { present } from "#core/assert.ts"
import { annotation, label, managedBy } from "#core/names.ts"
import type { KubeApi, Live } from "#io/kube/api.ts"
import { isConflict } from "#io/kube/kube-error.ts"
import { type Kind, kindNamed } from "#io/kube/kinds.ts"
import { fieldManager } from "../site/names.ts"
import type { SiteView } from "../site/view.ts"

export type Applied =
  | { readonly kind: "same" }
  | { readonly kind: "created" }
  | { readonly kind: "changed" }
  /** It had been as we left it, and then was changed or removed by somebody else. */
  | { readonly kind: "repaired"; readonly what: string }
  /** It exists and is not pg-swarm's: whose it is, a person must say. */
  | { readonly kind: "foreign"; readonly what: string; readonly why: string }

type Known = { readonly fingerprint: string; readonly resourceVersion: string }

export class Applier {
  readonly #api: KubeApi
  readonly #view: SiteView
  readonly #known = new Map<string, Known>()

  constructor(api: KubeApi, view: SiteView) {
    this.#api = api
    this.#view = view
  }

  async apply(wanted: KubeObject, cluster: string, signal: AbortSignal): Promise<Applied> {
    const kind = kindOf(wanted)
    const key = keyOf(wanted)
    const live = await this.#find(kind, wanted, signal)
    const foreign = live === undefined ? undefined : whyForeign(live, cluster)
    if (foreign !== undefined) return { kind: "foreign", what: key, why: foreign }
    const known = this.#known.get(key)
    const print = fingerprint(asJson(wanted))
    const asLeft = known?.fingerprint === print
    if (live !== undefined && asLeft)
      if (known.resourceVersion === live.metadata.resourceVersion || covers(live, wanted))
        return { kind: "same" }
    const result = await this.#api.apply(kind, wanted, fieldManager, signal)
    const { resourceVersion } = result.metadata
    this.#known.set(key, { fingerprint: print, resourceVersion })
    // A view that lags behind, or a value that the server writes in its own way: nothing was changed.
    if (resourceVersion === known?.resourceVersion) return { kind: "same" }
    if (resourceVersion === live?.metadata.resourceVersion) return { kind: "same" }
    if (asLeft) return { kind: "repaired", what: key }
    return { kind: live === undefined ? "created" : "changed" }
  }

  /** Creates what is not there; what is there is left as it is. */
  async createOnly(wanted: KubeObject, cluster: string, signal: AbortSignal): Promise<Applied> {
    const kind = kindOf(wanted)
    const live = await this.#find(kind, wanted, signal)
    if (live === undefined) {
      try {
        await this.#api.create(kind, wanted, fieldManager, signal)
        return { kind: "created" }
      } catch (failure) {
        // Somebody was faster; the next pass sees what it is.
        if (isConflict(failure)) return { kind: "same" }
        throw failure
      }
    }
    const foreign = whyForeign(live, cluster)
    return foreign === undefined
      ? { kind: "same" }
      : { kind: "foreign", what: keyOf(wanted), why: foreign }
  }

  async #find(kind: Kind, wanted: KubeObject, signal: AbortSignal): Promise<Live | undefined> {
    const { namespace, name } = wanted.metadata
    const seen = this.#view.get(kind.kind, namespace ?? "", name)
    // The view holds only what carries our label: a stranger is found by asking.
    return seen ?? (await this.#api.get(kind, namespace, name, signal))
  }

  forget(namespace: string, cluster: string): void {
    for (const key of this.#known.keys())
      if (key.includes(` ${namespace}/${cluster}`)) this.#known.delete(key)
  }
}

const kindOf = (object: KubeObject): Kind =>
  present(
    kindNamed(object.apiVersion, object.kind),
    `the place of ${object.apiVersion} ${object.kind} in the API is known`,
  )

const keyOf = (object: KubeObject): string =>
  `${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`

/** Objects are plain data; this only says so to the compiler. */
const asJson = (object: KubeObject): Json => ({ ...object, metadata: { ...object.metadata } })

/**
 * Why an object is not this cluster's; undefined when it is. One of ours that lost its label is still
 * known by the annotation that we write on each.
 */
export function whyForeign(live: Live, cluster: string): string | undefined {
  const { labels = {}, annotations = {} } = live.metadata
  const owner = labels[label.managedBy]
  if (owner !== undefined && owner !== managedBy) return `it is managed by ${owner}`
  if (owner === undefined && annotations[annotation.configVersion] === undefined)
    return `it has no label ${label.managedBy}=${managedBy}`
  const other = labels[label.cluster]
  if (other !== undefined && other !== cluster) return `it belongs to cluster ${other}`
  return undefined
}
