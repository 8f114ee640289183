/** Where this member stands towards the Lease: what every branch of `decide` asks first. */
import { present } from "#core/assert.ts"
import { type PodName, podName, type Term } from "#core/ids.ts"
import { type Millis, seconds } from "#core/units.ts"
import { formerSelf, type Holder } from "#core/failover/holder.ts"
import { heldBy, isReleased, type Lease } from "#core/failover/lease.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import type { Instant, Observation } from "#core/failover/observation.ts"
import { pledgedUntil } from "#core/failover/pledge.ts"
import { type Policy, servesOn } from "#core/failover/policy.ts"
import type { Peer } from "#core/failover/decision.ts"

/** Longest T that is believed when a Lease claims it. */
const longestExpiry = seconds(60)
/** A peer's own words are not acted upon when they are older. */
export const wordsFreshFor = seconds(4)

/** The term in which this member leads, as far as it can know; undefined when it does not. */
export function leadingTerm(seen: Observation, self: Holder): Term | undefined {
  const { lease, server } = seen
  if (lease.kind === "read") {
    if (heldBy(lease.lease, self))
      return lease.lease.term >= seen.term ? lease.lease.term : undefined
    // Nobody took it and nobody released it: somebody wiped the Lease while this member served.
    const wiped = lease.lease.holder === undefined && !isReleased(lease.lease)
    return wiped ? armedTerm(seen) : undefined
  }
  // A sidecar that started while the API is away, or a Lease that was deleted: the supervisor knows
  // in which term its primary runs, and no peer has seen a later one (checked where it matters).
  return server.kind === "lost" ? undefined : armedTerm(seen)
}

/** The term that the running server is armed with, when it is the last one that this member knows. */
export function armedTerm(seen: Observation): Term | undefined {
  const { server } = seen
  const armed = "armed" in server ? server.armed : undefined
  return armed !== undefined && armed === seen.term ? armed : undefined
}

/** True when the local server may be accepting writes now or at any moment. */
export const mayServe = ({ server }: Observation): boolean =>
  server.kind === "primary" || ("armed" in server && server.armed !== undefined)

/** Highest term that anybody told this member of. */
export function highestTerm(seen: Observation): Term {
  const { lease, peers } = seen
  let highest = lease.kind === "read" && lease.lease.term > seen.term ? lease.lease.term : seen.term
  for (const { status } of peers.values())
    if (status !== undefined && status.term > highest) highest = status.term
  return highest
}

/** How long the holder may serve: as long as its renewal or its pledges let it, whichever is longer (S1). */
export function servesUntil(
  policy: Policy,
  seen: Observation,
  self: Holder,
  term: Term,
): Instant | undefined {
  const { now, memberSets, pledges, renewedAt, renewedFor = policy.expireAfter } = seen
  const pledged = pledgedUntil(policy, now, self.pod, term, memberSets, pledges)
  const renewed = renewedAt === undefined ? undefined : renewedAt + servesOn(policy, renewedFor)
  const until = Math.max(renewed ?? -Infinity, pledged ?? -Infinity)
  return until === -Infinity ? undefined : until
}

/** How long an observer waits on this Lease before it holds its holder for gone. */
export const expiryOf = (policy: Policy, lease: Lease): Millis =>
  seconds(
    Math.min(longestExpiry, Math.max(policy.expireAfter, lease.durationSeconds * 1000)) / 1000,
  )

export type Vacancy =
  | { readonly kind: "held"; readonly by: Holder; readonly left: number }
  | { readonly kind: "vacant"; readonly cause: "released" | "expired" | "bootstrap" }

/** Whether the Lease can be taken, on this observer's own clock. */
export function vacancy(
  policy: Policy,
  now: Instant,
  lease: Lease,
  since: Instant,
  self: Holder,
): Vacancy {
  const { holder } = lease
  if (isReleased(lease)) return { kind: "vacant", cause: "released" }
  if (holder === undefined && lease.term === 0) return { kind: "vacant", cause: "bootstrap" }
  // That server died with its container, which is the one this sidecar now talks to.
  if (holder !== undefined && formerSelf(holder, self)) return { kind: "vacant", cause: "expired" }
  const left = since + expiryOf(policy, lease) - now
  if (left <= 0) return { kind: "vacant", cause: "expired" }
  return { kind: "held", by: holder ?? nobody, left }
}

/** Stands for whoever wiped the Lease by hand. */
const nobody: Holder = { pod: podName("nobody"), uid: "", nonce: "" }

/** What a peer said of itself, when it is young enough to act upon. */
export function freshStatus(seen: Observation, pod: PodName): MemberStatus | undefined {
  const peer = seen.peers.get(pod)
  if (peer?.status === undefined || peer.askedAt === undefined) return undefined
  return seen.now - peer.askedAt <= wordsFreshFor ? peer.status : undefined
}

export const othersOf = (seen: Observation, self: Holder): readonly PodName[] =>
  seen.settings.members.filter((pod) => pod !== self.pod)

/** Whom to follow: the Lease's holder, or, when the Lease is out of sight, the peer that serves in the latest term. */
export function leaderOf(
  seen: Observation,
  self: Holder,
): (Peer & { readonly term: Term }) | undefined {
  const { lease } = seen
  const named =
    lease.kind === "read" && lease.lease.holder !== undefined && lease.lease.term >= seen.term
      ? { pod: lease.lease.holder.pod, term: lease.lease.term }
      : undefined
  let best = named
  for (const pod of othersOf(seen, self)) {
    const status = freshStatus(seen, pod)
    if (status?.server !== "primary" || status.term < seen.term) continue
    if (best === undefined || status.term > best.term) best = { pod, term: status.term }
  }
  if (best === undefined || best.pod === self.pod) return undefined
  const address = seen.peers.get(best.pod)?.address
  return address === undefined ? undefined : { ...best, address }
}

/** The identifier that this cluster's data must carry, from any record of it. */
export function knownIdentifier(seen: Observation): string | undefined {
  const { lease, settings } = seen
  return (
    (lease.kind === "read" ? lease.lease.systemIdentifier : undefined) ?? settings.systemIdentifier
  )
}

export const readLease = (seen: Observation): Lease => {
  const { lease } = seen
  return present(lease.kind === "read" ? lease.lease : undefined, "a Lease that was read")
}
