/**
 * Hand-overs that somebody asked for: checked before anything is touched, one at a time, and told step by
 * step. What is decided about them is in `core/failover/hand-over.ts`; this is its door to the outside.
 */
import type { CommandOutcome, HandOverProgress, SidecarRequest } from "#core/cluster/sidecar.ts"
import type { PodName } from "#core/ids.ts"
import type { HandOver } from "#core/failover/decision.ts"
import { whyNobody, whyUnfit, bestToTakeOver } from "#core/failover/fit.ts"
import { canReturn, isGoing } from "#core/failover/hand-over.ts"
import type { Observation } from "#core/failover/observation.ts"
import { leadingTerm, leaderOf } from "#core/failover/standing.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import type { Known } from "./known.ts"
import type { Peers } from "./peers.ts"

type Asked = Extract<SidecarRequest, { readonly kind: "hand-over" }>

export type HandOverPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly known: Pick<Known, "handOver" | "changed">
  readonly peers: Pick<Peers, "answers">
  readonly observe: () => Observation
}

const begun = (output: string): CommandOutcome => ({ kind: "done", output })
const refused = (code: string, message: string): CommandOutcome => ({
  kind: "failed",
  code,
  message,
})

export class HandOvers {
  readonly #ports: HandOverPorts
  readonly #heard = new Set<(progress: HandOverProgress) => void>()
  /** Everything that was told of the last one. */
  #told: readonly HandOverProgress[] = []
  #last: HandOver | undefined

  constructor(ports: HandOverPorts) {
    this.#ports = ports
  }

  get told(): readonly HandOverProgress[] {
    return this.#told
  }

  /** Calls `heard` with each further progress, until the returned function is called. */
  onProgress(heard: (progress: HandOverProgress) => void): () => void {
    this.#heard.add(heard)
    return () => this.#heard.delete(heard)
  }

  /** Begins a hand-over, or says why not; nothing was touched then. */
  async ask(asked: Asked, signal: AbortSignal): Promise<CommandOutcome> {
    const { known, clock, log, peers, observe } = this.#ports
    const before = looked(asked, observe())
    if (this.#isKnown(asked.operation)) return begun("known already")
    if (before.kind === "refused") return before.why
    // What it said a moment ago may not be so any more.
    if (!(await peers.answers(before.candidate, asked.term, signal)))
      return refused("UNFIT", `${before.candidate} does not answer`)
    // The same question twice is one hand-over, whether it still goes on or is over.
    if (this.#isKnown(asked.operation)) return begun("known already")
    const now = looked(asked, observe())
    if (now.kind === "refused") return now.why
    known.handOver = {
      since: clock.now(),
      leaving: false,
      to: asked.to,
      operation: asked.operation,
      abandoned: false,
    }
    log.event("hand-over.asked", { operation: asked.operation, to: asked.to ?? "the best" })
    known.changed()
    return begun("begun")
  }

  #isKnown(operation: string): boolean {
    const { known } = this.#ports
    return (
      known.handOver?.operation === operation ||
      this.#told.some((progress) => progress.operation === operation)
    )
  }

  /** Wants it undone. That it is, or that it was too late, is told as its progress. */
  abandon(operation: string): CommandOutcome {
    const { known } = this.#ports
    const request = known.handOver
    if (request?.operation !== operation)
      return refused("NOT_RUNNING", "no such hand-over is under way here")
    if (request.leaving) return refused("LEAVING", "the pod is being stopped")
    if (this.#last?.operation === operation && !canReturn(this.#last))
      return refused("TOO_LATE", "the Lease was released already")
    known.handOver = { ...request, abandoned: true }
    known.changed()
    return { kind: "done", output: "it will be undone" }
  }

  /** What the last decision remembers of a hand-over. */
  turned(now: HandOver | undefined): void {
    const before = this.#last
    if (now === undefined || now === before) return
    this.#last = now
    const same =
      before?.asked === now.asked &&
      before.step === now.step &&
      before.to === now.to &&
      before.outcome.kind === now.outcome.kind
    if (same) return
    if (now.operation !== undefined) this.#tell(now, now.operation)
    const { known } = this.#ports
    if (!isGoing(now) && known.handOver?.since === now.asked && !known.handOver.leaving)
      known.handOver = undefined
  }

  #tell(now: HandOver, operation: HandOverProgress["operation"]): void {
    const { clock, log } = this.#ports
    const { step, to, outcome } = now
    const progress: HandOverProgress = { operation, step, to, at: clock.wall(), outcome }
    const sameOne = this.#told.at(-1)?.operation === operation
    this.#told = sameOne ? [...this.#told, progress] : [progress]
    const reason = "reason" in outcome ? outcome.reason : ""
    log.event("hand-over.step", { operation, step, to, outcome: outcome.kind, reason })
    for (const heard of this.#heard) heard(progress)
  }
}

type Looked =
  | { readonly kind: "fit"; readonly candidate: PodName }
  | { readonly kind: "refused"; readonly why: CommandOutcome }

/** Who would take over now, or why nobody can. */
function looked(asked: Asked, seen: Observation): Looked {
  const { self } = seen
  const no = (code: string, message: string): Looked => ({
    kind: "refused",
    why: refused(code, message),
  })
  const leading = self === undefined ? undefined : leadingTerm(seen, self)
  if (self === undefined || leading === undefined || seen.server.kind !== "primary") {
    const leader = self === undefined ? undefined : leaderOf(seen, self)
    const who = leader === undefined ? "nobody is known to be" : `${leader.pod} is`
    return no("NOT_PRIMARY", `${self?.pod ?? "this member"} is not the primary; ${who}`)
  }
  const { to, term } = asked
  if (leading !== term)
    return no("OTHER_TERM", `this is term ${leading}, it was decided in term ${term}`)
  if (seen.handOver?.leaving === true)
    return no("BUSY", "the pod is being stopped: it hands over already")
  if (seen.handOver !== undefined) return no("BUSY", "another hand-over is under way")
  const candidate = to ?? bestToTakeOver(seen, self, false)
  if (candidate === undefined)
    return no("UNFIT", `no member can take over: ${whyNobody(seen, self)}`)
  const unfit = whyUnfit(seen, self, candidate, false)
  return unfit === undefined ? { kind: "fit", candidate } : no("UNFIT", unfit)
}
