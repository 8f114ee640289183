/**
 * How a switchover ended, judged by what can be seen and not by who said what: so the same answer comes
 * out whichever process died on the way. Pure.
 */
import type { HandOverOutcome } from "#core/cluster/sidecar.ts"
import type { OperationId, PodName, Term } from "#core/ids.ts"

/** What was so when it began. */
export type SwitchoverStart = {
  readonly operation: OperationId
  readonly from: PodName
  readonly term: Term
  /** Undefined: whoever is best. */
  readonly to: PodName | undefined
}

export type MemberEvidence = {
  readonly pod: PodName
  /** Term in which it serves writes by its own fresh word. */
  readonly servesIn: Term | undefined
  /** The hand-over that it says is under way. */
  readonly handOver: OperationId | undefined
  readonly streams: boolean
}

export type Evidence = {
  readonly lease: { readonly holder: PodName | undefined; readonly term: Term } | undefined
  readonly members: readonly MemberEvidence[]
  /** The last word of the sidecar that hands over; undefined when it was never heard, or not since a restart here. */
  readonly heard: HandOverOutcome | undefined
  /** For how long nothing said that the hand-over goes on, in milliseconds. */
  readonly quietFor: number
}

export type Conclusion =
  | { readonly kind: "open" }
  | { readonly kind: "succeeded"; readonly primary: PodName; readonly term: Term }
  | { readonly kind: "failed"; readonly error: string }
  | { readonly kind: "cancelled" }

/** A sidecar that restarted has forgotten its hand-over; one that goes on says so more often than this. */
export const forgottenAfter = 6000

export function conclude(start: SwitchoverStart, seen: Evidence): Conclusion {
  const next = seen.members.find(
    ({ servesIn, pod }) => servesIn !== undefined && servesIn > start.term && leads(seen, pod),
  )
  if (next?.servesIn !== undefined) return taken(start, next.pod, next.servesIn)
  const old = seen.members.find(({ pod }) => pod === start.from)
  const stays = old?.servesIn === start.term && leads(seen, start.from)
  if (!stays || old.handOver === start.operation) return { kind: "open" }
  const { heard } = seen
  if (heard?.kind === "undone")
    return heard.abandoned ? { kind: "cancelled" } : { kind: "failed", error: heard.reason }
  if (seen.quietFor < forgottenAfter) return { kind: "open" }
  return {
    kind: "failed",
    error: `${start.from} goes on as primary in term ${start.term} and knows of no hand-over: its sidecar was restarted, or never heard of it`,
  }
}

/** A report that is older than the Lease does not count. */
function leads({ lease, members }: Evidence, pod: PodName): boolean {
  const servesIn = members.find((one) => one.pod === pod)?.servesIn
  if (servesIn === undefined) return false
  // A Lease of an earlier term is one that the site has not heard of for a while.
  if (lease === undefined || lease.term < servesIn) return true
  return lease.term === servesIn && lease.holder === pod
}

function taken({ to, from }: SwitchoverStart, pod: PodName, term: Term): Conclusion {
  if (to === undefined ? pod !== from : pod === to) return { kind: "succeeded", primary: pod, term }
  return {
    kind: "failed",
    error:
      pod === from
        ? `${from} is primary again, in term ${term}`
        : `${pod} became primary in term ${term}, not ${to ?? "another"}`,
  }
}

/** Everything known when time is up, in one sentence. */
export function unfinished(start: SwitchoverStart, seen: Evidence, seconds: number): string {
  const serving = seen.members.find(({ servesIn }) => servesIn !== undefined)
  const lease =
    seen.lease === undefined
      ? "the Lease was not seen"
      : `${seen.lease.holder ?? "nobody"} holds the Lease in term ${seen.lease.term}`
  const who =
    serving === undefined
      ? "no member says that it serves"
      : `${serving.pod} serves in term ${serving.servesIn}`
  const said = seen.heard !== undefined && "reason" in seen.heard ? `; ${seen.heard.reason}` : ""
  return `not concluded within ${seconds} s: ${lease}, ${who} (begun by ${start.from} in term ${start.term})${said}`
}
