import assert from "node:assert/strict"
import { test } from "node:test"
import type { TailMessage } from "#wire/log-tail-live.ts"
import { forwardedMax, linesIn, type Numbered, queued } from "./forwarding.ts"

const message = (lines: number): TailMessage => ({
  dropped: 0,
  lines: Array.from({ length: lines }, () => ({
    at: null,
    level: "info" as const,
    text: "x",
    cut: false,
  })),
  standing: { kind: "following" },
})

test("a queue that is full leaves out its oldest and counts its lines where they are missing", () => {
  let queue: readonly Numbered[] = []
  let put = 0
  for (let sequence = 1; sequence <= 50; sequence += 1) {
    queue = queued(queue, { sequence, message: message(sequence % 7) })
    put += sequence % 7
  }
  assert.equal(queue.length, forwardedMax)
  assert.equal(queue[0]?.sequence, 41)
  assert.equal(
    queue.reduce((sum, one) => sum + linesIn(one.message), 0),
    put,
  )
  assert.ok(queue.slice(1).every((one) => one.message.dropped === 0))
})
