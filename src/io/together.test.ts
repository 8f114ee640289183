import assert from "node:assert/strict"
import { test } from "node:test"
import { systemClock } from "#io/clock.ts"
import { forever, together } from "#io/together.ts"
import { millis, minutes, seconds } from "#core/units.ts"

const never = (signal: AbortSignal): Promise<void> => systemClock.sleep(minutes(10), signal)

test("the first task to end stops the rest", async () => {
  let stopped = false
  await together(
    new AbortController().signal,
    () => Promise.resolve(),
    async (signal) => {
      try {
        await never(signal)
      } finally {
        stopped = true
      }
    },
  )
  assert.ok(stopped)
})

test("the first failure is thrown after all tasks have ended", async () => {
  let ended = 0
  const count = async (signal: AbortSignal): Promise<void> => {
    try {
      await never(signal)
    } finally {
      ended += 1
    }
  }
  await assert.rejects(
    together(new AbortController().signal, count, count, () => Promise.reject(new Error("disk"))),
    /disk/,
  )
  assert.equal(ended, 2)
})

test("stopping from outside is not a failure", async () => {
  const outside = new AbortController()
  const running = together(outside.signal, never, never)
  outside.abort(new Error("SIGTERM"))
  await running
})

test("a task that fails is run again until the signal", async () => {
  const outside = new AbortController()
  const heard: unknown[] = []
  let runs = 0
  await forever(
    outside.signal,
    () => {
      runs += 1
      if (runs === 3) outside.abort()
      return Promise.reject(new Error(`run ${runs}`))
    },
    (failure) => heard.push(failure),
    (_, signal) => systemClock.sleep(millis(0), signal),
  )
  assert.equal(runs, 3)
  assert.ok(heard.length >= 2)
})

test("a wait that is not met in time is an outage", async () => {
  await assert.rejects(
    systemClock.until(() => false, {
      every: millis(1),
      within: millis(20),
      signal: new AbortController().signal,
    }),
    { name: "Outage", code: "NOT_IN_TIME" },
  )
})

test("a wait ends with its signal", async () => {
  const stop = new AbortController()
  const waiting = systemClock.sleep(seconds(60), stop.signal)
  stop.abort(new Error("enough"))
  await assert.rejects(waiting, /enough/)
})
