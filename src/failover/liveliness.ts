/** How the loop is doing: when it last decided, what people should know of it, how closely to look around. */
import type { Decision, Mood } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import { leaderOf } from "#core/failover/standing.ts"
import type { Peer } from "#core/failover/decision.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"

const pulseEvery = 1000

export class Liveliness {
  readonly #clock: Clock
  readonly #log: Log
  #turnedAt: number
  #pulseAt = -Infinity
  #mood: Mood | undefined
  /** Something is going on: look often. */
  closely = true
  readonly counters: Record<"decisions" | "fences" | "promotions" | "campaigns", number> = {
    decisions: 0,
    fences: 0,
    promotions: 0,
    campaigns: 0,
  }

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#turnedAt = clock.now()
  }

  /** Milliseconds since the last decision. */
  get age(): number {
    return this.#clock.now() - this.#turnedAt
  }

  turned(seen: Observation, { mood, memory }: Decision): void {
    this.#turnedAt = seen.now
    this.counters.decisions += 1
    this.closely =
      memory.handOver !== undefined || !(mood.phase === "primary" || mood.phase === "streaming")
    // Numbers in the sentence count down: only another phase, or other words, are news.
    const said = this.#mood
    if (
      said?.phase !== mood.phase ||
      (said.why !== mood.why && words(said.why) !== words(mood.why))
    )
      this.#log.event("mood", { phase: mood.phase, why: mood.why, term: seen.term })
    this.#mood = mood
  }

  /** True about once a second: the loop's own pulse towards the supervisor. */
  pulseIsDue({ now }: Observation): boolean {
    if (now - this.#pulseAt < pulseEvery) return false
    this.#pulseAt = now
    return true
  }
}

const words = (text: string): string => text.replaceAll(/\d+/g, "#")

/** The server worth looking at from here; undefined while this member leads, streams with nothing to mend, or knows nobody. */
export function wantedSource(seen: Observation): Peer | undefined {
  const { server, self } = seen
  if (self === undefined || server.kind === "primary") return undefined
  const content = server.kind === "standby" && server.receiver === "streaming"
  if (content && seen.repair === undefined) return undefined
  return leaderOf(seen, self)
}

/** A successor asks its peers within this; afterwards nobody needs a member that is leaving. */
const lingerFor = 2500

/** Whether a sidecar that was told to leave has nothing left to do. */
export function mayGo(seen: Observation): boolean {
  const { handOver, server, lease, self } = seen
  if (handOver?.leaving !== true) return false
  if (server.kind !== "down" && server.kind !== "lost") return false
  if (lease.kind !== "read" || self === undefined) return seen.now - handOver.since > lingerFor
  const { holder, released } = lease.lease
  if (holder?.pod === self.pod && holder.nonce === self.nonce) return false
  const mine = holder === undefined && released?.by.pod === self.pod
  return !mine || seen.now - lease.since > lingerFor
}
