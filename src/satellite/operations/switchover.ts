/**
 * One switchover, from the question to the primary's sidecar to its end. The sidecars do it and would
 * finish or undo it without us; here it is followed, told, and judged by what can be seen.
 */
import type { HandOverOutcome, HandOverProgress } from "#core/cluster/sidecar.ts"
import type { PodName } from "#core/ids.ts"
import { millis, seconds } from "#core/units.ts"
import { isOver, type OperationReport, type OrderOf } from "#core/switchover/operation.ts"
import {
  conclude,
  type Conclusion,
  type Evidence,
  type SwitchoverStart,
  unfinished,
} from "#core/switchover/outcome.ts"
import { begun, broken, ended, told } from "#core/switchover/steps.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import type { Question, Session } from "../hub/session.ts"
import { isRefusal, type KeptOperation, revisionsPerRun, type Work } from "./work.ts"

export type Look = Pick<Evidence, "lease" | "members">

export type SwitchoverPorts = {
  readonly clock: Clock
  readonly log: Log
  /** The primary's sidecar, while it is connected. */
  readonly sidecar: () => Session | undefined
  readonly look: () => Look
  readonly save: (kept: KeptOperation, signal: AbortSignal) => Promise<void>
  readonly say: (report: OperationReport) => void
}

const answerWithin = seconds(10)
const saveWithin = seconds(10)
/** The sidecars take at most half of this; then it is said what is known. */
const concludeWithin = seconds(90)
const followWithin = seconds(20)
const lookEvery = seconds(1)

export class Switchover implements Work {
  readonly #ports: SwitchoverPorts
  readonly #to: PodName | undefined
  #kept: KeptOperation
  readonly #resumed: boolean
  #heard: HandOverOutcome | undefined
  /** When something last said that the hand-over goes on. */
  #goingAt: number
  #cancelling: "no" | "wanted" | "asked" = "no"
  #news = Promise.withResolvers<undefined>()

  constructor(
    ports: SwitchoverPorts,
    order: OrderOf<"switchover">,
    kept: KeptOperation,
    resumed: boolean,
  ) {
    this.#ports = ports
    this.#to = order.to
    this.#resumed = resumed
    const { report } = kept
    const revision = resumed ? report.revision + revisionsPerRun : report.revision
    this.#kept = { ...kept, report: { ...report, revision } }
    this.#goingAt = ports.clock.now()
  }

  get report(): OperationReport {
    return this.#kept.report
  }

  get #start(): SwitchoverStart {
    const { order, from, term } = this.#kept
    return { operation: order.operation, from, term, to: this.#to }
  }

  /** Something may have changed. */
  wake(): void {
    this.#news.resolve(undefined)
    this.#news = Promise.withResolvers()
  }

  cancel(): void {
    if (this.#cancelling === "no") this.#cancelling = "wanted"
    this.wake()
  }

  /** What the sidecar that hands over says; the same may come again. */
  heard(pod: PodName, progress: HandOverProgress): void {
    if (pod !== this.#kept.from || isOver(this.report.state)) return
    const { outcome, step, to, at } = progress
    this.#heard = outcome
    if (outcome.kind === "running") this.#goingAt = this.#ports.clock.now()
    const passed = step === "release" || step === "await"
    this.#change({
      steps: told(this.report.steps, progress),
      target: to ?? this.report.target,
      pointOfNoReturnAt: this.report.pointOfNoReturnAt ?? (passed ? at : undefined),
    })
    this.wake()
  }

  #change(change: Partial<OperationReport>): void {
    if (this.#note(change)) this.#ports.say(this.report)
  }

