import assert from "node:assert/strict"
import { test } from "node:test"
import { Lane } from "./lane.ts"

test("what goes into a lane comes out in order", async () => {
  const lane = new Lane<number>(3)
  const { signal } = new AbortController()
  for (const item of [1, 2, 3]) await lane.put(item, signal)
  assert.deepEqual([lane.take(), lane.take(), lane.take(), lane.take()], [1, 2, 3, undefined])
})

test("whoever brings more than fits waits until something was taken", async () => {
  const lane = new Lane<number>(1)
  const { signal } = new AbortController()
  await lane.put(1, signal)
  let through = false
  const waiting = lane.put(2, signal).then(() => {
    through = true
  })
  await Promise.resolve()
  assert.equal(through, false)
  assert.equal(lane.take(), 1)
  await waiting
  assert.equal(lane.take(), 2)
})

test("when nobody works any more, nobody waits, and nothing is added", async () => {
  const lane = new Lane<number>(1)
  const ending = new AbortController()
  await lane.put(1, ending.signal)
  const waiting = lane.put(2, ending.signal)
  const change = lane.change(ending.signal)
  ending.abort()
  await waiting
  await change
  assert.equal(lane.length, 1)
})
