import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import type { CommandOutcome, HandOverProgress, SidecarRequest } from "#core/cluster/sidecar.ts"
import { type OperationId, operationId, podName, type PodName, term } from "#core/ids.ts"
import type { OperationOrder, OperationReport, OperationWish } from "#core/switchover/operation.ts"
import type { Evidence } from "#core/switchover/outcome.ts"
import { silentLog } from "#io/log.ts"
import { minutes, seconds } from "#core/units.ts"
import { Operations } from "./operations.ts"
import { a, after, b, before, c, cluster, member, session } from "./test-cluster.ts"
import { TestTime } from "./test-time.ts"
import type { KeptOperation } from "./work.ts"

const begun: CommandOutcome = { kind: "done", output: "begun" }
const refusal: CommandOutcome = { kind: "failed", code: "UNFIT", message: "c-1 does not answer" }

/** A site whose primary's sidecar answers as the test says, and whose disk outlives a satellite. */
class TestSite implements AsyncDisposable {
  readonly kept = new Map<OperationId, KeptOperation>()
  readonly asked: SidecarRequest[] = []
  readonly said: OperationReport[] = []
  /** What happened, in order. */
  readonly story: string[] = []
  seen = before
  answer: (request: SidecarRequest) => CommandOutcome | undefined = () => begun
  connected = true
  keeps = true
  readonly time = new TestTime()
  #stop = new AbortController()
  operations = this.#open()
  #session = session()
  #answering = this.#sidecar()

  #open(): Operations {
    return new Operations({
      clock: this.time.clock,
      log: silentLog,
      store: {
        load: () => Promise.resolve([...this.kept.values()]),
        save: (kept) => {
          if (!this.keeps) return Promise.reject(new Error("the API is away"))
          this.story.push(`kept ${kept.report.state}`)
          this.kept.set(kept.order.operation, kept)
          return Promise.resolve()
        },
        forget: (id) => {
          this.story.push("forgotten")
          this.kept.delete(id)
          return Promise.resolve()
        },
      },
      site: {
        whyNot: () => undefined,
        primary: () => {
          const serving = this.seen.members.find(({ servesIn }) => servesIn !== undefined)
          return serving?.servesIn === undefined
            ? undefined
            : { pod: serving.pod, term: serving.servesIn }
        },
        look: () => this.seen,
        sidecar: () => (this.connected ? this.#session : undefined),
      },
      say: (report) => this.said.push(report),
      signal: this.#stop.signal,
    })
  }

  async #sidecar(): Promise<void> {
    for await (const command of this.#session.outgoing()) {
      if (command.kind === "events-ack" || command.kind === "set-log-level") continue
      this.asked.push(command)
      this.story.push(`asked ${command.kind}`)
      const outcome = this.answer(command)
      if (outcome !== undefined) this.#session.answered(command.id, outcome)
    }
  }

  /** The satellite dies, and another finds what it kept, after a while. */
  async restart(away = seconds(1)): Promise<void> {
    this.#stop.abort(new Error("killed"))
    this.#session.end("killed")
    await this.operations.ended()
    await this.#answering
    await this.time.pass(away)
    this.#session = session()
    this.#answering = this.#sidecar()
    this.#stop = new AbortController()
    this.operations = this.#open()
    await this.operations.load(this.#stop.signal)
  }

  look(seen: Pick<Evidence, "lease" | "members">): void {
    this.seen = seen
    this.operations.touched(cluster)
  }

  tell(
    operation: OperationId,
    step: HandOverProgress["step"],
    change: Partial<HandOverProgress> = {},
  ): void {
    const outcome = { kind: "running" } as const
    this.operations.heard(cluster, a, { operation, step, to: b, at: 1000, outcome, ...change })
  }

  async until(what: string, so: () => boolean): Promise<void> {
    assert.ok(
      await this.time.until(so),
      `it did not come about that ${what}: ${JSON.stringify(this.said.at(-1))}`,
    )
  }

  async over(operation: OperationId): Promise<OperationReport> {
    const last = (): OperationReport | undefined =>
      this.said.findLast((report) => report.operation === operation)
    await this.until("it is over", () => last()?.endedAt !== undefined)
    const found = last()
    assert(found !== undefined)
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the test ends"))
    this.#session.end("the test ends")
    await this.operations.ended()
    await this.#answering
  }
}

const order = (to: PodName | undefined = b): OperationOrder => ({
  operation: operationId(randomUUID()),
  clusterId: cluster,
  kind: "switchover",
  to,
})

