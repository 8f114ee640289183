/** What the holder of the Lease does: renew, serve, care for its standbys, and let go when another is better. */
import { seconds } from "#core/units.ts"
import { type Action, type Decision, type Memory, type Mood } from "#core/failover/decision.ts"
import { admission } from "#core/failover/admission.ts"
import { down, mayBeReleased, renewingFirst } from "#core/failover/down.ts"
import { diskGivenUp } from "#core/failover/disk.ts"
import {
  firstNames,
  nextDurabilityStep,
  recordedBy,
  recordedWith,
  wantedNames,
} from "#core/failover/durability.ts"
import type { Holder } from "#core/failover/holder.ts"
import { type Lease, type LeaseContent, nextTimeline } from "#core/failover/lease.ts"
import type { Instant, Observation, PrimaryState } from "#core/failover/observation.ts"
import { deadlineIsFar, type Policy } from "#core/failover/policy.ts"
import { finished, won } from "#core/failover/story.ts"
import { knownIdentifier, othersOf } from "#core/failover/standing.ts"
import { acknowledgersOf } from "#core/failover/candidates.ts"
import { systemIdentifier, type Term, type Timeline, timeline } from "#core/ids.ts"

export type Leading = {
  readonly policy: Policy
  readonly memory: Memory
  readonly seen: Observation
  readonly self: Holder
  /** The term in which this member leads. */
  readonly term: Term
  /** The Lease as last read; undefined while the API is away since this sidecar started. */
  readonly lease: Lease | undefined
  /** Until when it may serve; undefined before the first good renewal. */
  readonly until: Instant | undefined
}

const retryRenewalAfter = 400
/** A server that does not answer for so long, while its supervisor does, hangs. */
const silentMax = seconds(5)

export function lead(given: Leading): Decision {
  const { seen } = given
  const story = won(given.memory.story, seen.now, given.term)
  const at = { ...given, memory: { ...given.memory, story } }
  const server = serverStep(at)
  // A release in the same breath replaces the renewal: one write of the Lease at a time.
  const releases = server.actions.some((action) => action.kind === "write-lease")
  const vouches = seen.server.kind !== "lost" && diskGivenUp(at) === undefined
  const renewal = releases || !vouches ? [] : renew(at, server.content ?? {})
  return {
    memory: server.memory ?? at.memory,
    // The deadline moves first: it never waits for anything else that is to be done.
    actions: [...extend(at), ...renewal, ...server.actions],
    mood: server.mood,
  }
}

export type Step = {
  readonly actions: readonly Action[]
  readonly mood: Mood
  readonly memory?: Memory
  /** What the next renewal should say differently. */
  readonly content?: Partial<LeaseContent>
}

/** Hands the deadline to the supervisor when it moved noticeably; a smaller step waits while there is time. */
function extend({ policy, seen, until }: Leading): readonly Action[] {
  const { server, deadline } = seen
  const armed = "armed" in server && server.armed !== undefined
  if (!armed || until === undefined || until <= seen.now) return []
  if (deadline !== undefined) {
    const step = deadlineIsFar(policy, seen.now, deadline) ? policy.deadlineAfter / 8 : 50
    if (until - deadline < step) return []
  }
  return [{ kind: "extend-deadline", deadline: until }]
}

function renew(at: Leading, change: Partial<LeaseContent>): readonly Action[] {
  const { policy, seen, lease } = at
  if (lease === undefined || seen.lanes.lease.running !== undefined) return []
  const { last, since } = seen.lanes.lease
  const wait = last?.failure === undefined ? policy.renewEvery : retryRenewalAfter
  const content = renewed(at, lease, change)
  // Until the Lease says the own T, the right to serve is as short as the one that it says.
  const otherT = content.durationSeconds !== lease.durationSeconds
  const news = Object.keys(change).length > 0 || lease.holder === undefined || otherT
  const due = seen.now - since >= wait || (news && last?.failure === undefined)
  if (!due) return []
  return [{ kind: "write-lease", purpose: "renew", version: lease.version, content }]
}

