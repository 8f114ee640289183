/** What a run went through: every state and step of the protocol must have been seen, or the run proves little. */
import type { PodName } from "#core/ids.ts"
import type { Action, Decision } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"

export class Coverage {
  readonly counts = new Map<string, number>()

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  merge(counts: Iterable<readonly [string, number]>): void {
    for (const [what, times] of counts) this.counts.set(what, (this.counts.get(what) ?? 0) + times)
  }

  turned(_: PodName, seen: Observation, now: Decision, before: Decision | undefined): void {
    const { phase } = now.mood
    if (before?.mood.phase !== phase) {
      this.count(`phase ${phase}`)
      if (before !== undefined) this.count(`from ${before.mood.phase} to ${phase}`)
    }
    const step = now.memory.handOver?.step
    const stepBefore = before?.memory.handOver?.step
    if (step !== stepBefore) {
      if (step !== undefined) this.count(`hand-over ${step}`)
      else if (stepBefore !== undefined && stepBefore !== "await")
        this.count(`hand-over undone at ${stepBefore}`)
    }
    this.#heal(now, before)
    if (now.mood.why !== before?.mood.why) this.#words(now.mood.why)
    for (const action of now.actions) this.#action(action, seen)
  }

  #heal(now: Decision, before: Decision | undefined): void {
    const [heal, was] = [now.memory.heal, before?.memory.heal]
    if (was === undefined) return
    if (heal.rewinds > was.rewinds) this.count(`heal rewind ${heal.rewinds}`)
    if (heal.clones > was.clones) this.count(`heal clone ${Math.min(heal.clones, 2)}`)
    if (heal.rewinds < was.rewinds || heal.clones < was.clones) this.count("heal whole again")
  }

  #action(action: Action, seen: Observation): void {
    if (action.kind === "write-lease") this.count(`lease ${action.purpose}`)
    else if (action.kind === "campaign") this.count(`campaign ${action.cause}`)
    else if (action.kind === "fence") this.count(`fence: ${plain(action.reason)}`)
    else if (action.kind === "tell") this.count(`told ${action.event.kind}`)
    else if (action.kind === "start-primary")
      this.count(seen.server.kind === "down" ? "start-primary" : "start-primary again")
    else this.count(`does ${action.kind}`)
  }

  #words(why: string): void {
    for (const [part, name] of outcomes) if (why.startsWith(part)) this.count(name)
  }
}

const outcomes = [
  ["won term", "ballot won"],
  ["lost the campaign", "ballot lost"],
  ["refuses to become primary", "ballot refused for loss"],
  ["no end to the campaign", "ballot without end"],
  ["pledged to", "waits for its pledge"],
  ["may have pledged", "waits for a pledge that it forgot"],
  ["the Lease is left to", "waits for the successor"],
  ["everything was down", "waits for the missing after a power cut"],
  ["recording term", "guard records a term"],
  ["did not stream", "gives up streaming"],
] as const

/** Without names and numbers. */
const plain = (text: string): string =>
  text.replaceAll(/c-\d+/g, "c-N").replaceAll(/\d+/g, "N").slice(0, 70)
