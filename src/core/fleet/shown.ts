/** Why a cluster is shown as it is, in one sentence. */
import type { ClusterState } from "#core/cluster/state.ts"

export type Shown = {
  readonly state: ClusterState
  readonly satelliteState: "pending" | "rejected" | "offline" | "connected" | "late" | "lost"
  readonly satelliteName: string
  /** What the site gave as its reason, if it reported yet. */
  readonly reported: string | undefined
  /** Why the site has not applied what was asked for, if it said so. */
  readonly applyProblem: string | undefined
  readonly pausedByRule: boolean
}

export function shownReason(shown: Shown): string {
  const heard = shown.satelliteState === "connected" || shown.satelliteState === "late"
  switch (shown.state) {
    case "deleting":
      return heard
        ? "being deleted by its site"
        : `to be deleted when ${shown.satelliteName} is connected again`
    case "paused":
      return shown.pausedByRule
        ? "paused by its rule, which does not match any more"
        : "paused by a person"
    case "unknown":
      return heard ? (shown.reported ?? "its site has not reported") : silent(shown)
    case "creating":
      if (shown.applyProblem !== undefined) return shown.applyProblem
      if (shown.reported !== undefined) return shown.reported
      return heard ? "waiting for the first report of its site" : silent(shown)
    case "healthy":
    case "degraded":
    case "failing-over":
    case "unavailable":
      return shown.reported ?? shown.state
  }
}

function silent({ satelliteState, satelliteName }: Shown): string {
  return satelliteState === "lost"
    ? `nothing was heard from ${satelliteName} for a while; what is shown is old`
    : `${satelliteName} is not connected`
}