function renewed(at: Leading, lease: Lease, change: Partial<LeaseContent>): LeaseContent {
  const { policy, seen, self, term } = at
  // A shorter T takes effect only when the supervisor's deadline is already a short one.
  const slow = seen.deadline !== undefined && seen.deadline - seen.now > policy.deadlineAfter
  const wanted = Math.ceil(policy.expireAfter / 1000)
  const known = knownIdentifier(seen)
  return {
    holder: self,
    term,
    durationSeconds: slow ? Math.max(wanted, lease.durationSeconds) : wanted,
    members: seen.settings.members,
    syncSet: lease.syncSet,
    successor: undefined,
    position: positionOf(seen) ?? lease.position,
    newestTimeline: newest(lease, seen),
    released: undefined,
    systemIdentifier: known === undefined ? ownIdentifier(seen) : systemIdentifier(known),
    ...change,
  }
}

/** A primary whose timeline the Lease does not know yet: it was begun anew, or is of an older version. */
const newest = (lease: Lease, { server }: Observation): LeaseContent["newestTimeline"] =>
  server.kind === "primary" && server.timeline > (lease.newestTimeline ?? 0)
    ? server.timeline
    : lease.newestTimeline

/** What is on disk now; members measure their lag against it when this one is gone. */
const positionOf = ({ server }: Observation): LeaseContent["position"] =>
  server.kind === "primary" ? { timeline: server.timeline, lsn: server.writtenLsn } : undefined

/** Only data that this member initialised or serves in this term may name the cluster. */
const ownIdentifier = (seen: Observation) =>
  seen.servedTerm === seen.term ? seen.systemIdentifier : undefined

function serverStep(at: Leading): Step {
  const { seen, until, policy } = at
  const { server } = seen
  const sure = until !== undefined && until - seen.now > policy.deadlineAfter / 4
  const mood = (phase: Mood["phase"], why: string): Step => ({ actions: [], mood: { phase, why } })
  const disk = diskGivenUp(at)
  if (disk !== undefined && serves.has(server.kind)) return giveUp(at, disk)
  switch (server.kind) {
    case "lost":
      return mood("unknown", "holds the Lease, but the supervisor has no pulse: not renewing")
    case "job":
      return mood(
        server.name === "initdb" ? "initialising" : "stopped",
        `holds the Lease; ${server.name} is running`,
      )
    case "stopping":
      return mood("stopping", "the server is stopping")
    case "starting":
      return mood("starting", "holds the Lease; the server starts or recovers")
    case "silent":
      return silent(at, server.since)
    case "down":
      return sure ? down(at) : mood("stopped", "holds the Lease, not yet sure of it")
    case "standby":
      return sure
        ? promote(at, server.timeline)
        : mood("starting", "holds the Lease, not yet sure of it")
    case "primary":
      return serve(at, server)
  }
}

function silent(at: Leading, since: Instant): Step {
  const { seen } = at
  const why = `the server has not answered for ${Math.round((seen.now - since) / 1000)} s`
  if (seen.now - since < silentMax) return { actions: [], mood: { phase: "unknown", why } }
  return giveUp(at, why)
}

const serves: ReadonlySet<string> = new Set(["primary", "standby", "starting", "silent"])

/** Stops the server, and does not trust this member with the role for a while. */
const giveUp = ({ seen, memory }: Leading, why: string): Step => ({
  actions: [{ kind: "fence", reason: why }],
  memory: { ...memory, hungAt: seen.now },
  mood: { phase: "stopping", why: `${why}; stopping it` },
})

