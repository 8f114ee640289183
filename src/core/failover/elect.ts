/** What a member does while nobody holds the Lease: wait, campaign, take it, or begin a new cluster. */
import type { PodName } from "#core/ids.ts"
import {
  type Action,
  type Decision,
  type Memory,
  type Mood,
  once,
} from "#core/failover/decision.ts"
import { acknowledgersOf, bytesBehind, consentFor } from "#core/failover/candidates.ts"
import { firstNames } from "#core/failover/durability.ts"
import { lossQuestion, pending, refusedKey, servedFurther } from "#core/failover/person.ts"
import type { Holder } from "#core/failover/holder.ts"
import { lastServing, type Lease, nextTerm, taken } from "#core/failover/lease.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import type { Instant, Observation } from "#core/failover/observation.ts"
import { promiseInTheWay } from "#core/failover/pledge.ts"
import type { Policy } from "#core/failover/policy.ts"
import { freshStatus, highestTerm, knownIdentifier, othersOf } from "#core/failover/standing.ts"
import { electionStory } from "#core/failover/story.ts"
import {
  type Ballot,
  compareCandidates,
  type ElectionCause,
  outcome,
  unseenAcknowledgers,
} from "#core/failover/vote.ts"

export type Electing = {
  readonly policy: Policy
  readonly memory: Memory
  readonly seen: Observation
  readonly self: Holder
  readonly lease: Lease
  readonly cause: ElectionCause
  /** This member as its peers see it. */
  readonly me: MemberStatus
}

/** How old the last confirmation of the Lease may be when somebody acts on it. */
const confirmedWithin = 800

type Turn = {
  readonly actions: readonly Action[]
  readonly why: string
  readonly memory?: Memory | undefined
  /** Where the usual word for it would hide something. */
  readonly phase?: Mood["phase"]
  readonly question?: Mood["question"]
}

export function elect(at: Electing): Decision {
  const { seen, memory, me } = at
  const electingSince = memory.electingSince ?? seen.now
  const {
    actions,
    why,
    memory: next,
    phase,
    question,
  } = turn({ ...at, memory: { ...memory, electingSince } })
  const mood: Mood = {
    phase:
      phase !== undefined
        ? phase
        : me.data === "empty"
          ? "held"
          : seen.server.kind === "standby"
            ? "catching-up"
            : "starting",
    why,
    question: question ?? lossQuestion({ ...at, memory: next ?? memory }),
  }
  return { memory: next ?? { ...memory, electingSince }, actions, mood }
}

function turn(at: Electing): Turn {
  const { seen, lease, me, cause, memory } = at
  const wait = (why: string): Turn => ({ actions: [], why })
  const isNew = knownIdentifier(seen) === undefined
  if (me.data === "empty" && !isNew) return wait("has no data: waiting for a primary to clone from")
  if (me.data === "empty" && !mayInitialise(at)) return wait(whyNotInitialise(at))
  if (me.data !== "empty" && !me.eligible) return wait(me.reason)
  const fresh = seen.lease.kind === "read" && seen.now - seen.lease.confirmedAt <= confirmedWithin
  const asks = pending(at)
  if (!fresh) return asking(asks)
  if (asks !== undefined) return asks
  const promised = promiseInTheWay(seen.now, seen.promises, lease, at.self.pod)
  if (promised !== undefined) return wait(promised)
  const ballot = seen.ballot
  const open = ballot !== undefined && ballot.leaseVersion === lease.version
  if (open && ballot.startedAt !== memory.judged) return evaluate(at, ballot)
  if (seen.now < memory.campaignNotBefore)
    return wait("the last campaign failed; trying again soon")
  const patience = whyNotYet(at)
  if (patience !== undefined) return wait(patience)
  if (seen.lanes.ballot.running !== undefined || seen.lanes.lease.running !== undefined)
    return wait("a campaign is under way")
  const term = nextTerm(lease.term, highestTerm(seen), seen.promises.vote?.term ?? lease.term)
  return {
    actions: [{ kind: "campaign", term, leaseVersion: lease.version, cause }],
    why: `campaigning for term ${term}: ${reasonOf(at)}`,
  }
}

