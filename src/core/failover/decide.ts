/**
 * The failover policy of one member, as one pure function: from what its sidecar knows to what it should
 * do next (PROTOCOL.md has the same as a table). It never does anything itself.
 */
import type { PodName, Term } from "#core/ids.ts"
import { seconds } from "#core/units.ts"
import { type Action, type Decision, type Memory, once } from "#core/failover/decision.ts"
import { describe } from "#core/failover/describe.ts"
import { withDisk } from "#core/failover/disk.ts"
import { elect, type Electing } from "#core/failover/elect.ts"
import { follow } from "#core/failover/follow.ts"
import { handOverStep, lost, overtaken, takeBack } from "#core/failover/hand-over.ts"
import type { Holder } from "#core/failover/holder.ts"
import { isReleased, type Lease } from "#core/failover/lease.ts"
import { lead, type Leading } from "#core/failover/lead.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Policy } from "#core/failover/policy.ts"
import { noted } from "#core/failover/story.ts"
import {
  freshStatus,
  highestTerm,
  knownIdentifier,
  leaderOf,
  leadingTerm,
  mayServe,
  servesUntil,
  vacancy,
} from "#core/failover/standing.ts"

export function decide(policy: Policy, before: Memory, seen: Observation): Decision {
  const { self } = seen
  if (self === undefined)
    return {
      memory: before,
      actions: shutUnwatched(policy, seen),
      mood: { phase: "unknown", why: "waiting for the supervisor" },
    }
  const memory = remembered(before, seen, self)
  const decision =
    unsafe(policy, memory, seen, self) ??
    unrecorded(memory, seen) ??
    foreign(memory, seen) ??
    placed(policy, memory, seen, self)
  return withDisk(labelled(decision, seen), seen)
}

/**
 * S1: the dead-man switch of a primary hangs with its supervisor, and Kubernetes may take a minute to end both. By the
 * deadline the sidecar shuts the clients out itself, as far as that takes no more than a server that answers.
 */
function shutUnwatched(policy: Policy, { now, server, lanes }: Observation): readonly Action[] {
  if (server.kind !== "lost" || server.unwatched === undefined) return []
  const { deadline, shut } = server.unwatched
  if (shut || now < deadline - policy.fenceWithin || lanes.clients.running !== undefined) return []
  return [
    { kind: "admit", clients: false, why: "its supervisor hangs, and its time to serve is over" },
  ]
}

/** What must be noticed whatever is decided: signs of life of a leader, a new version of the Lease. */
function remembered(before: Memory, seen: Observation, self: Holder): Memory {
  const { lease } = seen
  const memory: Memory = { ...before, signs: noted(before.signs, seen, voteStands(seen)) }
  if (lease.kind !== "read") return memory
  const { version, holder } = lease.lease
  const renewed = memory.leaseVersion !== undefined && memory.leaseVersion !== version
  const alive = renewed && holder !== undefined && holder.pod !== self.pod
  const asked = seen.pledgeAskedAt ?? -Infinity
  const heard = Math.max(alive ? seen.now : -Infinity, asked, memory.leaderSeenAt ?? -Infinity)
  return {
    ...memory,
    leaseVersion: version,
    leaderSeenAt: heard === -Infinity ? undefined : heard,
    electingSince: renewed && !isReleased(lease.lease) ? undefined : memory.electingSince,
  }
}

/** S1 and S3: whoever can not prove its right to serve does not, whatever else there is to do. */
function unsafe(
  policy: Policy,
  memory: Memory,
  seen: Observation,
  self: Holder,
): Decision | undefined {
  if (!mayServe(seen)) return undefined
  const why = whyFence(policy, seen, self)
  if (why === undefined) return undefined
  // The fence takes some turns, and its reason may change meanwhile; it is told once in a term.
  const told =
    seen.server.kind === "primary"
      ? once(memory, `fenced ${seen.server.armed ?? "unarmed"} ${seen.term}`, {
          kind: "failover.fenced",
          severity: "error",
          message: `${self.pod} was stopped at once: ${why}`,
          details: { reason: why, term: String(seen.server.armed ?? seen.term) },
        })
      : { memory, actions: [] }
  return {
    memory: {
      ...told.memory,
      // What was not told yet of this term stays: the fence does not undo what the election lost.
      signs: { ...told.memory.signs, fencedFor: why },
    },
    actions: [{ kind: "fence", reason: why }, ...told.actions],
    mood: { phase: "stopping", why },
  }
}

