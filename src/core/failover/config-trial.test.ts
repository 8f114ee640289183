import assert from "node:assert/strict"
import { test } from "node:test"
import { type Trial, tried, type TrialSight, untried } from "#core/failover/config-trial.ts"

const down = (crashedAt: number | undefined, hasFormer = true): TrialSight => ({
  isUp: false,
  crashedAt,
  hasFormer,
})
const up = (crashedAt?: number): TrialSight => ({ isUp: true, crashedAt, hasFormer: true })
const after = (...seen: readonly TrialSight[]): Trial["kind"] =>
  seen.reduce(tried, untried(undefined)).kind

test("a server that fails twice with a config and starts with the former one tells which of them is wrong", () => {
  assert.equal(after(down(1), down(2)), "back")
  assert.equal(after(down(1), down(2), up(2)), "guilty")
  assert.equal(after(down(1), down(2), up(2), down(9), down(10), up(10)), "guilty")
})

test("one failure is none of the config's, and one that is seen again is one", () => {
  assert.equal(after(down(1), down(1), down(1)), "failing")
  assert.equal(after(down(1), up(1)), "untried")
  assert.equal(after(down(1), up(1), down(1), down(2)), "failing")
})

test("a server that does not start with the former config either has another reason", () => {
  const twice = [down(1), down(2)]
  assert.equal(after(...twice, down(3), down(4)), "back")
  assert.equal(after(...twice, down(3), down(4), down(5)), "innocent")
  assert.equal(after(...twice, down(3), down(4), down(5), down(6), down(7)), "innocent")
  assert.equal(after(...twice, down(3), down(4), down(5), up(5)), "untried")
})

test("where there is nothing to go back to, it goes on trying", () => {
  assert.equal(after(...[1, 2, 3, 4, 5].map((at) => down(at, false))), "failing")
})

test("a server that is stopped on purpose has failed at nothing, whatever crashed long ago", () => {
  assert.equal(after(up(7), down(7), down(7), up(7)), "untried")
  assert.equal(tried(untried(7), down(7)).kind, "untried")
  assert.equal(after(up(7), down(7), down(8)), "failing")
})