/** What it waited for at the last look holds until the next one: it is not said anew with each. */
const asking = (asks: Turn | undefined): Turn => ({
  why: "asking the API whether the Lease is still free",
  ...asks,
  actions: [{ kind: "read-lease" }],
  memory: undefined,
})

const reasonOf = ({ cause, lease }: Electing): string => {
  const last = lastServing(lease)
  switch (cause) {
    case "released":
      return `${last ?? "the last holder"} let go of the Lease`
    case "expired":
      return `${last ?? "the last holder"} went silent`
    case "bootstrap":
      return "the cluster is new"
  }
}

/** Why another should go first, or why to wait for members that are not there yet. */
function whyNotYet(at: Electing): string | undefined {
  const { seen, lease, policy, self, memory, me, cause } = at
  const leaseSince = leaseSinceOf(at)
  const urged = seen.urgedOn === lease.version
  const named = cause === "released" ? lease.successor : undefined
  if (named === self.pod || urged) return undefined
  if (named !== undefined && seen.now - leaseSince < policy.successorWithin)
    return `the Lease is left to ${named}`
  const others = othersOf(seen, self).map((pod) => freshStatus(seen, pod))
  const cold = memory.leaderSeenAt === undefined && cause !== "bootstrap"
  const silent = othersOf(seen, self).filter((pod) => !speaks(freshStatus(seen, pod)))
  if (cold && silent.length > 0 && seen.now - memory.startedAt < policy.bootWithin) {
    const heard = others.filter((status) => status !== undefined)
    const settled =
      (lease.syncSet.length > 0 || lastServing(lease) === self.pod) &&
      unseenAcknowledgers(lease, heard, me).length === 0
    if (!settled) return `everything was down: waiting for ${silent.join(", ")}`
  }
  const better = others.filter(
    (status) => status !== undefined && status.eligible && compareCandidates(status, me) < 0,
  ).length
  const left = electsSince(at) + better * policy.rankDelay - seen.now
  return left > 0 ? `${better} better candidate(s) go first` : undefined
}

/** When this member first saw the Lease as it is. */
const leaseSinceOf = ({ seen }: Electing): Instant =>
  seen.lease.kind === "read" ? seen.lease.since : seen.now

/** Since when this member could stand for the Lease as it is. */
const electsSince = (at: Electing): Instant =>
  Math.max(at.memory.electingSince ?? at.seen.now, leaseSinceOf(at))

/** Whether a member has said all that an election needs of it: empty, or its WAL position is known. */
const speaks = (status: MemberStatus | undefined): boolean =>
  status !== undefined &&
  (status.data !== "present" || status.server === "standby" || !status.eligible)

function evaluate(at: Electing, ballot: Ballot): Turn {
  const { seen, lease, memory, policy } = at
  const quorum = seen.settings.durability === "quorum"
  const result = outcome(ballot, lease, votersOf(at), quorum)
  switch (result.kind) {
    case "waiting":
      // Whoever collects the votes may have died over it; the ballot does not outlive that.
      return seen.now - ballot.startedAt > 3 * policy.voteWithin + 1000
        ? again(at, ballot, `no end to the campaign for term ${ballot.term}`, policy.rankDelay)
        : { actions: [], why: `campaigning for term ${ballot.term}` }
    case "won":
      return won(at, ballot, result)
    case "lost": {
      const after = result.better === undefined ? policy.rankDelay : policy.rankDelay * 2
      return again(at, ballot, `lost the campaign for term ${ballot.term}: ${result.why}`, after)
    }
    case "unsafe": {
      if (consentFor(seen, lease)?.acceptLoss === true)
        return forced(at, ballot, `${result.why}; a person accepted the loss`)
      // Who is busy answers the second time: what the next ballot may end is nobody's to decide.
      if (seen.now - electsSince(at) < policy.successorWithin)
        return again(at, ballot, `asks once more: ${result.why}`, policy.rankDelay)
      const told = once(memory, refusedKey(lease), {
        kind: "failover.refused",
        severity: "critical",
        message: `no member may become primary without losing acknowledged commits: ${result.why}`,
        details: { term: String(ballot.term), durability: "quorum" },
      })
      const why = `refuses to become primary: ${result.why}`
      const next = again({ ...at, memory: told.memory }, ballot, why, 2000)
      return { ...next, actions: told.actions }
    }
  }
}

