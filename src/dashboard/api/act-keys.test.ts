import assert from "node:assert/strict"
import { test } from "node:test"
import { createActKeys, keptMs, randomKey } from "./act-keys.ts"

function keys() {
  let at = 0
  let made = 0
  const acts = createActKeys(
    () => at,
    () => `key-${(made += 1)}`,
  )
  return { ...acts, wait: (ms: number) => (at += ms) }
}

test("a request that was not answered keeps its key, and another request has another", () => {
  const { keyOf } = keys()
  assert.equal(keyOf("POST /tokens a"), "key-1")
  assert.equal(keyOf("POST /tokens b"), "key-2")
  assert.equal(keyOf("POST /tokens a"), "key-1")
})

test("what was answered is another act when it is asked for again", () => {
  const { keyOf, answered } = keys()
  assert.equal(keyOf("POST /tokens a"), "key-1")
  answered("POST /tokens a")
  assert.equal(keyOf("POST /tokens a"), "key-2")
})

test("long after, the same words are another wish", () => {
  const { keyOf, wait } = keys()
  assert.equal(keyOf("POST /clusters/1/switchover"), "key-1")
  wait(keptMs - 1)
  assert.equal(keyOf("POST /clusters/1/switchover"), "key-1")
  wait(keptMs)
  assert.equal(keyOf("POST /clusters/1/switchover"), "key-2")
})

test("no more than a hundred are remembered, the newest", () => {
  const { keyOf } = keys()
  for (let at = 0; at <= 100; at += 1) keyOf(String(at))
  assert.equal(keyOf("100"), "key-101")
  assert.equal(keyOf("0"), "key-102")
})

test("a key is as central wants it", () => {
  assert.match(randomKey(), /^[\x21-\x7e]{8,255}$/)
  assert.notEqual(randomKey(), randomKey())
})
