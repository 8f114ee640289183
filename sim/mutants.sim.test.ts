import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { mutants } from "./mutants.ts"

test("each planted mistake changes exactly one place of the sources of today", () => {
  for (const { name, file, text } of mutants) {
    const source = readFileSync(join(import.meta.dirname, "..", file), "utf8")
    assert.equal(source.split(text).length - 1, 1, `${name}: in ${file}`)
  }
})
