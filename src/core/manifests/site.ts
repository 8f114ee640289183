/** What a site adds to a spec before it becomes Kubernetes objects. */
import type { SystemIdentifier, Term } from "#core/ids.ts"

export type Site = {
  readonly failoverImage: string
  /** `host:port` that sidecars dial. */
  readonly satelliteAddress: string
  /** `policy/v1` or `policy/v1beta1`; undefined where the server offers neither. */
  readonly disruptionBudgetVersion: string | undefined
}

/** What outlives volumes and the Lease: ConfigMap `c-record`. */
export type ClusterRecord = {
  readonly systemIdentifier: SystemIdentifier | undefined
  readonly highestTerm: Term
}
