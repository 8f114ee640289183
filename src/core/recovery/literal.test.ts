import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { compilePattern } from "#io/pattern.ts"
import { requiredLiterals } from "#core/recovery/literal.ts"

test("the longest plain run of a pattern is what every match contains", () => {
  for (const [pattern, literal] of [
    ['^could not fsync file "[^"]+": ', 'could not fsync file "'],
    ["requested WAL segment [0-9A-F]{24} has gone", "requested WAL segment "],
    ["pg_hba\\.conf was not", "pg_hba.conf was not"],
    ["colou?r of page", "r of page"],
  ] as const)
    assert.deepEqual(requiredLiterals(pattern), [literal])
})

test("of alternatives each gives one, wherever they stand", () => {
  assert.deepEqual(requiredLiterals("first|second"), ["first", "second"])
  assert.deepEqual(requiredLiterals("^(first (a|b)|[a-z]+ second)x"), ["first ", " second"])
})

test("where parts are optional or under flags nothing is required", () => {
  for (const pattern of [
    "(?i)plain words",
    "(plain words)?",
    "(plain words){0,2}",
    "ab",
    "first|.",
    "\\Qa.b\\E",
  ])
    assert.equal(requiredLiterals(pattern), undefined, pattern)
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
  "(def |[ab]|w)",
  "(abcd|(bcbc|cdcd)+)",
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
        const literals = requiredLiterals(pattern)
        if (compiled.matcher.matches(text) && literals !== undefined)
          assert.ok(
            literals.some((literal) => text.includes(literal)),
            `${pattern} matches ${text} without ${literals.join(" or ")}`,
          )
      },
    ),
    { numRuns: 3000 },
  )
})
