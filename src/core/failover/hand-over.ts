/**
 * Giving the role away without losing a commit and without a rewind (design 2.6): check the candidate,
 * checkpoint, let no client in, stop cleanly, confirm that the candidate has the shutdown checkpoint,
 * release naming it. The point of no return is the release; before it the server simply goes on or starts
 * again, and after it the same term is taken back when nobody took the Lease.
 *
 * What is kept in `memory.handOver` says how it stands and, at last, how it ended; the shell reads it there.
 */
import type { HandOverOutcome, HandOverStep } from "#core/cluster/sidecar.ts"
import type { PodName } from "#core/ids.ts"
import { seconds } from "#core/units.ts"
import type { Action, Decision, HandOver, Memory, Mood } from "#core/failover/decision.ts"
import type { Electing } from "#core/failover/elect.ts"
import { bestToTakeOver, whyUnfit } from "#core/failover/fit.ts"
import { letGo } from "#core/failover/down.ts"
import type { Leading, Step } from "#core/failover/lead.ts"
import { isReleased, type Lease } from "#core/failover/lease.ts"
import type { DataView, HandOverRequest, Observation } from "#core/failover/observation.ts"
import { othersOf } from "#core/failover/standing.ts"

const checkpointWithin = 3000
/** Clients that do not go in this time go with the server: nobody waits for them. */
const fenceWithin = 500
const stopWithin = seconds(10)
const confirmWithin = 2000
const handOverWithin = 30_000
/** How long the successor may take to appear before the old primary takes back its term. */
export const takeBackAfter = 4000

type Turn = { readonly at: Leading; readonly going: HandOver; readonly leaving: boolean }

type Going = HandOver & { readonly outcome: { readonly kind: "running" } }

export const isGoing = (handOver: HandOver | undefined): handOver is Going =>
  handOver?.outcome.kind === "running"

/** The next step of a hand-over; undefined when none is wanted, or the wanted one is over. */
export function handOverStep(at: Leading): Step | undefined {
  const { seen, memory } = at
  const request = seen.handOver
  const going = memory.handOver
  if (!isGoing(going))
    return request === undefined || request.since === going?.asked ? undefined : begin(at, request)
  const turn: Turn = { at, going, leaving: request?.leaving === true }
  // The Lease is ours again.
  if (going.takingBack) return undone(turn, `${successorOf(going)} did not take over: taken back`)
  const stopped = isPast(going.step, "stop")
  const runs = seen.server.kind === "standby" || seen.server.kind === "primary"
  // Something started the server again: what was begun is given up, not hung in.
  if (stopped && runs)
    return turn.leaving
      ? to(turn, "stop", stopping("stopping again"))
      : undone(turn, "the server was started again meanwhile")
  const why = turn.leaving ? undefined : whyGiveUp(turn)
  if (why !== undefined) return undone(turn, why)
  switch (going.step) {
    case "checkpoint":
      return checkpoint(turn)
    case "fence":
      return fence(turn)
    case "stop":
      return stop(turn)
    case "confirm":
      return confirm(turn)
    case "release":
    case "await":
      return release(turn)
  }
}

const order: readonly HandOverStep[] = [
  "checkpoint",
  "fence",
  "stop",
  "confirm",
  "release",
  "await",
]
const isPast = (step: HandOverStep, other: HandOverStep): boolean =>
  order.indexOf(step) > order.indexOf(other)

/** From here on somebody else may lead at any moment. */
export const canReturn = ({ step }: HandOver): boolean => !isPast(step, "confirm")

const successorOf = ({ to: pod }: HandOver): string => pod ?? "a successor"
const stopping = (why: string): Mood => ({ phase: "stopping", why })

function whyGiveUp({ at: { seen }, going }: Turn): string | undefined {
  if (seen.handOver?.abandoned === true && canReturn(going)) return "it was abandoned"
  return seen.now - going.since > handOverWithin
    ? `it was not done within ${handOverWithin / 1000} s`
    : undefined
}

