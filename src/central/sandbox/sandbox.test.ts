import assert from "node:assert/strict"
import { test } from "node:test"
import { builtInRules } from "#core/recovery/built-in.ts"
import type { RecoveryRule } from "#core/recovery/rule.ts"
import { millis } from "#core/units.ts"
import { runInSandbox } from "./sandbox.ts"

const reader = { role: "standby", paused: false } as const
const rule = (pattern: string, nth = 0): RecoveryRule => ({
  name: `rule-${nth}`,
  category: "wal",
  pattern,
  severities: [],
  action: "event",
  command: undefined,
  cooldownSeconds: 60,
  threshold: { count: 1, withinSeconds: 60 },
  enabled: true,
  description: "",
})

test("a log is read in a thread of its own, by the built-in rules", async () => {
  const log = "FATAL:  sorry, too many clients already"
  const found = await runInSandbox({ set: builtInRules, log, reader })
  assert.equal(found.kind, "replayed")
  assert.equal(found.replay.messages[0]?.taken?.rule.name, "connections-used-up")
})

test("patterns that are none come back with every problem", async () => {
  const set = { allowExec: false, rules: [rule("("), rule("fine", 1), rule("a{2,1}", 2)] }
  const found = await runInSandbox({ set, log: "", reader })
  assert.equal(found.kind, "bad")
  assert.deepEqual(
    found.problems.map(({ field }) => field),
    ["recovery.rules[0].pattern", "recovery.rules[2].pattern"],
  )
})

test("what takes too long is ended, this thread is free meanwhile, and no more than two run at once", async () => {
  // Two hundred rules of thousands of steps each on every one of twenty thousand long messages.
  const rules = Array.from({ length: 200 }, (_, nth) => rule(`(x+x+){200}${nth}y`, nth))
  const log = `ERROR:  ${"x".repeat(250)}\n`.repeat(20_000)
  const task = { set: { allowExec: false, rules }, log, reader }
  let turns = 0
  const ticking = setInterval(() => (turns += 1), 20).unref()
  const running = [runInSandbox(task, millis(1500)), runInSandbox(task, millis(1500))]
  assert.deepEqual(await runInSandbox(task), { kind: "busy" })
  for (const outcome of await Promise.all(running)) assert.equal(outcome.kind, "too-much")
  clearInterval(ticking)
  assert.ok(turns > 10, `${turns} turns of this thread's loop`)
  const next = await runInSandbox({ set: builtInRules, log: "", reader })
  assert.equal(next.kind, "replayed", "there is room again")
})
