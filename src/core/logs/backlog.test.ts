import assert from "node:assert/strict"
import { test } from "node:test"
import { Backlog } from "./backlog.ts"
import type { TailLine } from "./tail.ts"

const bounds = { waitingLines: 10, waitingCharacters: 100, batchLines: 4, batchCharacters: 30 }
const line = (text: string): TailLine => ({ at: undefined, level: "info", text, isCut: false })

test("lines come out in order, so many at a time, and none is left out while there is room", () => {
  const backlog = new Backlog(bounds)
  for (let at = 0; at < 10; at += 1) backlog.put(line(`${at}`))
  const batches = [backlog.take(), backlog.take(), backlog.take()]
  assert.deepEqual(
    batches.map(({ lines }) => lines.map(({ text }) => text).join("")),
    ["0123", "4567", "89"],
  )
  assert.ok(batches.every(({ dropped }) => dropped === 0))
  assert.ok(backlog.isEmpty)
})

test("where there is no room the oldest go; each line is either shown or counted", () => {
  const backlog = new Backlog(bounds)
  let put = 0
  let seen = 0
  let dropped = 0
  for (let turn = 0; turn < 200; turn += 1) {
    for (let at = 0; at < turn % 23; at += 1) backlog.put(line("x".repeat((put += 1) % 12)))
    if (turn % 3 !== 0) continue
    const taken = backlog.take()
    seen += taken.lines.length
    dropped += taken.dropped
    assert.ok(taken.lines.length <= bounds.batchLines)
  }
  while (!backlog.isEmpty) {
    const taken = backlog.take()
    seen += taken.lines.length
    dropped += taken.dropped
  }
  assert.ok(dropped > 0 && seen > 0)
  assert.equal(seen + dropped, put)
})

test("a batch has at least one line, however long", () => {
  const backlog = new Backlog(bounds)
  backlog.put(line("x".repeat(60)))
  backlog.put(line("y"))
  assert.equal(backlog.take().lines.length, 1)
  assert.equal(backlog.take().lines.length, 1)
})
