/**
 * A restart of the server that somebody asked for, because a changed config needs one. It is a clean stop and
 * nothing more: what a member does with a server that is down is decided as always, so a standby follows again and
 * the holder of the Lease starts in its own term.
 */
import type { Term } from "#core/ids.ts"
import type { Observation } from "#core/failover/observation.ts"
import { mayLead } from "#core/failover/repair.ts"
import { leadingTerm } from "#core/failover/standing.ts"

/** The role in which the member was seen when it was decided: in another one it would be another thing to do. */
export type RestartAs =
  | { readonly kind: "standby" }
  | { readonly kind: "primary"; readonly term: Term }

/** Why the server is not restarted now; undefined when it may be. */
export function whyNotRestart(seen: Observation, as: RestartAs): string | undefined {
  const { self, server, handOver, lanes } = seen
  if (self === undefined) return "the supervisor has not said who this is"
  if (handOver !== undefined) return "a hand-over is under way"
  if (lanes.server.running !== undefined) return `${lanes.server.running} is under way`
  if (as.kind === "standby") {
    const leads = mayLead(seen)
    if (leads !== undefined) return `it may lead: ${leads}`
    return server.kind === "standby" ? undefined : "no standby runs here"
  }
  if (server.kind !== "primary") return "it is not the primary"
  const term = leadingTerm(seen, self)
  return term === as.term ? undefined : `it leads in term ${term ?? "none"}, not ${as.term}`
}
