/**
 * What the holder of the Lease does while its server is gone: begin, start again in the same term, or let
 * the Lease go to a member that can do better. Nothing here runs beside a server.
 */
import type { PodName } from "#core/ids.ts"
import { formatLsn } from "#core/lsn.ts"
import { seconds } from "#core/units.ts"
import { whyRefusedAtStart } from "#core/failover/admission.ts"
import { acknowledgersOf, priorityOf } from "#core/failover/candidates.ts"
import { whyResting } from "#core/failover/config-trial.ts"
import { type Mood, once } from "#core/failover/decision.ts"
import { anotherIsFit, diskAway, diskGivenUp, diskReason, hasRoom } from "#core/failover/disk.ts"
import { firstNames, namesAgain, recordedBy, recordedWith } from "#core/failover/durability.ts"
import { caughtUpBytes } from "#core/failover/fit.ts"
import type { Leading, Step } from "#core/failover/lead.ts"
import type { LeaseContent, ReleaseCause } from "#core/failover/lease.ts"
import { knownIdentifier } from "#core/failover/standing.ts"
import { restartStory } from "#core/failover/story.ts"

/** A server that hung is not trusted with the role while a standby can take it. */
const hungRemembered = seconds(60)
const restartsMax = 3
const restartsWithin = seconds(300)

/** Where the server is gone while this member holds the Lease. */
export function down(at: Leading): Step {
  const { seen, memory, term } = at
  const { data, lanes } = seen
  const exit = seen.server.kind === "down" ? seen.server.exit : undefined
  if (lanes.server.running !== undefined)
    return { actions: [], mood: { phase: "starting", why: `${lanes.server.running} is under way` } }
  const away = diskAway(seen)
  if (away !== undefined)
    return diskGivenUp(at) === undefined
      ? { actions: [], mood: { phase: "held", why: `waits for its disk: ${diskReason(away)}` } }
      : letGo(at, "crash", caughtUp(at), diskReason(away))
  switch (data.kind) {
    case "unknown":
      return { actions: [], mood: { phase: "held", why: "looking at the data directory" } }
    case "damaged":
      return letGo(at, "crash", undefined, `cannot serve: ${data.reason}`)
    case "empty":
      return initialise(at)
    case "present":
      if (data.unconfirmed) return confirmNew(at)
      break
  }
  const hung = memory.hungAt !== undefined && seen.now - memory.hungAt < hungRemembered
  const crashed = (exit?.cause === "crashed" || hung) && exit?.term === term
  const recent = memory.restarts.filter((then) => seen.now - then < restartsWithin)
  const successor = crashed ? caughtUp(at) : undefined
  const alone = whyAlone(at, successor)
  if (crashed && alone !== undefined) {
    if (recent.length >= restartsMax) return restLater(recent.length, alone)
  } else if (crashed && (successor !== undefined || recent.length >= restartsMax))
    return letGo(at, "crash", successor, "the server crashed and a standby is caught up")
  const resting = whyResting(seen)
  if (resting !== undefined) return rest(at, resting)
  if (!data.wasPrimary || seen.servedTerm !== term)
    return {
      actions: [{ kind: "start-standby", follow: undefined }],
      mood: { phase: "starting", why: "holds the Lease; starting in order to be promoted" },
    }
  if (mayBeReleased(at)) return renewingFirst
  return goOn(at, { crashed, hung, recent })
}

type Fall = {
  readonly crashed: boolean
  readonly hung: boolean
  /** Restarts after a crash that are remembered. */
  readonly recent: readonly number[]
}

/** As primary, in the term that it served in. */
function goOn(at: Leading, { crashed, hung, recent }: Fall): Step {
  const { seen, memory, term, policy } = at
  const { durability } = seen.settings
  const others = acknowledgersOf(seen, at.self)
  const recorded = recordedBy(seen.recordsSent, at.lease?.syncSet ?? [])
  const syncNames = namesAgain(durability, others, recorded)
  const wanted = firstNames(durability, others)
  if (wanted.length > 0 && syncNames.length === 0)
    return {
      actions: [],
      mood: { phase: "held", why: "the Lease must say first whom commits wait for" },
      content: { syncSet: recordedWith(recorded.perhaps, wanted) },
    }
  // S3: the term is ours and unbroken, so nothing was promoted since: it goes on where it was.
  return {
    actions: [
      {
        kind: "start-primary",
        term,
        deadline: at.until ?? seen.now + policy.deadlineAfter,
        syncNames,
        refusing: whyRefusedAtStart(seen, term),
      },
    ],
    memory: {
      ...memory,
      gate: undefined,
      story: restartStory(memory, seen, at.self, { term, hung }),
      restarts: crashed ? [...recent, seen.now].slice(-restartsMax) : memory.restarts,
    },
    mood: {
      phase: "starting",
      why: crashed ? "restarting after a crash: nobody is caught up" : "starting",
    },
  }
}

function initialise(at: Leading): Step {
  const { seen } = at
  if (knownIdentifier(seen) !== undefined)
    // S4: the data is lost, the cluster is not; whoever has it shall lead.
    return letGo(at, "crash", undefined, "the data directory is empty and the cluster is not new")
  return {
    actions: [{ kind: "initdb", term: at.term }],
    mood: { phase: "initialising", why: `first member of a new cluster${whyAgain(at)}` },
  }
}

