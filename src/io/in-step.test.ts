import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { millis } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import { inStep } from "./in-step.ts"

/** A clock in step, and how many timers it has set and cancelled. */
function counted() {
  const count = { set: 0, cancelled: 0 }
  const clock = inStep({
    ...systemClock,
    alarm: (duration, ring) => {
      count.set += 1
      const cancel = systemClock.alarm(duration, ring)
      return () => {
        count.cancelled += 1
        cancel()
      }
    },
  })
  return { clock, count }
}

test("alarms of a like length ring in one go, before their time and less than a step before it", async () => {
  const { clock, count } = counted()
  const rang: { readonly after: number; readonly at: number }[] = []
  for (const duration of [500, 520, 560, 590, 610, 640]) {
    const from = performance.now()
    clock.alarm(millis(duration), () => {
      rang.push({ after: performance.now() - from - duration, at: performance.now() })
    })
  }
  assert.ok(count.set <= 3, `${count.set} timers`)
  await wait(750)
  assert.equal(rang.length, 6)
  // A busy machine rings any timer late; none is set for later than it should.
  for (const { after } of rang) assert.ok(after > -101 && after < 60, `${after} ms`)
})

test("what is short is not moved", async () => {
  const { clock } = counted()
  const from = performance.now()
  await new Promise<void>((resolve) => {
    clock.alarm(millis(250), resolve)
  })
  assert.ok(performance.now() - from >= 248)
})

test("an alarm that was cancelled does not ring; the others of its step do", async () => {
  const { clock, count } = counted()
  let rang = ""
  // Longer than a step apart from the end of one, so that both are in the same.
  const early = 1000 - (performance.now() % 100)
  const a = clock.alarm(millis(early + 20), () => (rang += "a"))
  const b = clock.alarm(millis(early + 50), () => (rang += "b"))
  clock.alarm(millis(early + 50), () => (rang += "c"))
  a()
  a()
  b()
  assert.equal(count.cancelled, 0)
  await wait(1100)
  assert.equal(rang, "c")
  b()
  clock.alarm(millis(500), () => (rang += "d"))()
  assert.equal(count.cancelled, 1, "with the last of its alarms a timer goes")
  await wait(550)
  assert.equal(rang, "c")
})