function promote(at: Leading, own: Timeline): Step {
  const { seen, term, until, self, lease } = at
  const mood: Mood = { phase: "starting", why: `being promoted in term ${term}` }
  if (seen.lanes.server.running !== undefined || until === undefined) return { actions: [], mood }
  if (mayBeReleased(at)) return renewingFirst
  const newestTimeline = lease?.newestTimeline
  const syncNames = firstNames(seen.settings.durability, acknowledgersOf(seen, self))
  const recorded = recordedBy(seen.recordsSent, lease?.syncSet ?? [])
  // What is to be opened is on the Lease first, so that no other promotion ever opens it (R13), and so is whom the first
  // commits wait for (R8).
  if (lease !== undefined && (newestTimeline === undefined || newestTimeline <= own))
    return { actions: [], mood, content: { newestTimeline: nextTimeline(lease, own) } }
  if (lease !== undefined && !syncNames.every((pod) => recorded.surely.includes(pod)))
    return { actions: [], mood, content: { syncSet: recordedWith(recorded.perhaps, syncNames) } }
  return {
    actions: [
      {
        kind: "promote",
        term,
        timeline: newestTimeline ?? timeline(own + 1),
        deadline: until,
        syncNames,
      },
    ],
    mood,
  }
}

function serve(at: Leading, server: PrimaryState): Step {
  const { seen, memory, term, self } = at
  const actions: Action[] = []
  if (seen.label !== "primary") actions.push({ kind: "label", role: "primary" })
  actions.push(...upkeep(at, server))
  const others = othersOf(seen, self)
  const { durability } = seen.settings
  const { step, settled } = nextDurabilityStep(
    seen.now,
    durability,
    wantedNames(durability, acknowledgersOf(seen, self), server.standbys),
    {
      ...recordedBy(seen.recordsSent, at.lease?.syncSet ?? []),
      isAway: at.lease === undefined || seen.lanes.lease.last?.failure !== undefined,
    },
    server,
    memory.settled,
  )
  if (step.kind === "setting" && seen.lanes.settings.running === undefined)
    actions.push({ kind: "set-sync-names", names: step.names })
  const content: Partial<LeaseContent> = {
    ...(step.kind === "record" ? { syncSet: step.syncSet } : {}),
    ...(at.lease !== undefined &&
    at.lease.systemIdentifier === undefined &&
    ownIdentifier(seen) !== undefined
      ? { systemIdentifier: ownIdentifier(seen) }
      : {}),
  }
  const gate = admission(at, server)
  const known = { ...memory, settled, gate: gate.memory }
  // A role change is over when clients can write.
  const told = gate.waits
    ? { memory: known, actions: [] }
    : finished(known, seen, { term, self, timeline: server.timeline })
  const degraded = durability === "preferred" && others.length > 0 && server.syncNames.length === 0
  return {
    actions: [...gate.actions, ...actions, ...told.actions],
    content,
    memory: told.memory,
    mood: {
      phase: gate.waits ? "starting" : "primary",
      why:
        gate.refusing !== undefined
          ? `lets no clients in: ${gate.refusing}`
          : degraded
            ? "serves without a synchronous standby: none is caught up"
            : `serves in term ${term}`,
      refusing: gate.refusing,
    },
  }
}

/** What a primary owes its data and its standbys, one thing at a time and never in the way of clients. */
function upkeep(at: Leading, server: PrimaryState): readonly Action[] {
  const { seen, term, self, memory } = at
  const lane = seen.lanes.primary
  if (lane.running !== undefined) return []
  const resting = lane.last?.failure !== undefined && seen.now - lane.last.at < 1000
  if (resting) return []
  const members = othersOf(seen, self)
  const create = members.filter((pod) => !server.slots.includes(pod))
  const drop = server.slots.filter((pod) => !members.includes(pod))
  if (create.length + drop.length > 0) return [{ kind: "slots", create, drop }]
  const isNew = server.checkpointTimeline !== server.timeline
  // The row may wait for a standby that must rewind first, and so for the checkpoint.
  const rowWaits = lane.last?.kind === "record-term" && lane.last.failure !== undefined
  if ((server.termRow === undefined || server.termRow < term) && !(isNew && rowWaits))
    return [{ kind: "record-term", term, cause: memory.story?.cause ?? "start" }]
  // Standbys that must rewind read the new timeline from the last checkpoint.
  return isNew ? [{ kind: "checkpoint" }] : []
}
