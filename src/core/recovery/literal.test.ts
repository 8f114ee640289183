import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { compilePattern } from "#io/pattern.ts"
import { requiredLiteral } from "#core/recovery/literal.ts"

test("the longest plain run of a pattern is what every match contains", () => {
  assert.equal(requiredLiteral('^could not fsync file "[^"]+": '), 'could not fsync file "')
  assert.equal(
    requiredLiteral("requested WAL segment [0-9A-F]{24} has gone"),
    "requested WAL segment ",
  )
  assert.equal(requiredLiteral("pg_hba\\.conf was not"), "pg_hba.conf was not")
  assert.equal(requiredLiteral("colou?r of page"), "r of page")
})

test("where parts are optional, alternative or under flags nothing is required", () => {
  for (const pattern of [
    "first|second",
    "(?i)plain words",
    "(plain words)?",
    "ab",
    "\\Qa.b.c.d\\E",
  ])
    assert.equal(requiredLiteral(pattern), undefined, pattern)
})

const piece = fc.constantFrom(
  "a",
  "bc",
  "def ",
  "\\.",
  "\\d",
  "[ab]",
  "[^]x]",
  "[[:alpha:]c]",
  "(ab|cd)",
  "(e)?",
  "x?",
  "y*",
  "z+",
  "w{0,2}",
  "v{2}",
  ".",
  "^",
  "$",
  "\\(",
  "|",
  "(?i)",
  "\\x41",
  "\\pL",
)

test("a text that matches a pattern always contains its literal", () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 8 }),
      fc.array(
        fc.constantFrom(
          "a",
          "bc",
          "def ",
          ".",
          "7",
          "ab",
          "cd",
          "e",
          "x",
          "y",
          "z",
          "w",
          "vv",
          "(",
          "A",
        ),
        { maxLength: 12 },
      ),
      (pieces, words) => {
        const pattern = pieces.join("")
        const compiled = compilePattern(pattern)
        fc.pre(compiled.kind === "ok")
        const text = words.join("")
        const literal = requiredLiteral(pattern)
        if (compiled.matcher.matches(text) && literal !== undefined)
          assert.ok(text.includes(literal), `${pattern} matches ${text} without ${literal}`)
      },
    ),
    { numRuns: 3000 },
  )
})
