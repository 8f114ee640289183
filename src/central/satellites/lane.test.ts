import assert from "node:assert/strict"
import { getEventListeners } from "node:events"
import { test } from "node:test"
import { Lane } from "./lane.ts"

test("what goes into a lane comes out in order", async () => {
  const lane = new Lane<number>(3, new AbortController().signal)
  for (const item of [1, 2, 3]) await lane.put(item)
  assert.deepEqual([lane.take(), lane.take(), lane.take(), lane.take()], [1, 2, 3, undefined])
})

test("whoever brings more than fits waits until something was taken", async () => {
  const lane = new Lane<number>(1, new AbortController().signal)
  await lane.put(1)
  let through = false
  const waiting = lane.put(2).then(() => {
    through = true
  })
  await Promise.resolve()
  assert.equal(through, false)
  assert.equal(lane.take(), 1)
  await waiting
  assert.equal(lane.take(), 2)
})

test("when nobody works any more, nobody waits, and nothing is added", async () => {
  const ending = new AbortController()
  const lane = new Lane<number>(1, ending.signal)
  await lane.put(1)
  const waiting = lane.put(2)
  const change = lane.change()
  ending.abort()
  await waiting
  await change
  assert.equal(lane.length, 1)
})

test("however often somebody waits for a change, the end is listened to once", async () => {
  const { signal } = new AbortController()
  const lane = new Lane<number>(10, signal)
  for (const item of [1, 2, 3]) {
    const changes = [lane.change(), lane.change()]
    await lane.put(item)
    await Promise.all(changes)
    assert.equal(getEventListeners(signal, "abort").length, 1)
  }
})
