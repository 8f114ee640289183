import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { setImmediate } from "node:timers/promises"
import { test } from "node:test"
import { tailId } from "#core/ids.ts"
import { type TailBatch, tailBounds, type TailOrder } from "#core/logs/tail.ts"
import { systemClock } from "#io/clock.ts"
import { silentLog } from "#io/log.ts"
import type { Ended, Reading, Source } from "./source.ts"
import { LogTails } from "./tails.ts"

const order = (changes: Partial<TailOrder> = {}): TailOrder => ({
  tail: tailId(randomUUID()),
  source: { kind: "satellite" },
  lines: 10,
  filter: { level: undefined, text: undefined },
  seconds: 60,
  ...changes,
})

/** Tails of a source that the test writes to, on a clock that the test moves. */
function started() {
  const readings: Reading[] = []
  const ends: PromiseWithResolvers<Ended>[] = []
  const signals: AbortSignal[] = []
  const alarms = new Map<() => void, number>()
  let now = 1_000_000
  let readied = 0
  const source: Source = async (_, reading, signal) => {
    const end = Promise.withResolvers<Ended>()
    signal.addEventListener("abort", () => end.reject(signal.reason))
    readings.push(reading)
    ends.push(end)
    signals.push(signal)
    return end.promise
  }
  const tails = new LogTails({
    clock: {
      ...systemClock,
      now: () => now,
      alarm: (duration, ring) => {
        alarms.set(ring, now + duration)
        return () => void alarms.delete(ring)
      },
    },
    log: silentLog,
    sourceOf: () => source,
    ready: () => (readied += 1),
  })
  return {
    tails,
    readings,
    ends,
    signals,
    readied: () => readied,
    pass: (duration: number) => {
      now += duration
      for (const [ring, at] of alarms)
        if (at <= now) {
          alarms.delete(ring)
          ring()
        }
    },
  }
}

const write = (reading: Reading | undefined, ...texts: readonly string[]): void => {
  for (const text of texts) reading?.line({ at: undefined, text, isCut: false })
}
const texts = (batch: TailBatch | undefined) => batch?.lines.map(({ text }) => text)

test("the first batch is there at once; then lines come, not more often than the bound, and a sign of life", () => {
  const { tails, readings, pass } = started()
  const wanted = order()
  tails.start(wanted)
  const first = tails.next()
  assert.deepEqual([first?.tail, first?.sequence, first?.lines], [wanted.tail, 1, []])
  assert.deepEqual(first?.standing, { kind: "following" })
  write(readings[0], "one", "two")
  assert.equal(tails.next(), undefined, "too soon")
  pass(tailBounds.every)
  assert.deepEqual(texts(tails.next()), ["one", "two"])
  pass(tailBounds.every)
  assert.equal(tails.next(), undefined, "nothing to say")
  pass(tailBounds.pulseEvery)
  assert.deepEqual(tails.next()?.lines, [])
})

test("whoever fetches is woken for the first line, and when a batch that was too soon is due", () => {
  const { tails, readings, pass, readied } = started()
  tails.start(order())
  tails.next()
  const before = readied()
  write(readings[0], "one", "two", "three")
  assert.equal(readied(), before + 1)
  assert.equal(tails.next(), undefined)
  pass(tailBounds.every)
  assert.equal(readied(), before + 2)
})

test("a flood is left out and counted; what is sent in a second is bounded", () => {
  const { tails, readings, pass } = started()
  tails.start(order())
  tails.next()
  let sent = 0
  let shown = 0
  let dropped = 0
  for (let second = 0; second < 5; second += 1) {
    for (let at = 0; at < 20_000; at += 1)
      write(readings[0], `line ${(sent += 1)} ${"x".repeat(100)}`)
    let characters = 0
    for (let turn = 0; turn < 1000 / tailBounds.every; turn += 1) {
      pass(tailBounds.every)
      const batch = tails.next()
      shown += batch?.lines.length ?? 0
      dropped += batch?.dropped ?? 0
      characters += batch?.lines.reduce((sum, { text }) => sum + text.length, 0) ?? 0
      assert.equal(tails.next(), undefined, "one batch in its time")
    }
    assert.ok(characters <= (tailBounds.batchCharacters * 1000) / tailBounds.every)
  }
  for (let turn = 0; turn < 20; turn += 1) {
    pass(tailBounds.every)
    const batch = tails.next()
    shown += batch?.lines.length ?? 0
    dropped += batch?.dropped ?? 0
  }
  assert.ok(dropped > 90_000)
  assert.equal(shown + dropped, sent)
})

test("tails take turns, and only so many are followed", async () => {
  const { tails, readings, pass } = started()
  const orders = Array.from({ length: tailBounds.perSatellite }, () => order())
  for (const one of orders) tails.start(one)
  const [again] = orders
  assert.ok(again)
  tails.start(again)
  assert.equal(tails.count, tailBounds.perSatellite, "asked for twice, it is begun once")
  tails.start(order())
  assert.equal(tails.next()?.standing.kind, "ended", "one too many")
  for (const one of orders) assert.equal(tails.next()?.tail, one.tail)
  for (const reading of readings) write(reading, "x".repeat(9000), "x".repeat(9000))
  pass(tailBounds.every)
  assert.deepEqual(
    orders.map(() => tails.next()?.tail),
    orders.map(({ tail }) => tail),
  )
  tails.endAll()
})

test("its end comes after its last line, and then it is forgotten", async () => {
  const { tails, readings, ends, pass } = started()
  tails.start(order())
  tails.next()
  write(readings[0], ...Array.from({ length: tailBounds.batchLines + 1 }, (_, at) => `${at}`))
  ends[0]?.resolve({ end: "gone", why: "the pod is gone" })
  await setImmediate()
  pass(tailBounds.every)
  const most = tails.next()
  assert.deepEqual([most?.lines.length, most?.standing.kind], [tailBounds.batchLines, "following"])
  pass(tailBounds.every)
  const last = tails.next()
  assert.deepEqual(texts(last), [`${tailBounds.batchLines}`])
  assert.deepEqual(last?.standing, { kind: "ended", end: "gone", why: "the pod is gone" })
  assert.equal(tails.count, 0)
})

test("it ends by itself when its time is up, and with everything else when the stream ends", () => {
  const { tails, signals, pass } = started()
  tails.start(order({ seconds: 60 }))
  tails.next()
  pass(60_000)
  const last = tails.next()
  assert.ok(last?.standing.kind === "ended" && last.standing.end === "time-is-up")
  assert.equal(signals[0]?.aborted, true)
  tails.start(order())
  tails.start(order())
  tails.endAll()
  assert.equal(tails.next(), undefined)
  assert.ok(signals.every(({ aborted }) => aborted))
  const left = order()
  tails.start(left)
  tails.stop(left.tail)
  assert.equal(signals.at(-1)?.aborted, true)
  assert.equal(tails.next(), undefined)
})

test("a source that fails ends its tail with why, and no other", async () => {
  const { tails, ends, pass } = started()
  const [bad, good] = [order(), order()]
  tails.start(bad)
  tails.start(good)
  tails.next()
  tails.next()
  ends[0]?.reject(new Error("the disk is on fire"))
  await setImmediate()
  pass(tailBounds.every)
  const last = tails.next()
  assert.equal(last?.tail, bad.tail)
  assert.deepEqual(last.standing, { kind: "ended", end: "failed", why: "the disk is on fire" })
  pass(tailBounds.pulseEvery)
  assert.deepEqual(tails.next()?.standing, { kind: "following" })
})
