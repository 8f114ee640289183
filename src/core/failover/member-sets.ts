/**
 * Which member sets of the Lease may be in force (S1): a primary leans on pledges that are enough for each of them,
 * for another is elected by the votes of one. A set that was sent may have come into force although no answer came, and
 * so may the ones before it: none is forgotten before a later write was confirmed.
 */
import type { PodName } from "#core/ids.ts"

type MemberSet = readonly PodName[]
/** That of the last confirmed write of this member, and those of all that it sent since. */
export type MemberSets = readonly MemberSet[]

const same = (a: MemberSet, b: MemberSet): boolean =>
  a.length === b.length && a.every((pod) => b.includes(pod))
export const hasSet = (sets: MemberSets, set: MemberSet): boolean =>
  sets.some((each) => same(each, set))

export const confirmed = (set: MemberSet): MemberSets => (set.length === 0 ? [] : [set])

export const attempted = (sets: MemberSets, set: MemberSet): MemberSets =>
  set.length === 0 || hasSet(sets, set) ? sets : [...sets, set]

export const sameSets = (a: MemberSets, b: MemberSets): boolean =>
  a.length === b.length && a.every((set) => hasSet(b, set))

/** `seen`: the set on the Lease as it was last seen, which a stale answer may show. `wanted`: where nothing is known. */
export function mayBeInForce(
  sets: MemberSets,
  seen: MemberSet,
  wanted: MemberSet,
): readonly MemberSet[] {
  const all = attempted(sets, seen)
  return all.length === 0 ? [wanted] : all
}
