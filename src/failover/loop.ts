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
/** A primary counts down to its next renewal, and its supervisor to the deadline; what happens rings. */
const serving = millis(250)
/** A replica that streams counts nothing down. */
const calmly = millis(400)

const pace = ({ mood }: Decision): Millis =>
  mood.phase === "streaming" ? calmly : mood.phase === "primary" ? serving : turnEvery

export async function runLoop(ports: LoopPorts, signal: AbortSignal): Promise<void> {
  let memory = firstMemory(ports.observe().now)
  while (!signal.aborted) {
    const seen = ports.observe()
    const decision = decide(ports.policy(), memory, seen)
    const steps = decision.memory.handOver?.step !== memory.handOver?.step
    memory = decision.memory
    for (const action of decision.actions) ports.perform(action)
    ports.publish(seen, decision)
    // A step that changes nothing outside brings no news: the next one is decided at once.
    if (!steps) await ports.news(pace(decision), signal)
  }
}