test("an operation is kept before the sidecar is asked, told step by step, and over when the target serves", async () => {
  await using site = new TestSite()
  const wanted = order()
  site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  assert.deepEqual(site.story.slice(0, 2), ["kept running", "asked hand-over"])
  assert.deepEqual(
    { ...site.asked[0], id: undefined },
    { kind: "hand-over", operation: wanted.operation, to: b, term: 3, id: undefined },
  )
  site.tell(wanted.operation, "checkpoint")
  site.tell(wanted.operation, "release", { at: 2000 })
  site.tell(wanted.operation, "await", { at: 2001 })
  assert.equal(site.said.at(-1)?.pointOfNoReturnAt, 2000)
  site.look(after)
  const done = await site.over(wanted.operation)
  assert.deepEqual([done.state, done.target, done.error], ["succeeded", b, undefined])
  assert.equal(done.steps.at(-1)?.detail, "everybody streams from c-1")
  const revisions = site.said.map(({ revision }) => revision)
  assert.deepEqual(
    revisions,
    revisions.toSorted((one, other) => one - other),
  )
  site.operations.acknowledged(wanted.operation, done.revision - 1)
  assert.ok(site.kept.has(wanted.operation), "an older word does not stand for the last")
  site.operations.acknowledged(wanted.operation, done.revision)
  assert.equal(site.kept.size, 0)
})

test("what the sidecar refuses failed in its words, and the cluster is free for the next", async () => {
  await using site = new TestSite()
  site.answer = () => refusal
  const first = order()
  site.operations.start(first)
  const refused = await site.over(first.operation)
  assert.deepEqual([refused.state, refused.error], ["failed", "c-1 does not answer"])
  assert.deepEqual(
    refused.steps.map(({ state }) => state),
    ["failed", ...Array<string>(7).fill("skipped")],
  )
  site.answer = () => begun
  const next = order()
  site.operations.start(next)
  site.look(after)
  assert.equal((await site.over(next.operation)).state, "succeeded")
})

test("central may ask any number of times: it is begun once, and its end is told again", async () => {
  await using site = new TestSite()
  const wanted = order()
  for (let times = 0; times < 3; times += 1) site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  site.operations.start(wanted)
  site.look(after)
  await site.over(wanted.operation)
  const said = site.said.length
  site.operations.start(wanted)
  assert.equal(site.said.length, said + 1)
  assert.equal(site.said.at(-1)?.state, "succeeded")
  assert.equal(site.asked.length, 1)
})

test("one operation at a time: another on the same cluster fails and names the first", async () => {
  await using site = new TestSite()
  const [first, second] = [order(), order(c)]
  site.operations.start(first)
  site.operations.start(second)
  const refused = await site.over(second.operation)
  assert.equal(refused.error, `operation ${first.operation} is under way on this cluster`)
  assert.equal(refused.startedAt, undefined)
})

test("without a primary, without its sidecar, or without a place to keep it, nothing is begun", async () => {
  await using site = new TestSite()
  site.seen = { lease: undefined, members: [member(a), member(b)] }
  const orphan = order()
  site.operations.start(orphan)
  assert.equal((await site.over(orphan.operation)).error, "no member serves as primary now")
  site.seen = before
  site.connected = false
  const mute = order()
  site.operations.start(mute)
  assert.match((await site.over(mute.operation)).error ?? "", /the sidecar of c-0 is not connected/)
  site.connected = true
  site.keeps = false
  const unkept = order()
  site.operations.start(unkept)
  assert.match(
    (await site.over(unkept.operation)).error ?? "",
    /does not keep the operation: the API is away/,
  )
  assert.deepEqual(site.asked, [])
})

test("a satellite that restarts midway asks nobody again and judges by what it sees", async () => {
  await using site = new TestSite()
  const wanted = order()
  site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  site.tell(wanted.operation, "stop")
  const told = site.said.at(-1)?.revision ?? 0
  await site.restart()
  site.operations.start(wanted)
  site.look(after)
  const done = await site.over(wanted.operation)
  assert.equal(done.state, "succeeded")
  assert.ok(done.revision > told)
  assert.equal(site.asked.length, 1)
  await site.restart()
  assert.equal(
    (await site.over(wanted.operation)).state,
    "succeeded",
    "told again until it is acknowledged",
  )
})

test("a sidecar that was restarted too, and knows nothing of it, leaves the old primary: undone", async () => {
  await using site = new TestSite()
  const wanted = order()
  site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  await site.restart()
  const undone = await site.over(wanted.operation)
  assert.equal(undone.state, "failed")
  assert.match(undone.error ?? "", /c-0 goes on as primary in term 3 and knows of no hand-over/)
})

test("an answer that is lost is no refusal: what can be seen decides", async () => {
  await using site = new TestSite()
  site.answer = () => ({ kind: "failed", code: "NO_ANSWER", message: "no answer in time" })
  const wanted = order()
  site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  site.look(after)
  assert.equal((await site.over(wanted.operation)).state, "succeeded")
})

test("what is cancelled in time is undone by the sidecar, and then it is cancelled", async () => {
  await using site = new TestSite()
  const wanted = order()
  site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  site.look({
    ...before,
    members: before.members.map((one) => ({ ...one, handOver: wanted.operation })),
  })
  site.tell(wanted.operation, "fence")
  site.operations.cancel(wanted.operation)
  await site.until("it is abandoned", () =>
    site.asked.some(({ kind }) => kind === "abandon-hand-over"),
  )
  site.tell(wanted.operation, "fence", {
    outcome: { kind: "undone", reason: "it was abandoned", abandoned: true },
  })
  site.look(before)
  const over = await site.over(wanted.operation)
  assert.deepEqual([over.state, over.error], ["cancelled", undefined])
  assert.equal(over.steps.find(({ name }) => name === "fence")?.state, "failed")
})

