import assert from "node:assert/strict"
import { test } from "node:test"
import { parseLostWal } from "#core/failover/lost-wal.ts"
import { podName } from "#core/ids.ts"
import { discardedWal } from "./discarded-wal.ts"

const note =
  "0000000003-0-3000148 term=3 timeline=2 from=0/3000148 to=0/3004000 bytes=16056 commits=7 kept=- reason=the_volume_has_only_3_MB_free"

test("a note of discarded WAL becomes an event that central understands", () => {
  const told = discardedWal(podName("c-0"), note)
  assert.ok(told !== undefined)
  assert.equal(told.severity, "error")
  assert.match(told.message, /16056 bytes of WAL and 7 commits .* only 3 MB free/)
  assert.deepEqual(parseLostWal(told.details), {
    kind: "ok",
    value: { term: 3, bytes: 16056, commits: 7, to: 0x3004000n },
  })
  assert.equal(told.details["kept"], "")
})

test("WAL without a commit is no loss, and what is not known is not said to be nothing", () => {
  assert.equal(
    discardedWal(podName("c-0"), note.replace("commits=7", "commits=0"))?.severity,
    "info",
  )
  const unknown = discardedWal(podName("c-0"), note.replace("commits=7", "commits=-"))
  assert.equal(unknown?.severity, "error")
  assert.match(unknown.message, /unknown number of commits/)
})

test("half a note is none", () => {
  assert.equal(discardedWal(podName("c-0"), note.slice(0, 30)), undefined)
  assert.equal(discardedWal(podName("c-0"), ""), undefined)
})
