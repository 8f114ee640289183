/**
 * The sidecar's loop: look, decide, begin what was decided, wait for news. It takes everything it works
 * with as an argument, so that a simulated world can turn it too, and it never waits for a deed.
 */
import { decide } from "#core/failover/decide.ts"
import { type Action, type Decision, firstMemory } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Policy } from "#core/failover/policy.ts"
import { type Millis, millis } from "#core/units.ts"

export type LoopPorts = {
  readonly policy: () => Policy
  readonly observe: () => Observation
  readonly perform: (action: Action) => void
  readonly publish: (seen: Observation, decision: Decision) => void
  /** Until something changed, or for `longest`. */
  readonly news: (longest: Millis, signal: AbortSignal) => Promise<void>
}

/** Nothing that a candidate counts down is finer than this. */
const turnEvery = millis(150)
/** A replica that streams counts nothing down. */
const calmly = millis(400)
/** A primary whose renewal is due, or under way. */
const renewing = millis(250)
/** The clock counts in steps. */
const step = 10

/** How long it may wait when nothing happens: what happens rings. */
function pace({ renewEvery }: Policy, seen: Observation, { mood }: Decision): Millis {
  if (mood.phase === "streaming") return calmly
  if (mood.phase !== "primary") return turnEvery
  // It counts down to its next renewal, and its supervisor to the deadline.
  const { running, since } = seen.lanes.lease
  const left = since + renewEvery + step - seen.now
  return running === undefined && left > 0 ? millis(Math.min(calmly, left)) : renewing
}

export async function runLoop(ports: LoopPorts, signal: AbortSignal): Promise<void> {
  let memory = firstMemory(ports.observe().now)
  while (!signal.aborted) {
    const seen = ports.observe()
    const policy = ports.policy()
    const decision = decide(policy, memory, seen)
    const steps = decision.memory.handOver?.step !== memory.handOver?.step
    memory = decision.memory
    for (const action of decision.actions) ports.perform(action)
    ports.publish(seen, decision)
    // A step that changes nothing outside brings no news: the next one is decided at once.
    if (!steps) await ports.news(pace(policy, seen, decision), signal)
  }
}
