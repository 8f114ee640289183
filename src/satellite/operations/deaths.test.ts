/**
 * Every kind of operation, with the satellite killed at each of its steps in turn: before and after everything that it
 * keeps, asks, hears and says. It ends as what really came about, once, and is never begun twice.
 */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import type { CommandOutcome, HandOverStep, SidecarRequest } from "#core/cluster/sidecar.ts"
import { type OperationId, operationId, podName, term } from "#core/ids.ts"
import {
  isOver,
  type OperationOrder,
  type OperationReport,
  type OperationWish,
} from "#core/switchover/operation.ts"
import { silentLog } from "#io/log.ts"
import { millis, seconds } from "#core/units.ts"
import type { Session } from "../hub/session.ts"
import { Operations } from "./operations.ts"
import { a, after, b, before, cluster, member, session } from "./test-cluster.ts"
import { TestTime } from "./test-time.ts"
import type { KeptOperation } from "./work.ts"

const vacant = {
  lease: { holder: undefined, term: term(3) },
  members: before.members.map((one) => ({ ...one, servesIn: undefined })),
}
const promoted = {
  lease: { holder: b, term: term(4) },
  members: [member(a), member(b, { servesIn: term(4), streams: false })],
}

/** A hand-over goes on for a while without a satellite, and is not over when the next one comes. */
const stepTakes = seconds(0.5)
const awayFor = seconds(1.2)

/** What outlives a satellite: what its Kubernetes keeps, the sidecars, and central with what it was told. */
class MortalSite implements AsyncDisposable {
  readonly kept = new Map<OperationId, KeptOperation>()
  /** By central: of each operation the highest revision. */
  readonly told = new Map<OperationId, OperationReport>()
  /** What sidecars really began, in order: a fence that is there already is not begun. */
  readonly began: string[] = []
  /** What could be interrupted, in order. */
  readonly points: string[] = []
  seen: typeof before
  isFenced: boolean
  readonly #order: OperationOrder
  readonly #dieAt: number
  readonly #time = new TestTime()
  #stop = new AbortController()
  #session = session()
  #operations: Operations | undefined
  readonly #sidecars: Promise<void>[] = []

  constructor(order: OperationOrder, dieAt: number) {
    this.#order = order
    this.#dieAt = dieAt
    this.seen = order.kind === "promote" ? vacant : before
    this.isFenced = order.kind === "unfence"
  }

  /** Is this where it dies? Whatever is dead does nothing more. */
  #dies(stop: AbortController, point: string): boolean {
    if (stop.signal.aborted) return true
    this.points.push(point)
    if (this.points.length === this.#dieAt) stop.abort(new Error(`killed: ${point}`))
    return stop.signal.aborted
  }