function begin(at: Leading, request: HandOverRequest): Step {
  const { seen, memory, self } = at
  const best = request.to ?? bestToTakeOver(seen, self, request.leaving)
  const unfit = whyNone(at, request, best)
  const candidate = unfit === undefined ? best : undefined
  const handOver: HandOver = {
    asked: request.since,
    operation: request.operation,
    step: seen.server.kind === "primary" && candidate !== undefined ? "checkpoint" : "stop",
    to: candidate,
    since: seen.now,
    stepSince: seen.now,
    checkpoint: undefined,
    takingBack: false,
    outcome: { kind: "running" },
  }
  if (candidate === undefined && !request.leaving)
    return undone(
      { at, going: { ...handOver, step: "checkpoint" }, leaving: false },
      unfit ?? "no member can take over",
    )
  const why =
    candidate === undefined ? "stopping: nobody can take over" : `handing over to ${candidate}`
  return { actions: [], memory: { ...memory, handOver }, mood: { phase: "primary", why } }
}

/** Why the candidate is not taken; a leaving member does not mind that it is a little behind. */
const whyNone = (
  { seen, self }: Leading,
  { leaving }: HandOverRequest,
  best: PodName | undefined,
): string | undefined =>
  best === undefined ? "no member can take over" : whyUnfit(seen, self, best, leaving)

function to(
  { at, going }: Turn,
  step: HandOverStep,
  mood: Mood,
  more: Partial<HandOver> = {},
): Step {
  const shuts = step === "fence" || step === "stop"
  const shutAt = going.shutAt ?? (shuts ? at.seen.now : undefined)
  const handOver: HandOver = { ...going, shutAt, step, stepSince: at.seen.now, ...more }
  return { actions: [], memory: { ...at.memory, handOver }, mood }
}

function over({ at, going }: Turn, outcome: HandOverOutcome): Memory {
  return { ...at.memory, handOver: { ...going, outcome } }
}

/** Nothing was given away, or it was taken back: this member goes on in its term. */
function undone(turn: Turn, reason: string): Step {
  const abandoned = turn.at.seen.handOver?.abandoned === true
  return {
    actions: [],
    memory: over(turn, { kind: "undone", reason, abandoned }),
    mood: { phase: "starting", why: `the hand-over was given up: ${reason}` },
  }
}

function checkpoint(turn: Turn): Step {
  const { seen } = turn.at
  const { going, leaving } = turn
  const { last, running } = seen.lanes.primary
  const done = last?.kind === "checkpoint" && last.at >= going.stepSince
  const late = seen.now - going.stepSince > checkpointWithin
  const heard = leaving || going.to === undefined || heardSince(seen, going.to, going.since)
  if (!(done && heard) && !late && seen.server.kind === "primary")
    return {
      actions: running === undefined && !done ? [{ kind: "checkpoint" }] : [],
      mood: { phase: "primary", why: "handing over: checkpoint first" },
    }
  // Looked at once more before anybody notices: the clients' turn comes next.
  const why = leaving || going.to === undefined ? undefined : whyNow(turn, going.to, heard)
  if (why !== undefined) return undone(turn, why)
  return to(turn, "fence", stopping("handing over: clients out"))
}

const heardSince = (seen: Observation, pod: PodName, since: number): boolean =>
  (seen.peers.get(pod)?.askedAt ?? -Infinity) >= since

const whyNow = ({ at }: Turn, pod: PodName, heard: boolean): string | undefined =>
  heard ? whyUnfit(at.seen, at.self, pod, false) : `${pod} does not answer`

/** Nobody is let in and nobody is left, seen and not only ordered. */
function fence(turn: Turn): Step {
  const { seen } = turn.at
  const { server } = seen
  const mood = stopping("handing over: clients out")
  if (server.kind !== "primary" || seen.now - turn.going.stepSince > fenceWithin)
    return to(turn, "stop", mood)
  const { admitted, sessions } = server.clients
  if (admitted === false && sessions === 0) return to(turn, "stop", mood)
  const actions: readonly Action[] =
    seen.lanes.clients.running === undefined
      ? [{ kind: "admit", clients: false, why: `handing over to ${successorOf(turn.going)}` }]
      : []
  return { actions, mood }
}

function stop(turn: Turn): Step {
  const { seen } = turn.at
  if (seen.server.kind === "down") return to(turn, "confirm", stopping("stopped"))
  const free = seen.lanes.server.running === undefined && seen.server.kind !== "stopping"
  return {
    actions: free ? [{ kind: "stop", within: stopWithin }] : [],
    mood: stopping("handing over: stopping cleanly"),
  }
}

