import assert from "node:assert/strict"
import { test } from "node:test"
import { timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { canFollow, historyFile, parseHistory } from "#core/timeline.ts"

const text =
  "1\t0/3000060\tno recovery target specified\n\n2\t0/5000110\tno recovery target specified\n"

test("a history is read as PostgreSQL writes it", () => {
  assert.deepEqual(parseHistory(timeline(3), text)?.forks, [
    { from: 1, at: 0x3000060n },
    { from: 2, at: 0x5000110n },
  ])
  assert.deepEqual(parseHistory(timeline(1), "")?.forks, [])
  assert.equal(parseHistory(timeline(3), "one 0/1"), undefined)
  assert.equal(historyFile(timeline(26)), "0000001A.history")
})

test("a member can follow its own timeline, and an ancestor up to the fork", () => {
  const history = parseHistory(timeline(3), text)
  assert.ok(history !== undefined)
  assert.ok(canFollow(history, timeline(3), lsn(0xffffffffn)))
  assert.ok(canFollow(history, timeline(2), lsn(0x5000110n)))
  assert.ok(!canFollow(history, timeline(2), lsn(0x5000111n)))
  assert.ok(canFollow(history, timeline(1), lsn(0x3000060n)))
  assert.ok(!canFollow(history, timeline(1), lsn(0x4000000n)))
  assert.ok(!canFollow(history, timeline(4), lsn(1n)))
})
