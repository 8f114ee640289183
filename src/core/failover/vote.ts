/** Elections: who should be the next primary, who may vote, and when a ballot is won. */
import { assert } from "#core/assert.ts"
import { ordinalOf, type PodName, type Term } from "#core/ids.ts"
import { formatLsn } from "#core/lsn.ts"
import { isReleased, lastServing, type Lease } from "#core/failover/lease.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import type { Instant } from "#core/failover/observation.ts"
import { promiseInTheWay, type Promises } from "#core/failover/pledge.ts"

export type ElectionCause = "released" | "expired" | "bootstrap"

/** A vote asked of every other member, and what came of it. */
export type Ballot = {
  readonly term: Term
  readonly leaseVersion: string
  readonly cause: ElectionCause
  readonly startedAt: Instant
  /** Everybody answered or the time for answers is over. */
  readonly complete: boolean
  readonly candidate: MemberStatus
  readonly answers: readonly Answer[]
}

export type Answer =
  | { readonly kind: "granted"; readonly voter: MemberStatus }
  | {
      readonly kind: "refused"
      readonly reason: string
      readonly voter: MemberStatus | undefined
      readonly pod: PodName
    }
  | { readonly kind: "silent"; readonly pod: PodName }

/** Votes that a candidate needs, its own included: a majority; of two members one, because a primary of two needs the pledge of both. */
export const votesNeeded = (cause: ElectionCause, members: number): number =>
  // A released Lease says that nobody serves: the Lease's own compare-and-set is enough to be alone.
  cause === "released" || members <= 2 ? 1 : Math.floor(members / 2) + 1

/**
 * A candidate's own vote is like any other: only members count, for only they are asked for pledges. Who joined, and is
 * not on the Lease yet, needs the votes of members alone; except of a released Lease, where nobody serves.
 */
const ownVote = ({ cause, candidate }: Ballot, members: readonly PodName[]): number =>
  cause === "released" || members.includes(candidate.pod) ? 1 : 0

/**
 * Order of preference (design 2.3): negative when `a` is the better primary. Total, so that every
 * member puts the same one first.
 */
export function compareCandidates(a: MemberStatus, b: MemberStatus): number {
  if (a.eligible !== b.eligible) return a.eligible ? -1 : 1
  const wal = compareWal(a, b)
  if (wal !== 0) return wal
  if (a.synchronous !== b.synchronous) return a.synchronous ? -1 : 1
  if (a.priority !== b.priority) return b.priority - a.priority
  if (a.replayedLsn !== b.replayedLsn) return a.replayedLsn > b.replayedLsn ? -1 : 1
  const byOrdinal = (ordinalOf(a.pod) ?? Infinity) - (ordinalOf(b.pod) ?? Infinity)
  return Number.isNaN(byOrdinal) || byOrdinal === 0
    ? a.pod < b.pod
      ? -1
      : a.pod > b.pod
        ? 1
        : 0
    : byOrdinal
}

/** Negative when `a` has more of the cluster's history: later timeline, then more WAL. */
export function compareWal(
  a: Pick<MemberStatus, "timeline" | "receivedLsn">,
  b: Pick<MemberStatus, "timeline" | "receivedLsn">,
): number {
  if (a.timeline !== b.timeline) return b.timeline - a.timeline
  if (a.receivedLsn !== b.receivedLsn) return a.receivedLsn > b.receivedLsn ? -1 : 1
  return 0
}

export type Voter = {
  readonly now: Instant
  readonly term: Term
  readonly promises: Promises
  readonly lease: Lease | undefined
  /** When this member first saw the Lease's present version. */
  readonly leaseSince: Instant
  readonly expireAfter: number
  readonly leads: boolean
  readonly status: MemberStatus
}

export type VoteRequest = {
  readonly candidate: Pick<MemberStatus, "pod" | "systemIdentifier" | "timeline" | "receivedLsn">
  readonly term: Term
  readonly leaseVersion: string
  readonly cause: ElectionCause
}

/** Why the voter does not even consider the request; asked before its WAL receiver is stopped. */
export function voteRefused(voter: Voter, request: VoteRequest): string | undefined {
  const { lease, now, status } = voter
  const { candidate } = request
  if (
    status.systemIdentifier !== undefined &&
    candidate.systemIdentifier !== undefined &&
    status.systemIdentifier !== candidate.systemIdentifier
  )
    return `the candidate's data is of another cluster (${candidate.systemIdentifier})`
  if (request.term <= voter.term)
    return `term ${request.term} is over: this member has seen ${voter.term}`
  if (voter.leads) return `this member holds the Lease in term ${voter.term}`
  if (lease === undefined) return undefined
  if (
    request.cause === "expired" &&
    !isReleased(lease) &&
    lease.holder !== undefined &&
    lease.holder.pod !== candidate.pod &&
    now - voter.leaseSince < voter.expireAfter / 2
  )
    return `${lease.holder.pod} renewed the Lease ${Math.round(now - voter.leaseSince)} ms ago`
  return promiseInTheWay(now, voter.promises, lease, candidate.pod)
}

/** The last word, with the voter's final position. */
export function walRefused(
  status: MemberStatus,
  candidate: VoteRequest["candidate"],
): string | undefined {
  if (status.data !== "present" || !status.eligible) return undefined
  if (compareWal(status, candidate) >= 0) return undefined
  return `this member has more WAL: ${formatLsn(status.receivedLsn)} on timeline ${status.timeline}`
}

