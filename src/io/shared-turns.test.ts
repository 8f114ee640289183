import assert from "node:assert/strict"
import { test } from "node:test"
import { Outage } from "#io/outage.ts"
import { SharedTurns } from "./shared-turns.ts"

/** Doubles numbers, a turn at a time, and remembers who was in which. */
function doubler(togetherMax: number, trouble: (asked: readonly number[]) => void = () => {}) {
  const turns: (readonly number[])[] = []
  const shared = new SharedTurns<number, number>(togetherMax, async (asked) => {
    turns.push(asked)
    await Promise.resolve()
    trouble(asked)
    return (one) => 2 * one
  })
  return {
    turns,
    ask: (...asked: number[]) => Promise.allSettled(asked.map((one) => shared.ask(one))),
  }
}

const values = (settled: readonly PromiseSettledResult<number>[]) =>
  settled.map((one) => (one.status === "fulfilled" ? one.value : "failed"))

test("who asks while a turn is under way shares the next, so many at most, and each gets its own answer", async () => {
  const { turns, ask } = doubler(3)
  assert.deepEqual(values(await ask(1, 2, 3, 4, 5)), [2, 4, 6, 8, 10])
  assert.deepEqual(turns, [[1], [2, 3, 4], [5]])
  assert.deepEqual(values(await ask(6)), [12])
})

test("what fails for one fails for nobody else", async () => {
  const { turns, ask } = doubler(10, (asked) => {
    if (asked.includes(3)) throw new Error("three is refused")
  })
  assert.deepEqual(values(await ask(1, 2, 3, 4)), [2, 4, "failed", 8])
  assert.deepEqual(turns, [[1], [2, 3, 4], [2], [3], [4]])
})

test("an outage is everybody's, and is not tried anew for each", async () => {
  let isAway = true
  const { turns, ask } = doubler(10, () => {
    if (isAway) throw new Outage("DATABASE_UNAVAILABLE", "away")
  })
  assert.deepEqual(values(await ask(1, 2, 3)), ["failed", "failed", "failed"])
  assert.deepEqual(turns, [[1], [2, 3]])
  isAway = false
  assert.deepEqual(values(await ask(4)), [8])
})