test("what is cancelled too late succeeds all the same", async () => {
  await using site = new TestSite()
  site.answer = ({ kind }) =>
    kind === "hand-over" ? begun : { kind: "failed", code: "TOO_LATE", message: "released" }
  const wanted = order()
  site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  site.operations.cancel(wanted.operation)
  site.look(after)
  assert.equal((await site.over(wanted.operation)).state, "succeeded")
})

test("what is cancelled before it came here is over before it begins", async () => {
  await using site = new TestSite()
  const wanted = order()
  site.operations.cancel(wanted.operation)
  assert.equal((await site.over(wanted.operation)).state, "cancelled")
  site.operations.start(wanted)
  assert.deepEqual([site.said.at(-1)?.state, site.asked], ["cancelled", []])
})

test("an end that never comes is told as what is known", async () => {
  await using site = new TestSite()
  const wanted = order()
  site.operations.start(wanted)
  site.look({
    lease: { holder: undefined, term: term(3) },
    members: [member(a), member(b), member(c)],
  })
  const over = await site.over(wanted.operation)
  assert.match(over.error ?? "", /^not concluded within 90 s: nobody holds the Lease in term 3/)
})

const wish = (change: OperationWish): OperationOrder => ({
  operation: operationId(randomUUID()),
  clusterId: cluster,
  ...change,
})
const outage: Pick<Evidence, "lease" | "members"> = {
  lease: { holder: undefined, term: term(3) },
  members: [member(a, { streams: false }), member(b), member(c)],
}

test("a fence is one question to the primary's sidecar, kept before it is asked, and its answer is the end", async () => {
  await using site = new TestSite()
  site.answer = () => ({ kind: "done", output: "no clients until 10 minutes have passed" })
  const wanted = wish({ kind: "fence", reason: "wrong data" })
  site.operations.start(wanted)
  const done = await site.over(wanted.operation)
  assert.deepEqual([done.state, done.error], ["succeeded", undefined])
  assert.deepEqual(
    done.steps.map(({ name, state, detail }) => `${name} ${state}: ${detail}`),
    ["fence done: no clients until 10 minutes have passed"],
  )
  assert.deepEqual(site.story.slice(0, 2), ["kept running", "asked fence"])
  assert.deepEqual(
    { ...site.asked[0], id: undefined },
    { kind: "fence", reason: "wrong data", id: undefined },
  )
  site.operations.cancel(wanted.operation)
  assert.equal(site.said.at(-1)?.state, "succeeded", "what is over is not cancelled")
})

test("a promotion asks its member for the vacancy that is there, and fails in that member's words", async () => {
  await using site = new TestSite()
  site.seen = outage
  site.answer = () => ({ kind: "failed", code: "NOT_YET", message: "not primary yet" })
  const stranger = wish({ kind: "promote", to: podName("c-9"), acceptLoss: true })
  site.operations.start(stranger)
  assert.equal((await site.over(stranger.operation)).error, "c-9 is not a member")
  const wanted = wish({ kind: "promote", to: a, acceptLoss: true })
  site.operations.start(wanted)
  const over = await site.over(wanted.operation)
  assert.deepEqual([over.state, over.error, over.target], ["failed", "not primary yet", a])
  assert.deepEqual(
    { ...site.asked.at(-1), id: undefined },
    { kind: "promote", acceptLoss: true, term: 3, id: undefined },
  )
})

test("an answer to a promotion that is lost is asked for again, and what came about is done", async () => {
  await using site = new TestSite()
  site.seen = outage
  const answers: CommandOutcome[] = [
    { kind: "failed", code: "NO_ANSWER", message: "no answer in time" },
    { kind: "failed", code: "ALREADY_PRIMARY", message: "c-0 leads already" },
  ]
  site.answer = () => answers.shift() ?? refusal
  const wanted = wish({ kind: "promote", to: a, acceptLoss: false })
  site.operations.start(wanted)
  assert.equal((await site.over(wanted.operation)).state, "succeeded")
})

test("a satellite that restarts over a fence asks again", async () => {
  await using site = new TestSite()
  site.answer = () => undefined
  const wanted = wish({ kind: "fence", reason: "wrong data" })
  site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  site.answer = () => begun
  await site.restart()
  assert.equal((await site.over(wanted.operation)).state, "succeeded")
  assert.equal(site.asked.length, 2)
})

test("a satellite that was away for long over a fence does not ask for it again: it failed, and says what is known", async () => {
  await using site = new TestSite()
  site.answer = () => undefined
  const wanted = wish({ kind: "fence", reason: "wrong data" })
  site.operations.start(wanted)
  await site.until("the sidecar is asked", () => site.asked.length > 0)
  await site.restart(minutes(6))
  const over = await site.over(wanted.operation)
  assert.equal(over.state, "failed")
  assert.match(over.error ?? "", /away over it for more than 5 minutes: it may have been done/)
  assert.equal(site.asked.length, 1)
})