export type Outcome =
  | { readonly kind: "waiting" }
  | { readonly kind: "won"; readonly maybeLost: boolean; readonly why: string }
  | { readonly kind: "lost"; readonly why: string; readonly better: PodName | undefined }
  /** Would lose acknowledged commits in `quorum`: only a person may allow it. */
  | { readonly kind: "unsafe"; readonly why: string }

/** What came of a ballot on `lease`, for a cluster of `members`. */
export function outcome(
  ballot: Ballot,
  lease: Lease,
  members: readonly PodName[],
  quorum: boolean,
): Outcome {
  assert(ballot.leaseVersion === lease.version, "a ballot counts for the Lease it was called on")
  const { candidate, answers } = ballot
  const voters = answers.flatMap((answer) => (answer.kind === "silent" ? [] : (answer.voter ?? [])))
  const better = voters
    .filter(
      (voter) => voter.eligible && voter.data === "present" && compareWal(voter, candidate) < 0,
    )
    .toSorted(compareCandidates)[0]
  if (better !== undefined)
    return { kind: "lost", why: `${better.pod} has more WAL`, better: better.pod }
  // The last primary saw before it let go that its successor had everything: nobody can be ahead.
  if (ballot.cause === "released" && isHeir(lease, candidate))
    return { kind: "won", maybeLost: false, why: "named as the successor, with all that there was" }
  const granted = answers.filter(
    (answer) => answer.kind === "granted" && members.includes(answer.voter.pod),
  ).length
  const votes = granted + ownVote(ballot, members)
  const needed = votesNeeded(ballot.cause, members.length)
  const heard = new Set([candidate.pod, ...voters.map(({ pod }) => pod)])
  // Who refused still receives: only a vote makes a position final (R9).
  const final = answers.flatMap((answer) => (answer.kind === "granted" ? [answer.voter] : []))
  const missing = unseenAcknowledgers(lease, final, candidate)
  const everybody = members.every((pod) => heard.has(pod) || pod === lastServing(lease))
  // Waiting costs little and may bring the vote or the position that is missing.
  if (!ballot.complete && !(everybody && votes >= needed)) return { kind: "waiting" }
  if (votes < needed)
    return {
      kind: "lost",
      why: `${votes} of ${needed} votes${refusals(answers)}`,
      better: undefined,
    }
  if (quorum && missing.length > 0)
    return {
      kind: "unsafe",
      why: `${missing.join(", ")} may hold acknowledged commits and did not answer`,
    }
  return {
    kind: "won",
    maybeLost:
      missing.length > 0 || (lease.syncSet.length === 0 && !hasAll(lease, final, candidate)),
    why: `${votes} of ${members.length} votes, none ahead of ${formatLsn(candidate.receivedLsn)}`,
  }
}

/**
 * Members that may hold an acknowledged commit which nobody who was heard has. With one acknowledgement
 * per commit that is any silent member of the recorded set.
 */
export function unseenAcknowledgers(
  lease: Lease,
  voters: readonly MemberStatus[],
  candidate: Position,
): readonly PodName[] {
  if (hasAll(lease, voters, candidate)) return []
  // Wiped or made anew: whoever is a member may have been waited for.
  const forgotten = lastServing(lease) === undefined && lease.syncSet.length === 0
  const suspects = forgotten ? lease.members : lease.syncSet
  const named = (pod: PodName): boolean =>
    (pod === lastServing(lease) && hasFollowed(lease, candidate)) ||
    voters.some((voter) => voter.pod === pod && isCovered(voter, candidate))
  return suspects.filter((pod) => pod !== candidate.pod && !named(pod))
}

/**
 * Whether the candidate was on the timeline of the last primary: then it has everything that one acknowledged while it was
 * a standby itself, on the timelines before. A primary does not acknowledge its own commits.
 */
const hasFollowed = ({ position }: Lease, candidate: Position): boolean =>
  position !== undefined && candidate.timeline === position.timeline

/**
 * Whether the candidate certainly has all that the last primary had: it is
 * that primary, or has its shutdown checkpoint, or that primary's own final position was heard.
 */
function hasAll(lease: Lease, voters: readonly MemberStatus[], candidate: Position): boolean {
  const last = lastServing(lease)
  // Before the first term there was nothing to have.
  if (last === undefined) return lease.term === 0
  if (last === candidate.pod) return true
  if (hasCheckpoint(lease, candidate)) return true
  return voters.some((voter) => voter.pod === last && isCovered(voter, candidate))
}

/** Whether the last primary stopped in good order and the candidate has its shutdown checkpoint. */
function hasCheckpoint(lease: Lease, candidate: Position): boolean {
  const { released } = lease
  if (!isReleased(lease) || released?.checkpoint === undefined) return false
  return candidate.timeline === released.timeline && candidate.receivedLsn > released.checkpoint
}

const isHeir = (lease: Lease, candidate: Position): boolean =>
  lease.successor === candidate.pod && hasCheckpoint(lease, candidate)

/**
 * Whether the candidate has everything that `voter` has. Only a standby that answers SQL names its final
 * position; and one that may not stand itself (its pod is leaving) may still be ahead.
 */
const isCovered = (voter: MemberStatus, candidate: Position): boolean =>
  voter.data === "present" && voter.server === "standby" && compareWal(candidate, voter) <= 0

type Position = Pick<MemberStatus, "pod" | "timeline" | "receivedLsn">

function refusals(answers: readonly Answer[]): string {
  const texts = answers.map((answer) =>
    answer.kind === "refused"
      ? `${answer.pod}: ${answer.reason}`
      : answer.kind === "silent"
        ? `${answer.pod} is silent`
        : "",
  )
  const said = texts.filter((text) => text !== "")
  return said.length === 0 ? "" : ` (${said.join("; ")})`
}
