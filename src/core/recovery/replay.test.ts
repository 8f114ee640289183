import assert from "node:assert/strict"
import { test } from "node:test"
import { builtInRules } from "#core/recovery/built-in.ts"
import { type Reader, replay } from "#core/recovery/replay.ts"
import type { RecoveryRule } from "#core/recovery/rule.ts"
import { compilePattern } from "#io/pattern.ts"

const rule = (name: string, pattern: string, more: Partial<RecoveryRule> = {}): RecoveryRule => ({
  name,
  category: "storage",
  pattern,
  severities: [],
  action: "event",
  command: undefined,
  cooldownSeconds: 60,
  threshold: { count: 1, withinSeconds: 60 },
  enabled: true,
  description: "",
  ...more,
})

const ports = {
  compile: compilePattern,
  /** All lines here are of one minute. */
  timeAt: (iso: string) => {
    const seconds = /:(\d\d)\.000Z$/.exec(iso)?.[1]
    return seconds === undefined ? undefined : Number(seconds) * 1000
  },
}
const standby: Reader = { role: "standby", paused: false }
const line = (at: string, text: string, process = "startup"): string =>
  `2026-11-29 10:00:${at}.000 UTC [77] (${process}) ${text}`
const replayed = (rules: readonly RecoveryRule[], log: string, reader: Reader = standby) =>
  replay({ allowExec: false, rules }, log, reader, ports)

/** What came of each message that a rule took. */
const verdicts = (rules: readonly RecoveryRule[], log: string, reader: Reader = standby) =>
  replayed(rules, log, reader).messages.flatMap(({ taken }) =>
    taken === undefined
      ? []
      : [taken.verdict.kind === "act" ? "act" : `${taken.verdict.kind} ${taken.verdict.by}`],
  )

test("lines are put together into messages, and every line is accounted for", () => {
  const log = [
    "something that a library wrote",
    line("00", "ERROR:  first", "client backend"),
    "\tgoes on here",
    line("00", "DETAIL:  a client's data", "client backend"),
    line("01", "LOG:  second"),
    "",
  ].join("\n")
  const found = replayed([rule("goes-on", "first\\ngoes on")], log)
  assert.deepEqual(
    found.messages.map(({ firstLine, lastLine, severity, process, isServer, taken }) => [
      firstLine,
      lastLine,
      severity,
      process,
      isServer,
      taken?.rule.name,
    ]),
    [
      [2, 3, "ERROR", "client backend", false, "goes-on"],
      [5, 5, "LOG", "startup", true, undefined],
    ],
  )
  assert.deepEqual([found.lineCount, found.asideCount, found.strangeCount], [5, 1, 1])
})

test("the first rule takes a message; others that match it are named with why they do not", () => {
  const found = replayed(
    [
      rule("off", "disk", { enabled: false }),
      rule("only-panic", "disk", { severities: ["PANIC"] }),
      rule("takes", "disk full"),
      rule("elsewhere", "network"),
      rule("late", "full"),
    ],
    line("00", "ERROR:  disk full"),
  )
  const [message] = found.messages
  assert.equal(message?.taken?.rule.name, "takes")
  assert.deepEqual(message.others, [
    { rule: "off", why: "disabled" },
    { rule: "only-panic", why: "severity" },
    { rule: "late", why: "later" },
  ])
})

test("cooldown and threshold run by the timestamps of the log", () => {
  const cool = rule("cool", "disk", { cooldownSeconds: 10 })
  const at = (...seconds: readonly string[]) =>
    seconds.map((second, nth) => line(second, `ERROR:  disk ${nth}`)).join("\n")
  assert.deepEqual(verdicts([cool], at("00", "05", "11")), ["act", "silent cooldown", "act"])
  const third = rule("third", "disk", { threshold: { count: 3, withinSeconds: 10 } })
  assert.deepEqual(verdicts([third], at("00", "01", "20", "21", "22")), [
    "silent threshold",
    "silent threshold",
    "silent threshold",
    "silent threshold",
    "act",
  ])
})

test("a repair is for a standby that is not paused, on the server's own word", () => {
  const clone = rule("clone", "disk", { action: "rebasebackup", cooldownSeconds: 600 })
  const log = line("00", "ERROR:  disk")
  assert.deepEqual(verdicts([clone], log), ["act"])
  assert.deepEqual(verdicts([clone], log, { role: "primary", paused: false }), ["only-told leads"])
  assert.deepEqual(verdicts([clone], log, { role: "standby", paused: true }), ["only-told paused"])
  assert.deepEqual(verdicts([clone], line("00", "ERROR:  disk", "client backend")), [
    "only-told said-by-client",
  ])
  assert.deepEqual(verdicts([clone], "ERROR:  disk"), ["only-told said-by-client"])
})

test("the built-in rules read a log without pg-swarm's head, and passwords are not shown", () => {
  const log =
    '2026-11-29 10:00:00 UTC ERROR:  could not extend file "base/1/2": No space left on device\r\n'
  const found = replay(builtInRules, log, standby, ports)
  assert.equal(found.messages[0]?.taken?.rule.name, "disk-full")
  const secret = replayed([], line("00", "ERROR:  password = 'hunter2'"))
  assert.doesNotMatch(secret.messages[0]?.text ?? "", /hunter2/)
  assert.deepEqual(replayed([], "").messages, [])
})
