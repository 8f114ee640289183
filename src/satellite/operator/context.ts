/** What a pass over a cluster works with. */
import type { SiteSettings } from "#core/fleet/settings.ts"
import type { ClusterId, PodName } from "#core/ids.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { Problem } from "#core/parsed.ts"
import type { Placement } from "#core/rollout/scale.ts"
import type { ClusterRecord, Site } from "#core/manifests/site.ts"
import type { Clock } from "#io/clock.ts"
import type { KubeApi } from "#io/kube/api.ts"
import type { Log } from "#io/log.ts"
import type { Tell } from "../events.ts"
import type { DesiredStore } from "../site/desired-store.ts"
import type { SiteView } from "../site/view.ts"
import type { Applier } from "./applier.ts"

export type Context = {
  readonly api: KubeApi
  readonly view: SiteView
  readonly applier: Applier
  readonly store: DesiredStore
  readonly clock: Clock
  readonly log: Log
  readonly tell: Tell
  readonly site: Site
  /** What central decided about the site as a whole, as it is now. */
  readonly settings: () => SiteSettings
  /** PEM of the authority that signed the sidecar port's certificate. */
  readonly satelliteCa: string
  /** Our service account, to be given its role in each namespace; undefined outside a cluster. */
  readonly account: { readonly name: string; readonly namespace: string } | undefined
  /** What is known of each cluster's identity, also when its ConfigMap was lost. */
  readonly records: Map<ClusterId, ClusterRecord>
  /** The member that serves writes now, by its own fresh report. */
  readonly healthyPrimary: (cluster: ClusterId) => PodName | undefined
  /** How many members there are on the way to what is wanted, and what of it no running cluster takes. */
  readonly guide: (spec: ClusterSpec, signal: AbortSignal) => Promise<Guide>
}

export type Guide = { readonly placement: Placement; readonly problems: readonly Problem[] }
