/** Who may be a candidate at all, and how far behind the lost primary one is. */
import { priorityDefault } from "#core/cluster/spec.ts"
import { ordinalOf, type PodName } from "#core/ids.ts"
import { type Lsn, lsn } from "#core/lsn.ts"
import type { Holder } from "#core/failover/holder.ts"
import { lastServing, type Lease } from "#core/failover/lease.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import type { Consent, Observation, Settings } from "#core/failover/observation.ts"
import { othersOf } from "#core/failover/standing.ts"

/** 0: never a candidate. */
export function priorityOf({ priorities }: Pick<Settings, "priorities">, pod: PodName): number {
  const ordinal = ordinalOf(pod)
  return (ordinal === undefined ? undefined : priorities[ordinal]) ?? priorityDefault
}

/**
 * Whom commits may wait for: members that could become primary. What only a member knows that never may
 * would be out of reach when it is needed. Where there is no other, that one is better than none.
 */
export function acknowledgersOf(seen: Observation, self: Holder): readonly PodName[] {
  const others = othersOf(seen, self)
  const candidates = others.filter((pod) => priorityOf(seen.settings, pod) > 0)
  return candidates.length === 0 ? others : candidates
}

/** The last position of the primary that anybody told this member of; undefined where nobody did. */
export function lastKnownEnd(seen: Pick<Observation, "peers">, lease: Lease): Lsn | undefined {
  const last = lastServing(lease)
  const status = last === undefined ? undefined : seen.peers.get(last)?.status
  const served = status?.server === "primary" && status.term === lease.term
  const ends = [
    lease.position?.lsn,
    lease.released?.checkpoint,
    served ? status.receivedLsn : undefined,
  ].filter((end) => end !== undefined)
  return ends.length === 0 ? undefined : lsn(ends.reduce((a, b) => (a > b ? a : b), 0n))
}

/** Bytes of the primary's last known WAL that `me` does not have. */
export function bytesBehind(
  seen: Pick<Observation, "peers">,
  lease: Lease,
  me: Pick<MemberStatus, "receivedLsn">,
): bigint {
  const end = lastKnownEnd(seen, lease)
  return end === undefined || end <= me.receivedLsn ? 0n : end - me.receivedLsn
}

/** The consent that counts in the vacancy that `lease` shows. */
export const consentFor = (seen: Observation, lease: Lease): Consent | undefined =>
  seen.consent !== undefined && seen.consent.term === lease.term && seen.now < seen.consent.until
    ? seen.consent
    : undefined