  /** False when it says nothing new. */
  #note(change: Partial<OperationReport>): boolean {
    const { report } = this.#kept
    const next = { ...report, ...change }
    if (JSON.stringify(next) === JSON.stringify(report)) return false
    this.#kept = { ...this.#kept, report: { ...next, revision: report.revision + 1 } }
    return true
  }

  /** Runs to the end of the operation. A signal leaves it as it is: it goes on when the satellite returns. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    const deadline = clock.now() + concludeWithin
    const refusal = this.#resumed ? await this.#resume(signal) : await this.#begin(signal)
    if (refusal !== undefined) return this.#finish({ kind: "failed", error: refusal }, signal)
    for (;;) {
      const seen = this.#evidence()
      const conclusion = conclude(this.#start, seen)
      if (conclusion.kind === "succeeded") {
        await this.#followed(conclusion.primary, signal)
        return this.#finish(conclusion, signal)
      }
      if (conclusion.kind !== "open") return this.#finish(conclusion, signal)
      if (clock.now() >= deadline) {
        const error = unfinished(this.#start, seen, concludeWithin / 1000)
        return this.#finish({ kind: "failed", error }, signal)
      }
      if (this.#cancelling === "wanted") await this.#abandon()
      await this.#wait(signal)
    }
  }

  #evidence(): Evidence {
    const { clock, look } = this.#ports
    const { operation } = this.#kept.order
    const seen = look()
    if (seen.members.some(({ handOver }) => handOver === operation)) this.#goingAt = clock.now()
    return { ...seen, heard: this.#heard, quietFor: clock.now() - this.#goingAt }
  }

  /** Until somebody has news, or it is time to look again. */
  async #wait(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    const over = new AbortController()
    const rest = clock.sleep(lookEvery, AbortSignal.any([signal, over.signal])).catch(() => {})
    await Promise.race([this.#news.promise, rest])
    over.abort()
    signal.throwIfAborted()
  }

  async #resume(signal: AbortSignal): Promise<undefined> {
    this.#ports.say(this.report)
    try {
      await this.#save(signal)
    } catch (failure) {
      signal.throwIfAborted()
      // Only the numbers of what is told next are lost by it.
      this.#ports.log.warn("operation.not-kept", { failure })
    }
  }

  /** Asks the primary's sidecar. Returns why it is not done, or nothing when it may be under way. */
  async #begin(signal: AbortSignal): Promise<string | undefined> {
    const { clock, sidecar } = this.#ports
    const { order, from, term } = this.#kept
    this.#note({ steps: begun(this.report.steps, "check", clock.wall()) })
    if (this.#cancelling !== "no") return "it was cancelled before it began"
    const session = sidecar()
    if (session === undefined)
      return `the sidecar of ${from} is not connected to its satellite: try again in a moment`
    try {
      // Before anybody is asked: a restart must not ask a second time.
      await this.#save(signal)
    } catch (failure) {
      signal.throwIfAborted()
      const why = failure instanceof Error ? failure.message : String(failure)
      return `the site's Kubernetes does not keep the operation: ${why}`
    }
    // Central asks again for what it was not told of: nothing is told that a restart would not know.
    this.#ports.say(this.report)
    const question: Question = { kind: "hand-over", operation: order.operation, to: this.#to, term }
    const answer = await session.ask(question, answerWithin)
    this.#goingAt = clock.now()
    if (answer.kind === "failed" && isRefusal(answer)) return answer.message
    const detail = answer.kind === "done" ? `${from} hands over` : answer.message
    const end = { state: "done", at: clock.wall(), detail } as const
    this.#change({ steps: ended(this.report.steps, "check", end) })
    return undefined
  }

  async #abandon(): Promise<void> {
    const { sidecar, log } = this.#ports
    const { operation } = this.#kept.order
    const answer = await sidecar()?.ask({ kind: "abandon-hand-over", operation }, answerWithin)
    if (answer === undefined || (answer.kind === "failed" && !isRefusal(answer))) return
    // Undone or too late: what comes of it is told as the progress of the hand-over.
    this.#cancelling = "asked"
    log.event("operation.abandoned", { operation, answer: answer.kind })
  }

  /** The others follow the new primary; that takes no writes away from anybody, so it is not waited for long. */
  async #followed(primary: PodName, signal: AbortSignal): Promise<void> {
    const { clock, look } = this.#ports
    const until = clock.now() + followWithin
    this.#change({
      target: primary,
      steps: begun(
        ended(this.report.steps, "promote", {
          state: "done",
          at: clock.wall(),
          detail: `${primary} serves writes`,
        }),
        "follow",
        clock.wall(),
      ),
    })
    for (;;) {
      const missing = look().members.filter(({ pod, streams }) => pod !== primary && !streams)
      const late = clock.now() >= until
      if (missing.length === 0 || late) {
        const detail =
          missing.length === 0
            ? `everybody streams from ${primary}`
            : `not yet: ${missing.map(({ pod }) => pod).join(", ")}`
        const state = missing.length === 0 ? "done" : "skipped"
        const end = { state, at: clock.wall(), detail } as const
        return this.#change({ steps: ended(this.report.steps, "follow", end) })
      }
      await this.#wait(signal)
    }
  }

  async #finish(conclusion: Exclude<Conclusion, { kind: "open" }>, signal: AbortSignal) {
    const { clock, log } = this.#ports
    const at = clock.wall()
    const cancelled =
      conclusion.kind === "cancelled" || (conclusion.kind === "failed" && this.#neverBegan)
    const error = conclusion.kind === "failed" && !cancelled ? conclusion.error : undefined
    const why = conclusion.kind === "failed" ? conclusion.error : "cancelled"
    const last: Partial<OperationReport> = {
      state: cancelled ? "cancelled" : conclusion.kind,
      error,
      endedAt: at,
      ...(conclusion.kind === "succeeded" ? {} : { steps: broken(this.report.steps, at, why) }),
    }
    // Kept first: what was told to be over is over, also after a restart.
    const { report } = this.#kept
    const done = { ...report, ...last, revision: report.revision + 1 }
    this.#kept = { ...this.#kept, report: done }
    try {
      await this.#save(signal)
    } catch (failure) {
      signal.throwIfAborted()
      log.warn("operation.not-kept", { failure })
    }
    log.event("operation.ended", { operation: done.operation, state: done.state, error })
    this.#ports.say(done)
  }

  get #neverBegan(): boolean {
    const [check] = this.report.steps
    return this.#cancelling !== "no" && check?.state === "running"
  }

  #save(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(millis(saveWithin))])
    return this.#ports.save(this.#kept, limit)
  }
}