function confirm(turn: Turn): Step {
  const { at, going, leaving } = turn
  const { seen } = at
  const { data } = seen
  const mood: Mood = { phase: "stopped", why: "handing over: does the candidate have everything?" }
  if (data.kind === "unknown") return { actions: [], mood }
  if (data.kind !== "present" || !data.clean)
    return leaving
      ? to(turn, "release", mood)
      : undone(turn, "the server did not stop cleanly, so nobody can be sure to have everything")
  // A person named one; otherwise whoever has everything is as good.
  const others = seen.handOver?.to === undefined ? othersOf(seen, at.self) : []
  const ready = [...(going.to === undefined ? [] : [going.to]), ...others].find((pod) =>
    hasAll(seen, pod, data),
  )
  if (ready !== undefined) return to(turn, "release", mood, { to: ready, checkpoint: data.lsn })
  if (seen.now - going.stepSince < confirmWithin) return { actions: [], mood }
  if (leaving) return to(turn, "release", mood, { to: undefined })
  return undone(turn, `${successorOf(going)} did not receive the shutdown checkpoint`)
}

/** An old primary may be beyond the position and know nothing of it: on another timeline. */
const hasAll = (
  seen: Observation,
  pod: PodName,
  checkpoint: Pick<DataView & { readonly kind: "present" }, "timeline" | "lsn">,
): boolean => {
  const status = seen.peers.get(pod)?.status
  return (
    status?.eligible === true &&
    status.timeline === checkpoint.timeline &&
    status.receivedLsn > checkpoint.lsn
  )
}

function release(turn: Turn): Step {
  const { at, going } = turn
  const why = going.to === undefined ? "stopping" : `handing over to ${going.to}`
  const step = letGo(at, "hand-over", going.to, why)
  // The Lease itself tells when it is released: `decide` then no longer leads.
  if (at.seen.server.kind !== "down") return step
  const next = to({ ...turn, at: { ...at, memory: step.memory ?? at.memory } }, "await", step.mood)
  return { ...step, memory: next.memory ?? at.memory }
}

/** Another member holds the Lease: it took over, or it took the Lease from a member that was not done. */
export function overtaken(memory: Memory, lease: Lease): Memory {
  const { handOver } = memory
  if (!isGoing(handOver) || lease.holder === undefined) return memory
  const { pod } = lease.holder
  const outcome: HandOverOutcome =
    handOver.step === "await"
      ? { kind: "done", primary: pod, term: lease.term }
      : { kind: "failed", reason: `${pod} took the Lease in term ${lease.term}` }
  return { ...memory, handOver: { ...handOver, outcome } }
}

/** The Lease is nobody's, and not by this hand-over. */
export function lost(memory: Memory, why: string): Memory {
  const { handOver } = memory
  if (!isGoing(handOver)) return memory
  return { ...memory, handOver: { ...handOver, outcome: { kind: "failed", reason: why } } }
}

/** The successor of a hand-over did not appear: nobody took the Lease, so the term is still ours to go on with. */
export function takeBack(at: Electing): Decision | undefined {
  const { memory, seen, lease, self } = at
  const { handOver } = memory
  const mine =
    isReleased(lease) &&
    lease.released?.by.nonce === self.nonce &&
    lease.released.by.pod === self.pod
  if (!isGoing(handOver) || handOver.step !== "await" || !mine) return undefined
  if (seen.handOver?.leaving === true) return undefined
  const mood: Mood = { phase: "stopped", why: `waiting for ${successorOf(handOver)} to take over` }
  const free = seen.lanes.lease.running === undefined && seen.server.kind === "down"
  if (seen.now - handOver.stepSince < takeBackAfter || !free) return { memory, actions: [], mood }
  return {
    memory: { ...memory, handOver: { ...handOver, takingBack: true } },
    actions: [
      {
        kind: "write-lease",
        purpose: "take-back",
        version: lease.version,
        content: {
          ...lease,
          holder: self,
          durationSeconds: Math.ceil(at.policy.expireAfter / 1000),
          successor: undefined,
          released: undefined,
        },
      },
    ],
    mood: { phase: "starting", why: "the successor did not appear: going on in the same term" },
  }
}
