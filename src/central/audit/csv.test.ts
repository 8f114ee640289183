import assert from "node:assert/strict"
import { test } from "node:test"
import { csvLine } from "./csv.ts"

test("a record is quoted where it must be, and nothing else", () => {
  assert.equal(csvLine(["a", 7, null, "b c"]), "a,7,,b c\r\n")
  assert.equal(csvLine(['say "no"', "a,b", "two\nlines"]), '"say ""no""","a,b","two\nlines"\r\n')
})

test("what a spreadsheet would take for a formula is text", () => {
  for (const text of ["=1+1", "+1", "-1", "@sum", "\tx"])
    assert.ok(csvLine([text]).replace('"', "").startsWith("'"), text)
  assert.equal(csvLine([-1]), "-1\r\n")
})
