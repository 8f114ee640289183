import assert from "node:assert/strict"
import { appendFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { Told } from "#core/failover/decision.ts"
import { firstEngineMemory } from "#core/recovery/engine.ts"
import type { RecoveryRule } from "#core/recovery/rule.ts"
import { millis } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import { openLog } from "#io/log.ts"
import { LogFile } from "./log-file.ts"
import type { RepairOutcome } from "./log-repair.ts"
import { type CommandOutcome, LogWatcher, type WatcherPorts } from "./log-watcher.ts"

const ruleOf = (name: string, change: Partial<RecoveryRule> = {}): RecoveryRule => ({
  name,
  category: "wal",
  pattern: `^${name}`,
  severities: [],
  action: "event",
  command: undefined,
  cooldownSeconds: 3600,
  threshold: { count: 1, withinSeconds: 60 },
  enabled: true,
  description: "",
  ...change,
})
const rules = [
  ruleOf("tell-me"),
  ruleOf("mend-me", { action: "rewind" }),
  ruleOf("run-me", { action: "exec", command: "disk-usage" }),
]
const line = (text: string, process = "startup"): string =>
  `2026-11-21 02:35:42.123 UTC [4711] (${process}) LOG:  ${text}\n`

/** A watcher that really reads a file; what it asks others for is written down. */
function watching(context: TestContext, allowExec: boolean, ends: CommandOutcome) {
  const folder = mkdtempSync(join(tmpdir(), "pg-swarm-watch-"))
  const told: Told[] = []
  const asked: string[] = []
  const outcomes: RepairOutcome[] = []
  const kept: Readonly<Record<string, number>>[] = []
  let busyWith: string | undefined
  const ports: WatcherPorts = {
    clock: systemClock,
    leisure: systemClock,
    log: openLog("test", "info", () => undefined),
    pod: "c-1",
    file: new LogFile(folder),
    desk: {
      get busyWith() {
        return busyWith
      },
      ask: (repair, rule) => {
        asked.push(`${repair} ${rule}`)
        busyWith = rule
      },
      outcomes: () => {
        if (outcomes.length > 0) busyWith = undefined
        return outcomes.splice(0)
      },
    },
    situation: () => ({ mayLead: undefined, paused: false }),
    tell: (event) => void told.push(event),
    runCommand: async ({ command }) => {
      asked.push(`run ${command}`)
      return ends
    },
    keep: async (ages) => void kept.push(ages),
  }
  const watcher = new LogWatcher(ports, { allowExec, rules }, firstEngineMemory)
  const stop = new AbortController()
  const running = watcher.run(async () => undefined, stop.signal).catch(() => undefined)
  context.after(async () => {
    stop.abort(new Error("the test is over"))
    await running
    await ports.file[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  const limits = { every: millis(20), within: millis(20_000), signal: stop.signal }
  const until = (so: () => boolean): Promise<void> => systemClock.until(so, limits)
  const write = (text: string): void => appendFileSync(join(folder, "server.log"), text)
  return { told, asked, outcomes, kept, watcher, until, write }
}

const lively = async (seen: ReturnType<typeof watching>): Promise<void> => {
  // The first look at an empty file ends what counts as old.
  seen.write(line("nothing"))
  await seen.until(() =>
    seen.watcher.figures.lines("").some((text) => /lines_total\S* 1$/.test(text)),
  )
}

test("a repair is asked for once, and what became of it is told and counted", async (context) => {
  const seen = watching(context, false, { kind: "refused", why: "" })
  await lively(seen)
  seen.write(line("mend-me now") + line("mend-me again"))
  await seen.until(() => seen.asked.length > 0)
  assert.deepEqual(seen.asked, ["rewind mend-me"])
  assert.ok("mend-me" in (seen.kept[0] ?? {}))
  seen.outcomes.push({ kind: "begun", repair: "rewind", rule: "mend-me" })
  await seen.until(() => seen.told.some(({ kind }) => kind === "log.rule-acted"))
  assert.match(seen.watcher.figures.lines("").join("\n"), /action="rewind",outcome="done"\} 1/)
})

test("a refused repair is told with its reason", async (context) => {
  const seen = watching(context, false, { kind: "refused", why: "" })
  await lively(seen)
  seen.write(line("mend-me now"))
  await seen.until(() => seen.asked.length > 0)
  seen.outcomes.push({ kind: "refused", repair: "rewind", rule: "mend-me", why: "nobody leads" })
  await seen.until(() => seen.told.some(({ kind }) => kind === "log.rule-refused"))
  assert.equal(seen.told.at(-1)?.details["why"], "nobody leads")
})

test("a command runs where the set allows it, and its end is told", async (context) => {
  const seen = watching(context, true, { kind: "ended", exitCode: 3, output: "half full" })
  await lively(seen)
  seen.write(line("run-me", "client backend"))
  await seen.until(() => seen.told.some(({ kind }) => kind === "log.rule-acted"))
  const { details } = seen.told.at(-1) ?? assert.fail()
  assert.deepEqual([details["exitCode"], details["output"]], ["3", "half full"])
})

test("a command does not run where the set does not allow it", async (context) => {
  const seen = watching(context, false, { kind: "ended", exitCode: 0, output: "" })
  await lively(seen)
  seen.write(line("run-me"))
  await seen.until(() => seen.told.some(({ kind }) => kind === "log.rule-refused"))
  assert.deepEqual(seen.asked, [])
})

test("what stood in the file before is told, and leads to no repair", async (context) => {
  const folderFirst = watching(context, false, { kind: "refused", why: "" })
  folderFirst.write(line("mend-me from before") + line("tell-me too") + line("end"))
  await folderFirst.until(() => folderFirst.told.length >= 2)
  assert.deepEqual(folderFirst.told.map(({ kind }) => kind).toSorted(), [
    "log.rule-matched",
    "log.rule-suppressed",
  ])
  assert.deepEqual(folderFirst.asked, [])
})
