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
    // A turn that has begun is finished all the same.
    if (reads.length === 6) stop.abort()
    return []
  }
  const changes = new Changes({ sql }, streams, new OneListens(), tails, silentLog)
  changes.hear(heard("clusters", ids(1900)))
  await changes.run(stop.signal)
  assert.ok(reads.length > 5, "there are many to be read")
  assert.deepEqual(reads.slice(0, 3), ["clusters", "events", "clusters"])
  assert.equal(reads.filter((what) => what === "events").length, 1)
})