/** A lag that is above the limit got here by the policy or by consent: either way it is told with the result. */
function won(
  at: Electing,
  ballot: Ballot,
  result: { readonly maybeLost: boolean; readonly why: string },
): Turn {
  const { seen, lease } = at
  const behind = bytesBehind(seen, lease, ballot.candidate)
  const { maxBytes } = seen.settings.lag
  if (maxBytes !== undefined && behind > BigInt(maxBytes))
    return forced(at, ballot, `${result.why}; ${behind} bytes behind, more than ${maxBytes}`)
  if (servedFurther(at))
    return forced(at, ballot, `${result.why}; it served ${behind} bytes more than it has now`)
  const missing = behind > 0n && result.maybeLost ? `; at least ${behind} bytes are missing` : ""
  return take(at, ballot, { ...result, why: result.why + missing })
}

/** Becomes primary although commits may be lost, and says so. */
function forced(at: Electing, ballot: Ballot, why: string): Turn {
  const { lease, seen, self, memory } = at
  const consented = consentFor(seen, lease)?.acceptLoss === true
  const told = once(memory, `forced ${lease.version}`, {
    kind: "failover.forced",
    severity: "critical",
    message: `${self.pod} becomes primary in term ${ballot.term} although commits may be lost: ${why}`,
    details: {
      term: String(ballot.term),
      consent: consented ? "given" : "not needed: the profile says take-best",
      missingBytes: String(bytesBehind(seen, lease, ballot.candidate)),
    },
  })
  const turn = take({ ...at, memory: told.memory }, ballot, { maybeLost: true, why })
  return { ...turn, actions: [...turn.actions, ...told.actions] }
}

/** This ballot is over; another may be called after a pause. */
function again({ memory, seen }: Electing, ballot: Ballot, why: string, after: number): Turn {
  return {
    actions: [],
    why,
    memory: { ...memory, campaignNotBefore: seen.now + after, judged: ballot.startedAt },
  }
}

/** The member set that counts: the Lease's, or the expected one where the Lease was never held. */
const votersOf = ({ lease, seen }: Electing): readonly PodName[] =>
  lease.members.length > 0 ? lease.members : seen.settings.members

function take(
  at: Electing,
  ballot: Ballot,
  won: { readonly maybeLost: boolean; readonly why: string },
): Turn {
  const { seen, lease, self, policy, memory } = at
  if (seen.lanes.lease.running !== undefined) return { actions: [], why: "taking the Lease" }
  return {
    actions: [
      {
        kind: "write-lease",
        purpose: "take",
        version: lease.version,
        content: taken(lease, self, {
          term: ballot.term,
          own: ballot.candidate.timeline,
          durationSeconds: Math.ceil(policy.expireAfter / 1000),
          syncNames: firstNames(seen.settings.durability, acknowledgersOf(seen, self)),
        }),
      },
    ],
    why: `won term ${ballot.term}: ${won.why}`,
    memory: { ...memory, story: electionStory(at, ballot, won) },
  }
}

/** S4: a cluster is begun only where nobody knows of one and everybody (or, after a wait, a majority) says so. */
function mayInitialise(at: Electing): boolean {
  return whyNotInitialise(at) === ""
}

function whyNotInitialise(at: Electing): string {
  const { seen, self, lease, memory, policy } = at
  if (lease.term !== 0 && lease.members.length === 0)
    return "the Lease has a past but no record of the cluster: waiting for a person"
  const others = othersOf(seen, self)
  const heard = others.flatMap((pod) => freshStatus(seen, pod) ?? [])
  const rich = heard.find((status) => status.data !== "empty")
  if (rich !== undefined) return `${rich.pod} has data: waiting for it to lead`
  const all = heard.length === others.length
  const majority = heard.length + 1 > seen.settings.members.length / 2
  const waited = seen.now - memory.startedAt >= policy.bootWithin
  if (!all && !(majority && waited))
    return `new cluster: waiting for ${others.filter((pod) => freshStatus(seen, pod) === undefined).join(", ")}`
  const first = [self.pod, ...heard.map(({ pod }) => pod)].toSorted(byOrdinal)[0]
  return first === self.pod ? "" : `new cluster: ${first} begins it`
}

const byOrdinal = (a: PodName, b: PodName): number =>
  a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length
