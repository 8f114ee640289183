import assert from "node:assert/strict"
import { test } from "node:test"
import { podName, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { goesOn } from "./goes-on.ts"

const look = {
  kind: "primary",
  timeline: timeline(2),
  writtenLsn: lsn(7n),
  syncNames: [podName("c-1"), podName("c-2")],
  standbys: [{ pod: podName("c-1"), flushLsn: lsn(7n), synchronous: true }],
  clients: { admitted: undefined, sessions: 3 },
  askedAt: 10,
}

test("the same again, asked later, goes on", () => {
  assert.equal(goesOn(look, { ...structuredClone(look), askedAt: 20 }), true)
  assert.equal(goesOn(undefined, undefined), true)
})

const others: readonly (readonly [what: string, other: unknown])[] = [
  ["a value", { ...look, writtenLsn: lsn(8n) }],
  ["a value further in", { ...look, clients: { admitted: undefined, sessions: 4 } }],
  ["one that was not known", { ...look, clients: { admitted: true, sessions: 3 } }],
  ["an order", { ...look, syncNames: look.syncNames.toReversed() }],
  ["a row less", { ...look, standbys: [] }],
  ["a row more", { ...look, standbys: [...look.standbys, ...look.standbys] }],
  ["a field of another name", { ...look, clients: { refusing: undefined, sessions: 3 } }],
  ["a field more", { ...look, termRow: undefined }],
  ["a shape", { ...look, standbys: { 0: look.standbys[0], length: 1 } }],
  ["nothing", undefined],
]
for (const [what, other] of others)
  test(`what differs by ${what} does not go on`, () => {
    assert.equal(goesOn(look, other), false)
    assert.equal(goesOn(other, look), false)
  })
