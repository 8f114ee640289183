/**
 * A person's fence, its end, or consent to a promotion: one question to the sidecar of one member, who checks it and
 * says why not. Asked again after a restart or a lost answer: each is safe to repeat, and none is undone by asking.
 */
import type { CommandOutcome } from "#core/cluster/sidecar.ts"
import { millis, minutes, seconds } from "#core/units.ts"
import type { OperationOrder, OperationReport, OrderOf } from "#core/switchover/operation.ts"
import { begun, broken, ended } from "#core/switchover/steps.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import type { Question, Session } from "../hub/session.ts"
import { isRefusal, type KeptOperation, revisionsPerRun, type Work } from "./work.ts"

export type CommandOrder = OrderOf<"fence" | "unfence" | "promote">

export const isCommand = (order: OperationOrder): order is CommandOrder =>
  order.kind !== "switchover"

export type CommandPorts = {
  readonly clock: Clock
  readonly log: Log
  /** The sidecar that is asked, while it is connected. */
  readonly sidecar: () => Session | undefined
  readonly save: (kept: KeptOperation, signal: AbortSignal) => Promise<void>
  readonly say: (report: OperationReport) => void
}

/** Longer than a sidecar takes to say how it stands. */
const answerWithin = seconds(30)
/** For a sidecar that went away over the question. */
const answeredWithin = seconds(60)
/** What a satellite that comes back still asks. Later, a person has been told that it failed, and may want something else. */
const askedAgainWithin = minutes(5)
const askAgainEvery = seconds(1)
const saveWithin = seconds(10)

export class Command implements Work {
  readonly #ports: CommandPorts
  readonly #order: CommandOrder
  #kept: KeptOperation
  readonly #resumed: boolean
  #cancelled = false
  #asked = false

  constructor(ports: CommandPorts, order: CommandOrder, kept: KeptOperation, resumed: boolean) {
    this.#ports = ports
    this.#order = order
    this.#resumed = resumed
    const { report } = kept
    const revision = resumed ? report.revision + revisionsPerRun : report.revision
    this.#kept = { ...kept, report: { ...report, revision } }
  }

  get report(): OperationReport {
    return this.#kept.report
  }

  /** Once the member was asked it is too late. */
  cancel(): void {
    if (!this.#asked) this.#cancelled = true
  }

  wake(): void {}
  heard(): void {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, sidecar } = this.#ports
    const until = clock.now() + answeredWithin
    if (this.#isStale()) return this.#finish(stale, signal)
    const refusal = await this.#begin(signal)
    if (refusal !== undefined) return this.#finish(refusal, signal)
    for (let again = this.#resumed; ; again = true) {
      const answer = await sidecar()?.ask(this.#question(), answerWithin)
      signal.throwIfAborted()
      if (answer !== undefined && (answer.kind === "done" || isRefusal(answer)))
        return this.#finish(again ? doneBefore(answer) : answer, signal)
      if (clock.now() >= until) return this.#finish(this.#unanswered(), signal)
      await clock.sleep(askAgainEvery, signal)
    }
  }

  #isStale(): boolean {
    const { startedAt } = this.report
    const age = startedAt === undefined ? 0 : this.#ports.clock.wall() - startedAt
    return this.#resumed && age > askedAgainWithin
  }

  #question(): Question {
    switch (this.#order.kind) {
      case "fence":
        return { kind: "fence", reason: this.#order.reason }
      case "unfence":
        return { kind: "unfence" }
      case "promote":
        // Another vacancy is not what the person saw.
        return { kind: "promote", acceptLoss: this.#order.acceptLoss, term: this.#kept.term }
    }
  }

  /** Kept before anybody is asked. Returns why it is not to be asked. */
  async #begin(signal: AbortSignal): Promise<CommandOutcome | undefined> {
    const { clock, sidecar } = this.#ports
    const { from, report } = this.#kept
    const failed = (message: string): CommandOutcome => ({
      kind: "failed",
      code: "NOT_BEGUN",
      message,
    })
    if (!this.#resumed && sidecar() === undefined)
      return failed(
        `the sidecar of ${from} is not connected to its satellite: try again in a moment`,
      )
    const at = clock.wall()
    const [step] = report.steps
    if (step === undefined) return failed("it has no steps: a newer version began it")
    this.#kept = {
      ...this.#kept,
      report: {
        ...report,
        revision: report.revision + 1,
        steps: begun(report.steps, step.name, at, `asking ${from}`),
        pointOfNoReturnAt: at,
      },
    }
    try {
      await this.#save(signal)
    } catch (failure) {
      signal.throwIfAborted()
      const why = failure instanceof Error ? failure.message : String(failure)
      return failed(`the site's Kubernetes does not keep the operation: ${why}`)
    }
    if (this.#cancelled) return failed("it was cancelled before it began")
    this.#asked = true
    // Central asks again for what it was not told of: nothing is told that a restart would not know.
    this.#ports.say(this.report)
    return undefined
  }

  #unanswered(): CommandOutcome {
    const { from } = this.#kept
    return {
      kind: "failed",
      code: "NO_ANSWER",
      message: `the sidecar of ${from} did not answer: it may have done it all the same`,
    }
  }

  async #finish(outcome: CommandOutcome, signal: AbortSignal): Promise<void> {
    const { clock, log, say } = this.#ports
    const at = clock.wall()
    const { report } = this.#kept
    const [step] = report.steps
    const done = outcome.kind === "done"
    const said = done ? outcome.output : outcome.message
    const cancelled = this.#cancelled && !this.#asked
    const last: OperationReport = {
      ...report,
      revision: report.revision + 1,
      state: done ? "succeeded" : cancelled ? "cancelled" : "failed",
      steps:
        done && step !== undefined
          ? ended(report.steps, step.name, { state: "done", at, detail: said })
          : broken(report.steps, at, said),
      error: done || cancelled ? undefined : said,
      endedAt: at,
    }
    this.#kept = { ...this.#kept, report: last }
    try {
      await this.#save(signal)
    } catch (failure) {
      signal.throwIfAborted()
      log.warn("operation.not-kept", { failure })
    }
    log.event("operation.ended", {
      operation: last.operation,
      state: last.state,
      error: last.error,
    })
    say(last)
  }

  #save(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(millis(saveWithin))])
    return this.#ports.save(this.#kept, limit)
  }
}

const stale: CommandOutcome = {
  kind: "failed",
  code: "NO_ANSWER",
  message: `the satellite was away over it for more than ${askedAgainWithin / 60_000} minutes: it may have been done, and is not asked for again`,
}

/** What was asked for came about, and its answer was lost. */
const doneBefore = (answer: CommandOutcome): CommandOutcome =>
  answer.kind === "failed" && answer.code === "ALREADY_PRIMARY"
    ? { kind: "done", output: answer.message }
    : answer
