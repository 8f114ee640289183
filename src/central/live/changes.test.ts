import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { silentLog } from "#io/log.ts"
import { Audience } from "./audience.ts"
import { Changes } from "./changes.ts"

const ids = (count: number): string[] => Array.from({ length: count }, () => randomUUID())
const heard = (kind: string, about: readonly string[]): string =>
  JSON.stringify({ kind, ids: about })

class OneListens extends Audience {
  override get size(): number {
    return 1
  }
}

const nothing = (): void => {}
const streams = {
  wake: nothing,
  wakeAll: nothing,
  refreshStorageClasses: nothing,
  tailsChanged: nothing,
  replaced: nothing,
}
const tails = { look: nothing, lookAtAll: nothing }

test("an event that happens while thousands of clusters are read is read next, not after them", async () => {
  const stop = new AbortController()
  const reads: string[] = []
  const sql = async ([text = ""]: TemplateStringsArray) => {
    reads.push(/\bfrom event\b/.test(text) ? "events" : "clusters")
    if (reads.length === 1) changes.hear(heard("events", ids(1)))
    if (reads.length === 11) stop.abort()
    return []
  }
  const changes = new Changes({ sql }, streams, new OneListens(), tails, silentLog)
  changes.hear(heard("clusters", ids(1900)))
  await changes.run(stop.signal)
  assert.deepEqual(reads, ["clusters", "events", ...Array.from({ length: 9 }, () => "clusters")])
})
