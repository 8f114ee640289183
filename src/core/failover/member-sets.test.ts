import assert from "node:assert/strict"
import { test } from "node:test"
import { podName } from "#core/ids.ts"
import { attempted, confirmed, mayBeInForce, sameSets } from "#core/failover/member-sets.ts"

const set = (...ordinals: readonly number[]) => ordinals.map((ordinal) => podName(`c-${ordinal}`))
const [three, four, five] = [set(0, 1, 2), set(0, 1, 2, 3), set(0, 1, 2, 3, 4)]

test("R5: no member set that was sent is forgotten before a later write was confirmed", () => {
  const sent = [three, five, four].reduce(attempted, confirmed(five))
  assert.deepEqual(mayBeInForce(sent, five, five), [five, three, four])
  assert.deepEqual(mayBeInForce(confirmed(four), four, four), [four])
})

test("R5: an answer that shows an older Lease takes no member set back", () => {
  assert.deepEqual(mayBeInForce(confirmed(five), three, five), [five, three])
})

test("R5: what the volume remembers counts while the API is away, and what is wanted only where it remembers nothing", () => {
  assert.deepEqual(mayBeInForce(confirmed(five), [], three), [five])
  assert.deepEqual(mayBeInForce([], [], three), [three])
})

test("member sets are the same whatever their order", () => {
  assert.ok(sameSets([three, five], [five, set(2, 1, 0)]))
  assert.ok(!sameSets([three], [three, five]))
})