/** The server that finishes an initialisation runs with the cluster's config, and may refuse it. */
function whyAgain({ seen }: Leading): string {
  const { last } = seen.lanes.server
  if (last?.kind !== "initdb" || last.failure === undefined) return ""
  const said = /FATAL: +([^\n]*)/.exec(last.failure)?.[1] ?? last.failure
  return `; initdb failed: ${said.slice(-300)}`
}

/** New data serves nobody before the Lease names it, so that no member can ever initialise another (S4). */
function confirmNew(at: Leading): Step {
  const { seen, lease } = at
  if (seen.servedTerm !== at.term) return initialise(at)
  const mood: Mood = {
    phase: "initialising",
    why: "recording the system identifier of the new cluster",
  }
  if (lease?.systemIdentifier !== seen.systemIdentifier || seen.systemIdentifier === undefined)
    return { actions: [], mood, content: { systemIdentifier: seen.systemIdentifier } }
  return { actions: seen.lanes.terms.running === undefined ? [{ kind: "confirm-data" }] : [], mood }
}

/** Why nobody else is given the role after a crash. */
function whyAlone({ seen, self }: Leading, successor: PodName | undefined): string | undefined {
  if (seen.settings.paused) return "paused, so nobody takes over: resume the cluster, or hand over"
  if (seen.disk.kind === "full" && successor === undefined && !anotherIsFit(seen, self))
    return `${diskReason(seen.disk)}, and no other member is fit: make room`
  return undefined
}

/** Its server is not started for a while: whoever is fit shall lead meanwhile. */
const rest = (at: Leading, why: string): Step =>
  anotherIsFit(at.seen, at.self)
    ? letGo(at, "crash", undefined, why)
    : { actions: [], mood: { phase: "held", why } }

/** The next try comes as the former ones are forgotten. */
const restLater = (crashes: number, why: string): Step => ({
  actions: [],
  mood: {
    phase: "held",
    why: `the server crashed ${crashes} times in ${restartsWithin / 60_000} minutes; ${why}`,
  },
})

/** The standby that could take over at once after a crash; the synchronous one before others. */
function caughtUp(at: Leading): PodName | undefined {
  const { seen } = at
  const last = seen.lastPrimary
  if (last === undefined) return undefined
  const fit = last.standbys.filter((row) => {
    const peer = seen.peers.get(row.pod)
    // What the standby said before it was seen streaming is overtaken by that.
    const said = peer?.status !== undefined && (peer.askedAt ?? 0) >= last.askedAt
    return (
      row.state === "streaming" &&
      last.writtenLsn - row.flushLsn <= caughtUpBytes &&
      // A standby whose server starts and streams already is fit in a moment: its server was not asked yet.
      (!said || peer.status.eligible || peer.status.server === "starting") &&
      hasRoom(seen, row.pod) &&
      seen.settings.members.includes(row.pod)
    )
  })
  const order = fit.toSorted((a, b) =>
    a.flushLsn !== b.flushLsn
      ? a.flushLsn > b.flushLsn
        ? -1
        : 1
      : Number(b.synchronous) - Number(a.synchronous) ||
        priorityOf(seen.settings, b.pod) - priorityOf(seen.settings, a.pod),
  )
  return order[0]?.pod
}

/** Since the clients were shut out, or the server was gone. */
function awayFor({ seen, memory }: Leading, cause: ReleaseCause): number | undefined {
  const exit = seen.server.kind === "down" ? seen.server.exit : undefined
  const shutAt = cause === "hand-over" ? memory.handOver?.shutAt : undefined
  const since = shutAt ?? exit?.at
  return since === undefined ? undefined : Math.max(0, Math.round(seen.now - since))
}

/** Gives the Lease away. Only ever while no server runs. */
export function letGo(
  at: Leading,
  cause: ReleaseCause,
  successor: PodName | undefined,
  why: string,
): Step {
  const { lease, seen, self, term } = at
  const mood: Mood = { phase: "stopped", why }
  if (lease === undefined || seen.lanes.lease.running !== undefined || seen.server.kind !== "down")
    return { actions: [], mood }
  const clean = seen.data.kind === "present" && seen.data.clean && seen.data.wasPrimary
  const content: LeaseContent = {
    ...lease,
    holder: undefined,
    successor,
    durationSeconds: 1,
    released: {
      by: self,
      term,
      cause,
      checkpoint: clean ? seen.data.lsn : undefined,
      timeline: clean ? seen.data.timeline : undefined,
      awayFor: awayFor(at, cause),
    },
  }
  const told = once(at.memory, `released ${lease.version}`, {
    kind: "failover.released",
    severity: "warning",
    message: `${self.pod} let go of the Lease: ${why}`,
    details: {
      cause,
      successor: successor ?? "",
      term: String(term),
      lsn: content.released?.checkpoint === undefined ? "" : formatLsn(content.released.checkpoint),
    },
  })
  return {
    actions: [
      { kind: "write-lease", purpose: "release", version: lease.version, content },
      ...told.actions,
    ],
    memory: { ...told.memory, releasing: lease.version },
    mood,
  }
}

/**
 * A release whose answer never came may still come about, and then a successor waits for nobody (S1). Once
 * the Lease was written again it can not any more. A sidecar that has not written it yet does not know what
 * the one before it tried.
 */
export const mayBeReleased = ({ memory, lease, seen }: Leading): boolean =>
  seen.renewedAt === undefined ||
  (memory.releasing !== undefined && (lease === undefined || lease.version === memory.releasing))

export const renewingFirst: Step = {
  actions: [],
  mood: { phase: "held", why: "a release may still be on its way: renewing the Lease first" },
}
