import assert from "node:assert/strict"
import { test } from "node:test"
import { compilePattern } from "#io/pattern.ts"
import { builtInRules } from "#core/recovery/built-in.ts"
import { checkPatterns, checkRules } from "#core/recovery/check.ts"
import { dataExamples } from "#core/recovery/examples-data.ts"
import { serviceExamples } from "#core/recovery/examples-service.ts"
import { type LogMessage, parseLogLine } from "#core/recovery/log-line.ts"
import { firstMatch, readyRules } from "#core/recovery/matching.ts"
import { ruleCategories } from "#core/recovery/rule.ts"

const { rules } = builtInRules
const examples = [...dataExamples, ...serviceExamples]
const ready = readyRules(builtInRules, compilePattern)

/** A line as a server with pg-swarm's configuration writes it. */
function messageOf(text: string): LogMessage {
  const parsed = parseLogLine(`2026-11-21 02:35:42.123 UTC [4711] (startup) ${text}`)
  assert.ok(parsed.kind === "message", text)
  return parsed.message
}

test("there are at least forty built-in rules in nine categories, and nothing is wrong with them", () => {
  assert.ok(rules.length >= 40)
  assert.deepEqual(
    ruleCategories.filter((category) => !rules.some((rule) => rule.category === category)),
    [],
  )
  assert.deepEqual(checkRules(builtInRules), [])
  assert.deepEqual(checkPatterns(builtInRules, compilePattern), [])
})

test("every built-in rule has words that are looked for before its pattern is tried", () => {
  for (const { rule, literals } of ready) assert.ok(literals !== undefined, rule.name)
})

test("every built-in rule has a line that it takes, one that it leaves, and words of the catalog", () => {
  assert.deepEqual(
    examples.map(({ rule }) => rule),
    rules.map(({ name }) => name),
  )
  for (const { rule, takes, leaves, catalog } of examples)
    assert.ok(takes.length > 0 && leaves.length > 0 && catalog.length > 0, rule)
})

for (const { rule, takes, leaves } of examples)
  test(`the built-in rule ${rule} takes its lines and leaves its near misses`, () => {
    const own = ready.filter(({ rule: { name } }) => name === rule)
    for (const line of takes) {
      assert.equal(firstMatch(own, messageOf(line))?.name, rule, line)
      // The engine alone says the same as the quick look for the literal before it.
      assert.equal(own[0]?.matcher().matches(messageOf(line).text), true)
    }
    for (const line of leaves) assert.equal(firstMatch(own, messageOf(line)), undefined, line)
  })

test("no rule takes away the lines of another that comes after it", () => {
  for (const { rule, takes } of examples)
    for (const line of takes) {
      const first = firstMatch(ready, messageOf(line))?.name
      assert.equal(first, rule, line)
    }
})
