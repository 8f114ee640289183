import assert from "node:assert/strict"
import { test } from "node:test"
import { compilePattern } from "./pattern.ts"

const problemOf = (pattern: string): string => {
  const compiled = compilePattern(pattern)
  assert.ok(compiled.kind === "bad", `${pattern} is refused`)
  return compiled.problem
}

test("a pattern finds its text anywhere, unless it is anchored", () => {
  const free = compilePattern("b+c")
  const anchored = compilePattern("^b+c$")
  assert.ok(free.kind === "ok" && free.matcher.matches("aabbcc"))
  assert.ok(anchored.kind === "ok" && !anchored.matcher.matches("aabbcc"))
})

test("a pattern that is not RE2's is refused with the place of its fault", () => {
  assert.match(problemOf("page (broken"), /missing closing \)/)
  assert.match(problemOf("abc[z-a]"), /at character 5: invalid character class range, in z-a/)
  assert.match(problemOf("ab**"), /at character 3/)
})

test("what only a backtracking engine can do is refused", () => {
  assert.match(problemOf("(?=ahead)x"), /at character 1/)
  assert.match(problemOf("(a)\\1"), /at character 4/)
})

test("a pattern whose program would be huge is refused", () => {
  assert.match(problemOf("(a{500}b{500}){10}"), /too large|invalid repeat/)
})

test(
  "a pattern that hangs a backtracking engine ends soon on a long text",
  { timeout: 20_000 },
  () => {
    const compiled = compilePattern("^(a+)+$")
    assert.ok(compiled.kind === "ok" && !compiled.matcher.matches(`${"a".repeat(10_000)}b`))
  },
)
