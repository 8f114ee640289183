import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { builtInRules } from "#core/recovery/built-in.ts"
import { writeMark } from "#io/postgres/data-directory.ts"
import { ruleSetBody } from "#wire/rule-set-schema.ts"
import { readAges, usableSet } from "./log-watch.ts"

test("a cluster without rules of its own has the built-in ones, and can have them as its own", async () => {
  assert.deepEqual(await usableSet(undefined), { kind: "ok", value: builtInRules })
  const said: unknown = JSON.parse(JSON.stringify(ruleSetBody(builtInRules)))
  assert.deepEqual(await usableSet(said), { kind: "ok", value: builtInRules })
})

test("rules that no sidecar can use are refused with the path of each fault", async () => {
  const rule = { name: "a", category: "wal", pattern: "x", action: "event" }
  for (const [said, field] of [
    ["rules", "recovery"],
    [{ rules: [{ ...rule, action: "reboot" }] }, "recovery.rules.0.action"],
    [{ rules: [{ ...rule, pattern: "a(" }] }, "recovery.rules[0].pattern"],
    [{ rules: [rule, rule] }, "recovery.rules[1].name"],
  ] as const) {
    const usable = await usableSet(said)
    assert.ok(usable.kind === "bad")
    assert.deepEqual(
      usable.problems.map((problem) => problem.field),
      [field],
    )
  }
})

test("deeds of another boot count as done now, and a mark that can not be read as none", async (context) => {
  const data = mkdtempSync(join(tmpdir(), "pg-swarm-ages-"))
  context.after(() => rmSync(data, { recursive: true, force: true }))
  assert.deepEqual(await readAges(data, "boot-1", 5000), {})
  await writeMark(data, "rule-actions", JSON.stringify({ boot: "boot-1", at: { deed: 2000 } }))
  assert.deepEqual(await readAges(data, "boot-1", 5000), { deed: 3000 })
  assert.deepEqual(await readAges(data, "boot-2", 100), { deed: 0 })
  await writeMark(data, "rule-actions", "{")
  assert.deepEqual(await readAges(data, "boot-1", 5000), {})
})
