import assert from "node:assert/strict"
import { test } from "node:test"
import { restAfter } from "./rollouts.ts"

test("after a look as much as four times what it took is rested, but a moment at least and three seconds at most", () => {
  assert.equal(restAfter(5), 250)
  assert.equal(restAfter(200), 800)
  assert.equal(restAfter(6000), 3000)
})
