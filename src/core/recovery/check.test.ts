import assert from "node:assert/strict"
import { test } from "node:test"
import { compilePattern } from "#io/pattern.ts"
import { checkPatterns, checkRules } from "#core/recovery/check.ts"
import type { RecoveryRule, RuleSet } from "#core/recovery/rule.ts"

const good: RecoveryRule = {
  name: "disk-full",
  category: "storage",
  pattern: "No space left on device$",
  severities: ["ERROR"],
  action: "event",
  command: undefined,
  cooldownSeconds: 60,
  threshold: { count: 1, withinSeconds: 60 },
  enabled: true,
  description: "",
}
const setOf = (...rules: readonly RecoveryRule[]): RuleSet => ({ allowExec: false, rules })
const fields = (set: RuleSet): readonly string[] =>
  [...checkRules(set), ...checkPatterns(set, compilePattern)].map(({ field }) => field)

test("a rule that is right has no problems", () => {
  assert.deepEqual(fields(setOf(good)), [])
})

test("every problem of every rule is told at once, under the path of its field", () => {
  const bad: RecoveryRule = {
    ...good,
    name: "Disk Full",
    pattern: "a(b",
    cooldownSeconds: 0,
    threshold: { count: 0, withinSeconds: 90_000 },
    severities: ["ERROR", "ERROR"],
    command: "disk-usage",
    description: "x".repeat(301),
  }
  assert.deepEqual(
    fields(setOf(good, bad, good)),
    [
      "rules[1].name",
      "rules[1].severities",
      "rules[1].description",
      "rules[1].cooldownSeconds",
      "rules[1].threshold.count",
      "rules[1].threshold.withinSeconds",
      "rules[1].command",
      "rules[2].name",
      "rules[1].pattern",
    ].map((field) => `recovery.${field}`),
  )
})

test("a pattern that matches an empty message is refused, because it would match every one", () => {
  for (const pattern of ["", ".*", "a?", "^"])
    assert.deepEqual(fields(setOf({ ...good, pattern })), ["recovery.rules[0].pattern"], pattern)
})

test("a repair has a cooldown that leaves a server time to live", () => {
  for (const [action, least] of [
    ["restart", 60],
    ["rewind", 120],
    ["rebasebackup", 600],
  ] as const) {
    assert.deepEqual(fields(setOf({ ...good, action, cooldownSeconds: least })), [])
    assert.deepEqual(fields(setOf({ ...good, action, cooldownSeconds: least - 1 })), [
      "recovery.rules[0].cooldownSeconds",
    ])
  }
})

test("a command runs only where the set allows it, and only by a plain name", () => {
  const exec: RecoveryRule = { ...good, action: "exec", command: "disk-usage" }
  assert.deepEqual(fields({ allowExec: true, rules: [exec] }), [])
  assert.deepEqual(fields(setOf(exec)), ["recovery.rules[0].action"])
  for (const command of [undefined, "", "../sh", "rm -rf", "$(x)"])
    assert.deepEqual(
      fields({ allowExec: true, rules: [{ ...exec, command }] }),
      ["recovery.rules[0].command"],
      command,
    )
})

test("a set has a bound", () => {
  const rules = Array.from({ length: 201 }, (_, at) => ({ ...good, name: `rule-${at}` }))
  assert.deepEqual(fields(setOf(...rules)), ["recovery.rules"])
})
