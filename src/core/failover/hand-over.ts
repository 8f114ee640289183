/**
 * Giving the role away without losing a commit and without a rewind (design 2.6): check the candidate,
 * checkpoint, stop cleanly with the clients out first, confirm that the candidate has the shutdown
 * checkpoint, release naming it. The point of no return is the release; before it the server simply
 * starts again, and after it the same term is taken back when nobody took the Lease.
 */
import type { PodName } from "#core/ids.ts"
import { seconds } from "#core/units.ts"
import type { Action, HandOver, Memory, Mood } from "#core/failover/decision.ts"
import { fitToTakeOver, type Leading, letGo, type Step } from "#core/failover/lead.ts"
import type { HandOverRequest, Instant, Observation } from "#core/failover/observation.ts"
import { othersOf } from "#core/failover/standing.ts"

const checkpointWithin = 3000
const stopWithin = seconds(10)
const confirmWithin = 2000
const handOverWithin = 30_000
/** How long the successor may take to appear before the old primary takes back its term. */
export const takeBackAfter = 4000

/** The next step of a hand-over; undefined when none is wanted or it can not be begun. */
export function handOverStep(at: Leading): Step | undefined {
  const { seen, memory } = at
  const going = memory.handOver
  if (going === undefined) return seen.handOver === undefined ? undefined : begin(at, seen.handOver)
  const leaving = seen.handOver?.leaving === true
  const to = (step: HandOver["step"], more: Partial<HandOver> = {}): Memory => ({
    ...memory,
    handOver: { ...going, step, stepSince: seen.now, ...more },
  })
  const mood = (why: string): Mood => ({ phase: "stopping", why })
  const spent = seen.now - going.stepSince
  const stopped = going.step === "confirm" || going.step === "release" || going.step === "await"
  const runs = seen.server.kind === "standby" || seen.server.kind === "primary"
  // Something started the server again, or it takes too long: what was begun is given up, not hung in.
  if ((stopped && runs) || (!leaving && seen.now - going.since > handOverWithin))
    return leaving
      ? { actions: [], memory: to("stop"), mood: mood("stopping again") }
      : {
          actions: [],
          memory: { ...memory, handOver: undefined },
          mood: { phase: "starting", why: "the hand-over was given up: going on here" },
        }
  switch (going.step) {
    case "checkpoint": {
      const { last, running } = seen.lanes.primary
      const done = last?.kind === "checkpoint" && last.at >= going.stepSince
      if (done || spent > checkpointWithin || seen.server.kind !== "primary")
        return { actions: [], memory: to("stop"), mood: mood("handing over: stopping the server") }
      const actions: readonly Action[] = running === undefined ? [{ kind: "checkpoint" }] : []
      return { actions, mood: { phase: "primary", why: "handing over: checkpoint first" } }
    }
    case "stop":
      if (seen.server.kind === "down")
        return { actions: [], memory: to("confirm"), mood: mood("stopped") }
      return {
        actions:
          seen.lanes.server.running === undefined && seen.server.kind !== "stopping"
            ? [{ kind: "stop", within: stopWithin }]
            : [],
        mood: mood("handing over: clients out, stopping cleanly"),
      }
    case "confirm":
      return confirm(at, going, leaving, to, spent)
    case "release":
    case "await":
      return release(at, going, to)
  }
}

function begin(at: Leading, request: HandOverRequest): Step | undefined {
  const { seen, memory } = at
  const candidate = chosen(at, request.to)
  if (candidate === undefined && !request.leaving) return undefined
  const since: Instant = seen.now
  const handOver: HandOver = {
    step: seen.server.kind === "primary" && candidate !== undefined ? "checkpoint" : "stop",
    to: candidate,
    since,
    stepSince: since,
    checkpoint: undefined,
  }
  return {
    actions: [],
    memory: { ...memory, handOver },
    mood: {
      phase: "primary",
      why:
        candidate === undefined ? "stopping: nobody can take over" : `handing over to ${candidate}`,
    },
  }
}

/** The named candidate if it is fit, else the fit one with the most WAL. */
function chosen({ seen, self }: Leading, named: PodName | undefined): PodName | undefined {
  if (named !== undefined) return fitToTakeOver(seen, named) ? named : undefined
  const flushed = (pod: PodName): bigint =>
    (seen.server.kind === "primary" ? seen.server : seen.lastPrimary)?.standbys.find(
      (row) => row.pod === pod,
    )?.flushLsn ?? 0n
  return othersOf(seen, self)
    .filter((pod) => fitToTakeOver(seen, pod))
    .toSorted((a, b) => (flushed(a) > flushed(b) ? -1 : flushed(a) < flushed(b) ? 1 : 0))[0]
}

function confirm(
  at: Leading,
  going: HandOver,
  leaving: boolean,
  to: (step: HandOver["step"], more?: Partial<HandOver>) => Memory,
  spent: number,
): Step {
  const { seen, memory } = at
  const mood: Mood = { phase: "stopped", why: "handing over: does the candidate have everything?" }
  const { data } = seen
  if (data.kind === "unknown") return { actions: [], mood }
  if (data.kind !== "present" || !data.clean)
    return { actions: [], memory: to("release", { checkpoint: undefined }), mood }
  const ready = [...(going.to === undefined ? [] : [going.to]), ...othersOf(seen, at.self)].find(
    (pod) => hasAll(seen, pod, data.lsn),
  )
  if (ready !== undefined)
    return { actions: [], memory: to("release", { to: ready, checkpoint: data.lsn }), mood }
  if (spent < confirmWithin) return { actions: [], mood }
  if (leaving) return { actions: [], memory: to("release", { to: undefined }), mood }
  // Nothing is lost yet: the server goes on in its own term.
  return {
    actions: [],
    memory: { ...memory, handOver: undefined },
    mood: {
      phase: "starting",
      why: "the candidate did not receive the shutdown checkpoint: going on here",
    },
  }
}

const hasAll = (seen: Observation, pod: PodName, checkpoint: bigint): boolean => {
  const status = seen.peers.get(pod)?.status
  return status !== undefined && status.eligible && status.receivedLsn > checkpoint
}

function release(
  at: Leading,
  going: HandOver,
  to: (step: HandOver["step"], more?: Partial<HandOver>) => Memory,
): Step {
  const { seen } = at
  const step = letGo(
    at,
    "hand-over",
    going.to,
    going.to === undefined ? "stopping" : `handing over to ${going.to}`,
  )
  // The Lease itself tells when it is released: `decide` then no longer leads.
  if (seen.server.kind !== "down") return step
  return { ...step, memory: { ...to("await"), told: step.memory?.told ?? at.memory.told } }
}
