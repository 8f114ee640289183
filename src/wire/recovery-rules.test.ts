import assert from "node:assert/strict"
import { test } from "node:test"
import { create } from "@bufbuild/protobuf"
import type { RuleSet } from "#core/recovery/rule.ts"
import { RecoveryRuleSetSchema } from "./gen/pgswarm/v1/config_pb.ts"
import { Reader } from "./proto-field.ts"
import { encodeRuleSet, readRuleSet } from "./recovery-rules.ts"
import { ruleSetBody, ruleSetOf, ruleSetSchema } from "./rule-set-schema.ts"

const set: RuleSet = {
  allowExec: true,
  rules: [
    {
      name: "disk-full",
      category: "storage",
      pattern: "No space left on device$",
      severities: ["ERROR", "PANIC"],
      action: "exec",
      command: "disk-usage",
      cooldownSeconds: 300,
      threshold: { count: 2, withinSeconds: 60 },
      enabled: false,
      description: "The volume is full",
    },
  ],
}

test("a set of rules comes back from protobuf and from JSON as it was", () => {
  const read = new Reader()
  const back = readRuleSet(read, "recovery", create(RecoveryRuleSetSchema, encodeRuleSet(set)))
  assert.deepEqual(read.done(back), { kind: "ok", value: set })
  const json: unknown = JSON.parse(JSON.stringify(ruleSetBody(set)))
  assert.deepEqual(ruleSetOf(ruleSetSchema.parse(json)), set)
})

test("a rule without action, severity or numbers is refused with every one of its fields", () => {
  const message = create(RecoveryRuleSetSchema, { rules: [{ severities: [0] }] })
  const read = new Reader()
  const parsed = read.done(readRuleSet(read, "recovery", message))
  assert.ok(parsed.kind === "bad")
  assert.deepEqual(
    parsed.problems.map(({ field }) => field),
    [
      "name",
      "category",
      "pattern",
      "severities",
      "action",
      "cooldown_seconds",
      "threshold_count",
      "threshold_within_seconds",
    ].map((field) => `recovery.rules[0].${field}`),
  )
})
