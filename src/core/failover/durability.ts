/**
 * Whom commits wait for, and what the Lease says about it (design 2.5).
 *
 * The recorded set contains the setting at every instant: growing writes the record first, shrinking
 * changes the setting first. The record leaves a member out only when every commit that this member
 * alone may have acknowledged is also on a member that stays.
 */
import type { Durability } from "#core/cluster/spec.ts"
import type { PodName } from "#core/ids.ts"
import type { Lsn } from "#core/lsn.ts"
import type { Memory } from "#core/failover/decision.ts"
import type { Instant, PrimaryState } from "#core/failover/observation.ts"

/** Records that may be on the Lease: that of the last confirmed write of this member, and of those it sent since. */
export type RecordsSent = readonly (readonly PodName[])[]

/**
 * What the Lease says of whom commits may have waited for, as far as this member can know: a write whose answer was
 * lost may have come into force all the same, or may come into force yet.
 */
export type Recorded = {
  /** Named whichever record is in force. Nobody, while no write of this member was confirmed. */
  readonly surely: readonly PodName[]
  /** Named by one of them, or by the Lease as it was last seen. */
  readonly perhaps: readonly PodName[]
}

/** One more that was sent; the same twice is one. */
export const withRecord = (sent: RecordsSent, record: readonly PodName[]): RecordsSent =>
  sent.some((each) => sameSet(each, record)) ? sent : [...sent, record]

export const recordedBy = (sent: RecordsSent, seen: readonly PodName[]): Recorded => ({
  surely: (sent[0] ?? []).filter((pod) => sent.every((record) => record.includes(pod))),
  perhaps: union(...sent, seen),
})

export type DurabilityStep =
  | { readonly kind: "none" }
  | { readonly kind: "record"; readonly syncSet: readonly PodName[] }
  | { readonly kind: "setting"; readonly names: readonly PodName[] }

/** Walsenders take a new setting a moment after the session that shows it. */
const settlesWithin = 500

const sameSet = (a: readonly PodName[], b: readonly PodName[]): boolean =>
  a.length === b.length && a.every((pod) => b.includes(pod))
const union = (...sets: readonly (readonly PodName[])[]): readonly PodName[] =>
  [...new Set(sets.flat())].toSorted()

/** The names that `mode` wants now: members that stream and have caught up. */
export function wantedNames(
  mode: Durability,
  others: readonly PodName[],
  standbys: PrimaryState["standbys"],
): readonly PodName[] {
  if (mode === "async") return []
  const caughtUp = others.filter((pod) =>
    standbys.some((row) => row.pod === pod && row.state === "streaming"),
  )
  // In quorum commits wait: with nobody there, for whoever comes first.
  return (caughtUp.length === 0 && mode === "quorum" ? others : caughtUp).toSorted()
}

/** Names that a server gets before it accepts its first client as primary. */
export const firstNames = (mode: Durability, others: readonly PodName[]): readonly PodName[] =>
  mode === "quorum" ? others.toSorted() : []

/** The record that covers what a server is about to get as its first names. */
export const recordedWith = (
  recorded: readonly PodName[],
  names: readonly PodName[],
): readonly PodName[] =>
  names.every((pod) => recorded.includes(pod)) ? recorded : union(recorded, names)

/**
 * Names for a server that goes on in its own term, perhaps while the API is away: of those that it should have, the ones
 * that the record has too. None where there is no such one: the record comes first.
 */
export const namesAgain = (
  mode: Durability,
  others: readonly PodName[],
  { surely }: Recorded,
): readonly PodName[] => firstNames(mode, others).filter((pod) => surely.includes(pod))

export type DurabilityDecision = {
  readonly step: DurabilityStep
  readonly settled: Memory["settled"]
}

export function nextDurabilityStep(
  now: Instant,
  mode: Durability,
  wanted: readonly PodName[],
  { surely, perhaps, isAway }: Recorded & { readonly isAway: boolean },
  server: Pick<PrimaryState, "syncNames" | "standbys" | "writtenLsn" | "askedAt">,
  before: Memory["settled"],
): DurabilityDecision {
  const effective = server.syncNames
  const settled = settle(now, effective, server, before)
  const step = (next: DurabilityStep): DurabilityDecision => ({ step: next, settled })
  // Whatever is effective must be on record, also when somebody else changed the setting.
  const mustBeRecorded = union(wanted, effective)
  if (!mustBeRecorded.every((pod) => surely.includes(pod))) {
    // Nothing can be recorded now: commits do not wait for members that are gone all the same. What is in force was
    // recorded before it was.
    const left = wanted.filter((pod) => surely.includes(pod) || effective.includes(pod))
    const isStuck = isAway && !effective.every((pod) => wanted.includes(pod))
    return isStuck && (mode === "preferred" || left.length > 0)
      ? step({ kind: "setting", names: left })
      : step({ kind: "record", syncSet: union(perhaps, mustBeRecorded) })
  }
  if (!sameSet(effective, wanted)) return step({ kind: "setting", names: wanted })
  if (sameSet(perhaps, wanted)) return step({ kind: "none" })
  return covered(wanted, server.standbys, settled?.lsn)
    ? step({ kind: "record", syncSet: wanted })
    : step({ kind: "none" })
}

function settle(
  now: Instant,
  names: readonly PodName[],
  server: Pick<PrimaryState, "writtenLsn" | "askedAt">,
  before: Memory["settled"],
): Memory["settled"] {
  if (before === undefined || !sameSet(before.names, names))
    return { names, since: now, lsn: undefined }
  if (before.lsn !== undefined || server.askedAt < before.since + settlesWithin) return before
  return { ...before, lsn: server.writtenLsn }
}

/** Whether all that was acknowledged under the former setting is on a member of `names`. */
function covered(
  names: readonly PodName[],
  standbys: PrimaryState["standbys"],
  lsn: Lsn | undefined,
): boolean {
  if (lsn === undefined) return false
  // Nobody is waited for: the record says that the primary alone may have the last commits.
  if (names.length === 0) return true
  return standbys.some((row) => names.includes(row.pod) && row.flushLsn >= lsn)
}
