import assert from "node:assert/strict"
import { test } from "node:test"
import { stillness, type Stillness, watchStillness } from "#core/failover/stillness.ts"

const at = (now: number, ahead: number, heldUp = 0) => ({
  before: now,
  wall: now + ahead,
  after: now + heldUp,
})

/** Readings of so many milliseconds ahead at a time, and when a pause was seen. */
function seen(...readings: readonly (readonly [now: number, ahead: number])[]): readonly number[] {
  let state: Stillness = watchStillness(at(0, 1000))
  return readings.flatMap(([now, ahead]) => {
    const { next, stood } = stillness(state, at(now, ahead))
    state = next
    return stood ? [now] : []
  })
}

test("S1: a wall clock that got ahead says that the machine stood still, once", () => {
  assert.deepEqual(seen([500, 1000], [1000, 9000], [1500, 9000]), [1000])
})

test("S1: several short pauses within two windows are one long one, slow drift is none", () => {
  assert.deepEqual(seen([1000, 1300], [5000, 1600]), [5000])
  const drift = [1400, 1400, 1450, 1800, 1900].map((ahead, at) => [12_000 * at, ahead] as const)
  assert.deepEqual(seen(...drift), [])
})

test("a wall clock that is set back is no pause, and one after it is seen all the same", () => {
  assert.deepEqual(seen([500, -5000], [1000, -5000], [1500, -4000]), [1500])
})

test("whoever is held up between the clocks sees no pause", () => {
  const state = watchStillness(at(0, 1000))
  const slow = stillness(state, { before: 500, wall: 2400, after: 2300 })
  assert.equal(slow.stood, false)
  assert.equal(stillness(slow.next, at(2500, 1000)).stood, false)
})
