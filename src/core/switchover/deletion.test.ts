import assert from "node:assert/strict"
import { test } from "node:test"
import { accepted, gone, removing, seenFrom, stopped } from "./deletion.ts"

const states = (steps: ReturnType<typeof accepted>): string =>
  steps.map(({ state }) => state).join(" ")

test("a deletion goes from one step to the next, and each says since when", () => {
  const first = accepted(10)
  assert.equal(states(first), "done running pending pending")
  const told = removing(first, 20)
  assert.equal(states(told), "done done running pending")
  assert.deepEqual(removing(told, 30), told, "told again on the next stream, nothing is new")
  const half = removing(told, 30, "2 pods are stopping")
  assert.deepEqual(half[2], { ...told[2], detail: "2 pods are stopping" })
  const over = gone(half, 40)
  assert.equal(states(over), "done done done done")
  assert.deepEqual(
    over.map(({ startedAt, endedAt }) => [startedAt, endedAt]),
    [
      [10, 10],
      [10, 20],
      [20, 40],
      [40, 40],
    ],
  )
  assert.deepEqual(
    gone(first, 40).map(({ state }) => state),
    ["done", "done", "done", "done"],
  )
})

test("one that was called off, or refused, ends at the step that was under way", () => {
  assert.equal(
    states(stopped(accepted(10), 20, { state: "skipped", detail: "called off" })),
    "done skipped skipped skipped",
  )
  const refused = stopped(removing(accepted(10), 20), 30, {
    state: "failed",
    detail: "it is protected",
  })
  assert.equal(states(refused), "done done failed skipped")
  assert.equal(refused[2]?.detail, "it is protected")
})

test("while the site is away, the step that waits for it says so, and no other", () => {
  const site = { name: "north", isHeard: false }
  const waiting = seenFrom(accepted(10), site)
  assert.match(waiting[1]?.detail ?? "", /^waits for north, which is not connected/)
  assert.deepEqual(
    waiting.map(({ detail }) => detail === ""),
    [true, false, true, true],
  )
  assert.match(seenFrom(removing(accepted(10), 20), site)[2]?.detail ?? "", /north is not conn/)
  assert.deepEqual(seenFrom(accepted(10), { ...site, isHeard: true }), accepted(10))
  const over = gone(accepted(10), 20)
  assert.deepEqual(seenFrom(over, site), over)
})
