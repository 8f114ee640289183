import assert from "node:assert/strict"
import { test } from "node:test"
import { byNameAndId, page, readCursor } from "./cursor.ts"
import { openApiText } from "./openapi.ts"
import { unstorable } from "./storable.ts"

const id = "0b0e5d62-52d6-4b8c-9c3e-4f3c86b4b111"

test("a cursor leads back to where its page ended, whatever the name holds", () => {
  const items = ["a", `"odd', ö\n`, "c"].map((name) => ({ name, id }))
  const first = page(items, 2, (item) => [item.name, item.id])
  assert.equal(first.items.length, 2)
  assert.deepEqual(readCursor(first.nextCursor ?? "", byNameAndId), {
    kind: "at",
    after: [`"odd', ö\n`, id],
  })
  assert.equal(page(items, 3, (item) => [item.name, item.id]).nextCursor, null)
})

test("a cursor of another list, or none at all, is refused by name", () => {
  for (const text of ["", "x", "e30", Buffer.from(JSON.stringify(["a"])).toString("base64url")]) {
    const read = readCursor(text, byNameAndId)
    assert.equal(read.kind, "refused")
    assert.equal(read.problems?.[0]?.field, "cursor")
  }
})

test("text that can not be stored is found at any depth, in keys too", () => {
  assert.deepEqual(unstorable({ a: "fine", b: [1, null, { c: "ö😀" }] }), [])
  assert.deepEqual(
    unstorable({ a: "x\0", b: { "k\0": "v" }, c: ["ok", "\ud800"] }).map(({ field }) => field),
    ["a", "b", "c.1"],
  )
})

test("the API description is plain JSON without a reference that leads nowhere", () => {
  const text = openApiText()
  const document: unknown = JSON.parse(text)
  for (const [, path] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    let at: unknown = document
    for (const step of path?.split("/") ?? []) {
      assert.ok(typeof at === "object" && at !== null && step in at, `${path} is there`)
      at = Object.entries(at).find(([key]) => key === step)?.[1]
    }
  }
})
