/**
 * Pledges: how a primary goes on without the Kubernetes API (design 2.4). A replica pledges to stay out
 * of elections for a while; a candidate needs votes; the members that a primary leans on and the members
 * that elect another always share one, who can not do both.
 */
import type { PodName, Term } from "#core/ids.ts"
import { term } from "#core/ids.ts"
import type { Millis } from "#core/units.ts"
import type { Instant, PledgeHeld } from "#core/failover/observation.ts"
import { isReleased, type Lease } from "#core/failover/lease.ts"
import { type Policy, servesOn } from "#core/failover/policy.ts"

/** What this member has bound itself to. The vote is on disk before it is given. */
export type Promises = {
  /** "Until then I neither campaign nor vote", given to the primary of a term. */
  readonly pledge:
    | { readonly to: PodName; readonly term: Term; readonly until: Instant }
    | undefined
  readonly vote: Vote | undefined
  /**
   * A sidecar that restarted does not know what it had pledged: until then it keeps to a pledge to whoever
   * was primary.
   */
  readonly assumedUntil: Instant
}

/** "Term n may be opened on Lease version v": no pledge to an older term until that version is history. */
export type Vote = {
  readonly term: Term
  readonly leaseVersion: string
  readonly candidate: PodName
}

/** Pledges that a primary needs from others: with itself a majority; for two members, the other one. */
export const pledgesNeeded = (members: number): number => Math.floor(members / 2)

/**
 * Until when pledges alone let this member serve: as long as the shortest of the longest pledges that are enough, for
 * every member set that may be in force. A sole member needs nobody: from `now`.
 */
export function pledgedUntil(
  policy: Policy,
  now: Instant,
  self: PodName,
  held: Term,
  memberSets: readonly (readonly PodName[])[],
  pledges: readonly PledgeHeld[],
): Instant | undefined {
  if (memberSets.length === 0) return undefined
  let until = now + policy.deadlineAfter
  for (const members of memberSets) {
    if (!members.includes(self)) return undefined
    const needed = pledgesNeeded(members.length)
    if (needed === 0) continue
    const ends = pledges
      .filter(({ pod, term: pledged }) => pledged === held && pod !== self && members.includes(pod))
      .map(({ sentAt, lasts }) => sentAt + servesOn(policy, lasts))
      .toSorted((a, b) => b - a)
    const shortest = ends[needed - 1]
    if (shortest === undefined) return undefined
    until = Math.min(until, shortest)
  }
  return until
}

/** What hinders this member from voting or campaigning now; undefined when it is free. */
export function promiseInTheWay(
  now: Instant,
  promises: Promises,
  lease: Lease,
  candidate: PodName,
): string | undefined {
  // A holder that released after its server was gone needs nobody's promise any more.
  const voids = (of: Term): boolean => isReleased(lease) && of <= lease.term
  const { pledge, assumedUntil } = promises
  if (pledge !== undefined && now < pledge.until && !voids(pledge.term) && pledge.to !== candidate)
    return `pledged to ${pledge.to} for another ${Math.ceil(pledge.until - now)} ms`
  if (
    now < assumedUntil &&
    !isReleased(lease) &&
    lease.holder !== undefined &&
    lease.holder.pod !== candidate
  )
    return `may have pledged to ${lease.holder.pod} before this sidecar started, for another ${Math.ceil(assumedUntil - now)} ms`
  return undefined
}

export type PledgeDecision =
  | { readonly kind: "pledged"; readonly for: Millis }
  | { readonly kind: "refused"; readonly reason: string }

/**
 * Whether to pledge to `primary` of `asked`. `voteIsOver`: a request to the API that began after the vote
 * was given showed another version of the Lease, so the candidate that got the vote can never use it.
 */
export function considerPledge(
  me: { readonly term: Term; readonly promises: Promises; readonly leads: boolean },
  asked: { readonly primary: PodName; readonly term: Term },
  /** Who holds the Lease, and in which term, as this member last saw it. */
  lease: { readonly holder: PodName | undefined; readonly term: Term } | undefined,
  voteIsOver: boolean,
  pledgeFor: Millis,
): PledgeDecision {
  const refused = (reason: string): PledgeDecision => ({ kind: "refused", reason })
  if (asked.term < me.term)
    return refused(`term ${asked.term} is over: this member has seen ${me.term}`)
  if (me.leads) return refused(`this member holds the Lease in term ${me.term}`)
  if (lease !== undefined && lease.term >= asked.term && lease.holder !== asked.primary)
    return refused(`${lease.holder ?? "nobody"} holds the Lease in term ${lease.term}`)
  const { vote } = me.promises
  if (vote !== undefined && vote.term > asked.term && !voteIsOver)
    return refused(`voted for ${vote.candidate} in term ${vote.term}`)
  return { kind: "pledged", for: pledgeFor }
}

export const noPromises = (assumedUntil: Instant): Promises => ({
  pledge: undefined,
  vote: undefined,
  assumedUntil,
})

export const noTerm: Term = term(0)
