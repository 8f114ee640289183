/**
 * The protocol's own tasks: what keeps the blackboard fresh, what asks the peers, and the loop that decides.
 * The simulator runs exactly these, in a world of its own.
 */
import type { Action, Decision } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import { noteBegun } from "#core/failover/repair.ts"
import { leadingTerm } from "#core/failover/standing.ts"
import type { Task } from "#io/together.ts"
import type { Parts } from "./assemble.ts"
import { Bell } from "./bell.ts"
import { mayGo, wantedSource } from "./liveliness.ts"
import { runLoop } from "./loop.ts"
import { askAgainAfter } from "./peers.ts"
import { perform } from "./perform.ts"
import { senseServer } from "./sense-server.ts"
import { senseSource } from "./sense-source.ts"
import { senseSupervisor } from "./sense-supervisor.ts"

/** Told of every turn of the loop. */
export type Turned = (seen: Observation, decision: Decision) => void

/** `go` is called when the pod is leaving and nothing is left to do. */
export function protocolTasks(
  parts: Parts,
  go: () => void,
  turned: Turned = () => undefined,
): readonly Task[] {
  const bells = {
    asking: new Bell(parts.clock),
    supervisor: new Bell(parts.clock),
    source: new Bell(parts.clock),
  }
  const rings = [impatient(parts, bells.asking), watchful(bells)]
  const all: Turned = (seen, decision) => {
    for (const ring of rings) ring(seen, decision)
    turned(seen, decision)
  }
  return [
    ...senses(parts, bells),
    (stop) => askPeers(parts, bells.asking, stop),
    (stop) => turn(parts, go, all, stop),
  ]
}

type Bells = Readonly<Record<"asking" | "supervisor" | "source", Bell>>

const supervisorEvery = 250

/** Senses that look when the loop has turned, instead of waking by themselves. */
function watchful({ supervisor, source }: Bells): Turned {
  let lookedAt = -Infinity
  return (seen) => {
    if (wantedSource(seen) !== undefined) source.ring()
    if (seen.now - lookedAt < supervisorEvery) return
    lookedAt = seen.now
    supervisor.ring()
  }
}

/** Each step of a hand-over waits for what the others have; so does whoever was calm and is no more. */
function impatient({ live }: Parts, asking: Bell): Turned {
  let step: string | undefined
  let closely = false
  return (_, decision) => {
    const next = decision.memory.handOver?.step
    if (next !== step || (live.closely && !closely)) asking.ring()
    step = next
    closely = live.closely
  }
}

/** What keeps the blackboard fresh. */
function senses(parts: Parts, bells: Bells): readonly Task[] {
  const { known, peers, live, log, clock, observe } = parts
  return [
    (stop) => senseSupervisor({ ...parts, turned: bells.supervisor }, stop),
    (stop) => senseServer({ ...parts, bell: parts.serverBell, closely: () => live.closely }, stop),
    (stop) => parts.lease.run(stop),
    (stop) =>
      parts.pods.watch(
        (found) => {
          known.pods = new Map(found.map((pod) => [pod.pod, pod]))
          for (const { pod, address } of found)
            if (address !== undefined) peers.heardAddress(pod, address)
          known.changed()
        },
        (failure) => log.debug("pods.unreachable", { why: failure }),
        stop,
      ),
    (stop) =>
      senseSource(
        {
          clock,
          log,
          known,
          ask: parts.askSource,
          wanted: () => wantedSource(observe()),
          needed: bells.source,
        },
        stop,
      ),
  ]
}

async function askPeers(
  { known, live, peers, observe }: Parts,
  asking: Bell,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const seen = observe()
    const leading = seen.self === undefined ? undefined : leadingTerm(seen, seen.self)
    // Not awaited: each call has its own deadline, and a slow peer must not delay the next round.
    void peers.askAll(leading)
    await asking.wait(askAgainAfter(known, leading !== undefined, live.closely), stop)
  }
}

async function turn(
  parts: Parts,
  go: () => void,
  turned: Turned,
  signal: AbortSignal,
): Promise<void> {
  const { live, board, supervisor, log, bell, known, observe, handOvers } = parts
  const publish = (seen: Observation, decision: Decision): void => {
    if (seen.repair !== undefined && seen.repair === known.repair)
      known.repair = noteBegun(seen, seen.repair)
    live.turned(seen, decision)
    known.calm = !live.closely
    turned(seen, decision)
    handOvers.turned(decision.memory.handOver)
    board.publish(seen, decision.mood)
    if (live.pulseIsDue(seen))
      supervisor.pulse().catch((failure: unknown) => log.debug("pulse.unwritten", { why: failure }))
    if (mayGo(seen)) go()
  }
  const begin = (action: Action): void => {
    if (action.kind === "fence") live.counters.fences += 1
    if (action.kind === "campaign") live.counters.campaigns += 1
    if (action.kind === "promote") live.counters.promotions += 1
    perform(parts, action)
  }
  const news = bell.waitForAll.bind(bell)
  await runLoop({ policy: () => known.policy, observe, perform: begin, publish, news }, signal)
}
