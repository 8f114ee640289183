import assert from "node:assert/strict"
import { test } from "node:test"
import { searchWords } from "./search-words.ts"

test("labels among the words of a search are asked for as labels", () => {
  assert.deepEqual(searchWords(undefined), {})
  assert.deepEqual(searchWords("amster"), { search: "amster" })
  assert.deepEqual(searchWords("zone=north"), { labels: "zone=north" })
  assert.deepEqual(searchWords("am, zone=north tier=edge"), {
    search: "am",
    labels: "zone=north,tier=edge",
  })
  assert.deepEqual(searchWords("=north -x=1"), { search: "=north -x=1" })
})
