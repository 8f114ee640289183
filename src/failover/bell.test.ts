import assert from "node:assert/strict"
import { test } from "node:test"
import { millis, seconds } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import { Bell } from "./bell.ts"

const long = seconds(60)

test("a ring is heard by who waits, by who waits later, and once", async () => {
  const bell = new Bell(systemClock)
  const { signal } = new AbortController()
  const waits = bell.wait(long, signal)
  bell.ring()
  bell.ring()
  await waits
  const next = bell.wait(millis(5), signal)
  bell.ring()
  await next
  bell.ring()
  await bell.wait(long, signal)
})

test("without a ring a wait ends after its time, and with its signal, which is listened to once", async () => {
  const bell = new Bell(systemClock)
  await bell.wait(millis(1), new AbortController().signal)
  const end = new AbortController()
  let listeners = 0
  const add = end.signal.addEventListener.bind(end.signal)
  end.signal.addEventListener = (...given: Parameters<typeof add>) => {
    listeners += 1
    add(...given)
  }
  for (let wait = 0; wait < 3; wait += 1) await bell.wait(millis(1), end.signal)
  assert.equal(listeners, 1)
  const last = bell.wait(long, end.signal)
  end.abort()
  await last
  await bell.wait(long, end.signal)
})

test("what rings in one breath is heard as one, and what rings after it is not lost", async () => {
  const bell = new Bell(systemClock)
  const { signal } = new AbortController()
  const both = bell.waitForAll(long, signal)
  bell.ring()
  await Promise.resolve()
  bell.ring()
  await both
  let isHeard = false
  const next = bell.waitForAll(long, signal).then(() => {
    isHeard = true
  })
  await systemClock.breath()
  await systemClock.breath()
  assert.equal(isHeard, false, "the second ring was heard with the first")
  bell.ring()
  await next
})