function whyFence(policy: Policy, seen: Observation, self: Holder): string | undefined {
  const { server, lease } = seen
  const armed = "armed" in server ? server.armed : undefined
  if (armed === undefined) return "the server accepts writes without a term"
  const highest = highestTerm(seen)
  if (highest > armed) return `term ${highest} was opened, this server serves term ${armed}`
  const term = leadingTerm(seen, self)
  if (term === undefined)
    return lease.kind === "read" && lease.lease.holder !== undefined
      ? `${lease.lease.holder.pod} holds the Lease`
      : "this member does not hold the Lease"
  if (armed !== term) return `the server serves term ${armed}, the Lease says ${term}`
  const until = servesUntil(policy, seen, self, term)
  return until !== undefined && seen.now >= until
    ? "neither the Lease was renewed nor enough members pledged in time"
    : undefined
}

/** A term that was seen is on disk before anything else is done (R1). */
function unrecorded(memory: Memory, seen: Observation): Decision | undefined {
  const term = highestTerm(seen)
  if (term <= seen.term) return undefined
  const actions: readonly Action[] =
    seen.lanes.terms.running === undefined ? [{ kind: "persist-term", term }] : []
  return { memory, actions, mood: { phase: "unknown", why: `recording term ${term}` } }
}

/** S4: data of another cluster is never served, followed from, or touched. */
function foreign(memory: Memory, seen: Observation): Decision | undefined {
  const { lease, settings, systemIdentifier } = seen
  // Data that nobody recorded is replaced, not served: see follow.ts.
  if (seen.data.kind === "present" && seen.data.unconfirmed) return undefined
  const known = knownIdentifier(seen)
  const quarantine = (why: string): Decision => ({
    memory,
    actions: seen.server.kind === "standby" ? [{ kind: "stop", within: stopWithin }] : [],
    mood: { phase: "quarantined", why },
  })
  const onLease = lease.kind === "read" ? lease.lease.systemIdentifier : undefined
  if (
    onLease !== undefined &&
    settings.systemIdentifier !== undefined &&
    onLease !== settings.systemIdentifier
  )
    return quarantine(
      `the Lease records system identifier ${onLease}, the cluster's own record ${settings.systemIdentifier}`,
    )
  if (known !== undefined && systemIdentifier !== undefined && known !== systemIdentifier)
    return quarantine(
      `the data directory is of another cluster: system identifier ${systemIdentifier}, not ${known}`,
    )
  return undefined
}

const stopWithin = seconds(10)

function placed(policy: Policy, memory: Memory, seen: Observation, self: Holder): Decision {
  const { lease } = seen
  const term = leadingTerm(seen, self)
  if (term !== undefined)
    return leading({
      policy,
      memory,
      seen,
      self,
      term,
      lease: lease.kind === "read" ? lease.lease : undefined,
      until: servesUntil(policy, seen, self, term),
    })
  if (seen.handOver?.leaving === true) return leave(memory, seen)
  const leader = voteStands(seen) ? undefined : leaderOf(seen, self)
  if (lease.kind !== "read")
    return follow({
      memory,
      seen,
      self,
      leader,
      why:
        lease.kind === "absent"
          ? "the Lease does not exist"
          : "the Kubernetes API was not reached yet",
    })
  const sighted = seen.now - lease.confirmedAt <= sightedWithin
  if (sighted && isBehind(lease.lease, seen.term, self))
    return follow({ memory, seen, self, leader: undefined, why: behind(lease.lease, seen.term) })
  const free = vacancy(policy, seen.now, lease.lease, lease.since, self)
  if (free.kind === "held")
    return follow({
      memory: { ...overtaken(memory, lease.lease), story: undefined },
      seen,
      self,
      leader,
      why: `waiting for the address of ${free.by.pod}`,
    })
  return vacant(
    {
      policy,
      memory,
      seen,
      self,
      lease: lease.lease,
      cause: free.cause,
      me: describe(seen, self, ""),
    },
    leader,
  )
}