  async #open(): Promise<void> {
    this.#stop = new AbortController()
    this.#session = session()
    const [stop, sidecar] = [this.#stop, this.#session]
    this.#sidecars.push(this.#answer(stop, sidecar))
    /** Interrupted before it is done, or before anybody hears that it was. */
    const atRisk = async (what: string, deed: () => void): Promise<void> => {
      if (!this.#dies(stop, `before ${what}`)) {
        deed()
        if (!this.#dies(stop, `after ${what}`)) return
      }
      await Promise.reject(stop.signal.reason)
    }
    this.#operations = new Operations({
      clock: this.#time.clock,
      log: silentLog,
      store: {
        load: () => Promise.resolve([...this.kept.values()]),
        save: (one) =>
          atRisk(`keeping ${one.report.state}`, () => this.kept.set(one.order.operation, one)),
        forget: (id) => atRisk("forgetting", () => this.kept.delete(id)),
      },
      site: {
        whyNot: () => undefined,
        primary: () => {
          const serving = this.seen.members.find(({ servesIn }) => servesIn !== undefined)
          return serving?.servesIn && { pod: serving.pod, term: serving.servesIn }
        },
        look: () => this.seen,
        sidecar: () => sidecar,
      },
      say: (report) => this.#say(stop, report),
      signal: stop.signal,
    })
    await this.#operations.load(stop.signal)
    // Central asks again for what it has heard nothing of.
    if (!this.told.has(this.#order.operation)) this.#operations.start(this.#order)
  }

  #say(stop: AbortController, report: OperationReport): void {
    const what = `${report.state}${report.steps.map(({ state }) => ` ${state}`).join("")} is told`
    if (this.#dies(stop, `before ${what}`)) return
    const before = this.told.get(report.operation)
    if (before !== undefined && isOver(before.state))
      assert.deepEqual([report.state, report.error], [before.state, before.error], "one end")
    if ((before?.revision ?? 0) < report.revision) this.told.set(report.operation, report)
    if (this.#dies(stop, `after ${what}`)) return
    const operations = this.#operations
    // By a message of its own.
    if (isOver(report.state))
      this.#time.clock.alarm(millis(1), () => {
        if (!this.#dies(stop, "before the end is acknowledged"))
          operations?.acknowledged(report.operation, report.revision)
      })
  }

  async #answer(stop: AbortController, sidecar: Session): Promise<void> {
    for await (const command of sidecar.outgoing()) {
      if (command.kind === "events-ack" || command.kind === "set-log-level") continue
      if (this.#dies(stop, `before ${command.kind} is heard`)) continue
      const outcome = this.#done(command)
      if (!this.#dies(stop, `after ${command.kind} was done`)) sidecar.answered(command.id, outcome)
    }
  }

  /** What the real ones do: each may be asked twice, and does it once. */
  #done(request: SidecarRequest): CommandOutcome {
    const begin = (what: string): CommandOutcome => {
      this.began.push(what)
      return { kind: "done", output: what }
    }
    switch (request.kind) {
      case "fence":
      case "unfence": {
        const wanted = request.kind === "fence"
        const isSo = this.isFenced === wanted
        this.isFenced = wanted
        return isSo ? { kind: "done", output: "it is so" } : begin(request.kind)
      }
      case "promote":
        if (this.seen === promoted)
          return { kind: "failed", code: "ALREADY_PRIMARY", message: "c-1 leads already" }
        this.seen = promoted
        return begin("promote")
      case "hand-over":
        void this.#handOver(request.operation)
        return begin("hand-over")
      case "abandon-hand-over":
      case "checkpoint":
      case "get-status":
      case "restart":
        throw new Error(`nobody asks for ${request.kind} here`)
    }
  }

  /** Goes on by itself, and tells whatever satellite there is. */
  async #handOver(operation: OperationId): Promise<void> {
    this.#look({
      ...before,
      members: before.members.map((one) => ({ ...one, handOver: operation })),
    })
    const steps: HandOverStep[] = ["checkpoint", "fence", "stop", "confirm", "release", "await"]
    for (const step of steps) {
      await this.#time.clock.sleep(stepTakes, new AbortController().signal)
      const outcome = { kind: "running" } as const
      this.#operations?.heard(cluster, a, { operation, step, to: b, at: Date.now(), outcome })
    }
    this.#look(after)
  }

  #look(seen: typeof before): void {
    this.seen = seen
    this.#operations?.touched(cluster)
  }

  /** Runs it to its end, with another satellite after each that dies. */
  async run(): Promise<OperationReport> {
    await this.#open()
    const { operation } = this.#order
    const isToldAndForgotten = (): boolean => {
      const told = this.told.get(operation)
      return told !== undefined && isOver(told.state) && this.kept.size === 0
    }
    for (;;) {
      const goesOn = await this.#time.until(() => this.#stop.signal.aborted || isToldAndForgotten())
      const told = this.told.get(operation)
      assert.ok(goesOn, `stuck: ${JSON.stringify(told)} ${this.points.join("; ")}`)
      if (told !== undefined && !this.#stop.signal.aborted) return told
      await this.#close()
      await this.#time.pass(awayFor)
      await this.#open()
    }
  }

  async #close(): Promise<void> {
    this.#session.end("the satellite is gone")
    await this.#operations?.ended()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the test ends"))
    await this.#close()
    await Promise.all(this.#sidecars)
  }
}

const wishes: readonly OperationWish[] = [
  { kind: "switchover", to: b },
  { kind: "fence", reason: "wrong data" },
  { kind: "unfence" },
  { kind: "promote", to: podName("c-1"), acceptLoss: false },
]
const pointsMax = 200

for (const wish of wishes)
  test(`a ${wish.kind} whose satellite dies at any of its steps ends as what came about, and is begun once`, async (t) => {
    const ends = new Map<string, number>()
    for (let dieAt = 1; ; dieAt += 1) {
      assert.ok(dieAt < pointsMax, "it comes to an end")
      const order = { operation: operationId(randomUUID()), clusterId: cluster, ...wish }
      await using site = new MortalSite(order, dieAt)
      const over = await site.run()
      const what = `killed ${site.points[dieAt - 1]}: ${JSON.stringify(over)}`
      const question = wish.kind === "switchover" ? "hand-over" : wish.kind
      if (over.state === "succeeded") {
        assert.deepEqual(site.began, [question], what)
        assert.ok(
          over.steps.every(({ state }) => state === "done" || state === "skipped"),
          what,
        )
      } else {
        // Only a hand-over is not asked for again: nobody can see whether it began.
        assert.deepEqual([over.state, wish.kind, site.began], ["failed", "switchover", []], what)
        assert.match(over.error ?? "", /c-0 goes on as primary in term 3/, what)
      }
      ends.set(over.state, (ends.get(over.state) ?? 0) + 1)
      if (site.points.length < dieAt) break
    }
    t.diagnostic(JSON.stringify(Object.fromEntries(ends)))
    assert.ok((ends.get("succeeded") ?? 0) > 8, "it was killed at many places")
  })
