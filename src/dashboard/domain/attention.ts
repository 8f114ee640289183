/** What a person should look at, gravest first. The rest of the fleet looks after itself. */
import type { ClusterState } from "#core/cluster/state.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { Overview } from "#wire/rest/overview.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import type { SatelliteState } from "./types.ts"
import { clusterLook, satelliteLook } from "./words.ts"
import type { Tone } from "../ui/tone.ts"

/** `unknown` is not among them: its cause is a site that is lost, and that is. */
export const clusterAttention: readonly ClusterState[] = ["unavailable", "failing-over", "degraded"]
export const satelliteAttention: readonly SatelliteState[] = ["lost", "late", "pending", "offline"]

/** How many things need attention. */
export const attentionCount = (overview: Overview): number =>
  clusterAttention.reduce((sum, state) => sum + overview.clusters[state], 0) +
  satelliteAttention.reduce((sum, state) => sum + overview.satellites[state], 0)

const weights: Readonly<Record<Tone, number>> = { bad: 4, warn: 3, busy: 2, quiet: 1, good: 0 }

export type Site = { readonly satellite: Satellite; readonly clusters: readonly Cluster[] }

/** Sites with their clusters, those with trouble first, then by name. Undecided satellites are no sites yet. */
export function sitesOf(
  satellites: readonly Satellite[],
  clusters: readonly Cluster[],
): readonly Site[] {
  const bySatellite = Map.groupBy(clusters, (cluster) => cluster.satelliteId)
  return satellites
    .filter(({ state }) => state !== "pending" && state !== "rejected")
    .map((satellite) => ({ satellite, clusters: bySatellite.get(satellite.id) ?? [] }))
    .toSorted(
      (a, b) => weightOf(b) - weightOf(a) || a.satellite.name.localeCompare(b.satellite.name, "en"),
    )
}

const weightOf = ({ satellite, clusters }: Site): number =>
  Math.max(
    weights[satelliteLook(satellite.state).tone],
    ...clusters.map((cluster) => weights[clusterLook(cluster.state).tone]),
  )