/** The pod of a member that does not lead is being stopped. */
function leave(memory: Memory, seen: Observation): Decision {
  const stops = seen.server.kind === "standby" && seen.lanes.server.running === undefined
  return {
    memory,
    actions: stops ? [{ kind: "stop", within: stopWithin }] : [],
    mood: { phase: "stopping", why: "the pod is being stopped" },
  }
}

/** Whoever voted takes no more WAL from the one that is to be replaced: the position it named is final. */
const voteStands = ({ promises, lease }: Observation): boolean =>
  promises.vote !== undefined &&
  lease.kind === "read" &&
  promises.vote.leaseVersion === lease.lease.version &&
  promises.vote.term > lease.lease.term

/** A Lease that was seen longer ago may simply have been left behind by the terms that peers told of. */
const sightedWithin = 1000

/** A holder in a term below the highest that was seen: a Lease from a backup, or edited by hand. */
const isBehind = (lease: Lease, term: Term, self: Holder): boolean =>
  lease.holder !== undefined && lease.holder.pod !== self.pod && lease.term < term
const behind = (lease: Lease, term: Term): string =>
  `${lease.holder?.pod ?? "somebody"} holds the Lease in term ${lease.term}, but term ${term} was seen here: a person must decide which is right`

function leading(at: Leading): Decision {
  const step = handOverStep(at)
  if (step === undefined) return lead(at)
  const decision = lead({ ...at, memory: step.memory ?? at.memory })
  // The Lease and the deadline are kept while the server is being handed over; nothing else is.
  const kept = decision.actions.filter(
    ({ kind }) =>
      kind === "extend-deadline" || (kind === "write-lease" && !writesLease(step.actions)),
  )
  return {
    memory: step.memory ?? at.memory,
    actions: [...kept, ...step.actions],
    mood: step.mood,
  }
}

const writesLease = (actions: readonly Action[]): boolean =>
  actions.some(({ kind }) => kind === "write-lease")

function vacant(
  given: Electing,
  leader: { readonly pod: PodName; readonly address: string } | undefined,
): Decision {
  const back = takeBack(given)
  if (back !== undefined) return back
  const at = {
    ...given,
    memory: lost(given.memory, "this member does not hold the Lease any more"),
  }
  const { seen, memory, lease, self } = at
  // The Lease names whom it was left by, too: waiting for one that is gone would have no end (L1).
  const serves = leader !== undefined && freshStatus(seen, leader.pod)?.server === "primary"
  const serving = serves && leader.pod !== self.pod ? leader : undefined
  const standing = seen.server.kind === "standby"
  const blank = seen.server.kind === "down" && at.me.data === "empty" && serving === undefined
  if (standing || blank) return elect(at)
  return follow({ memory, seen, self, leader: serving, why: `nobody leads (term ${lease.term})` })
}

/** Whoever does not lead is labelled a replica, so that no client is sent to it for writes. */
function labelled(decision: Decision, seen: Observation): Decision {
  const { label } = seen.lanes
  const leads = seen.self !== undefined && leadingTerm(seen, seen.self) !== undefined
  const rested = label.last?.failure === undefined || seen.now - label.last.at >= 1000
  if (leads || seen.label === "replica" || label.running !== undefined || !rested) return decision
  return { ...decision, actions: [...decision.actions, { kind: "label", role: "replica" }] }
}
