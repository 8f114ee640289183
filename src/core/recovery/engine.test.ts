import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  adopt,
  agesToKeep,
  type EngineMemory,
  eventsPerMinute,
  firstEngineMemory,
  judge,
  refusedDeed,
  rememberAges,
  repairPause,
  type Situation,
  type Verdict,
} from "#core/recovery/engine.ts"
import type { LogMessage, Speaker } from "#core/recovery/log-line.ts"
import { isRepair, type RecoveryRule, ruleActions } from "#core/recovery/rule.ts"

const startup: Speaker = { kind: "server", process: "startup" }
const session: Speaker = { kind: "session", process: "client backend" }
const calm: Situation = {
  now: 1_000_000,
  mayLead: undefined,
  busyWith: undefined,
  paused: false,
  isOld: false,
}

const ruleOf = (change: Partial<RecoveryRule> = {}): RecoveryRule => ({
  name: "some-rule",
  category: "wal",
  pattern: "x",
  severities: [],
  action: "event",
  command: undefined,
  cooldownSeconds: 600,
  threshold: { count: 1, withinSeconds: 60 },
  enabled: true,
  description: "",
  ...change,
})

let lines = 0
const said = (speaker: Speaker = startup): LogMessage => {
  lines += 1
  return { speaker, severity: "FATAL", text: `text ${lines}`, origin: `at ${lines}` }
}

/** Verdicts of matches at the given seconds, in a row. */
function verdicts(
  rule: RecoveryRule,
  seconds: readonly number[],
  situation: Partial<Situation> = {},
  speaker = startup,
): readonly string[] {
  let memory = firstEngineMemory
  return seconds.map((second) => {
    const judged = judge(memory, rule, said(speaker), {
      ...calm,
      ...situation,
      now: calm.now + second * 1000,
    })
    memory = judged.memory
    return shown(judged.verdict)
  })
}
const shown = (verdict: Verdict): string =>
  verdict.kind === "act" ? `act after ${verdict.unheard}` : `${verdict.kind}: ${verdict.by}`

test("a rule acts once and is silent for its cooldown, and says then how often it was not heard", () => {
  assert.deepEqual(verdicts(ruleOf(), [0, 1, 599, 600]), [
    "act after 0",
    "silent: cooldown",
    "silent: cooldown",
    "act after 2",
  ])
})

test("a rule with a threshold acts on the match that makes it full, within its time", () => {
  const rule = ruleOf({ threshold: { count: 3, withinSeconds: 10 } })
  assert.deepEqual(verdicts(rule, [0, 1, 20, 25, 29]), [
    "silent: threshold",
    "silent: threshold",
    "silent: threshold",
    "silent: threshold",
    "act after 4",
  ])
})

test("a line that is read twice counts once", () => {
  const message = said()
  const first = judge(firstEngineMemory, ruleOf({ cooldownSeconds: 1 }), message, calm)
  const again = judge(first.memory, ruleOf(), message, { ...calm, now: calm.now + 10_000 })
  assert.equal(shown(again.verdict), "silent: duplicate")
})

test("S1: no repair is begun on a member that holds or may hold the Lease, whatever the log says", () => {
  for (const action of ["restart", "rewind", "rebasebackup"] as const)
    assert.deepEqual(verdicts(ruleOf({ action }), [0, 1, 61], { mayLead: "it serves" }), [
      "only-told: leads",
      "silent: leads",
      "only-told: leads",
    ])
})

test("no repair is begun on the word of a client's session", () => {
  const rule = ruleOf({ action: "rebasebackup", threshold: { count: 2, withinSeconds: 60 } })
  assert.deepEqual(verdicts(rule, [0, 1, 2], {}, session), [
    "only-told: said-by-client",
    "silent: said-by-client",
    "silent: said-by-client",
  ])
  assert.deepEqual(verdicts(rule, [0], {}, { kind: "unknown" }), ["only-told: said-by-client"])
})

test("what a client says does not fill the threshold of a repair", () => {
  const rule = ruleOf({ action: "rewind", threshold: { count: 2, withinSeconds: 60 } })
  let memory = firstEngineMemory
  for (const speaker of [session, session, session])
    ({ memory } = judge(memory, rule, said(speaker), calm))
  assert.equal(shown(judge(memory, rule, said(), calm).verdict), "silent: threshold")
})

test("one repair at a time, and a minute between two, whichever rules ask for them", () => {
  const rewind = ruleOf({ name: "one", action: "rewind" })
  const clone = ruleOf({ name: "two", action: "rebasebackup" })
  assert.deepEqual(verdicts(clone, [0], { busyWith: "one" }), ["only-told: busy"])
  const first = judge(firstEngineMemory, rewind, said(), calm)
  const at = (after: number): string =>
    shown(judge(first.memory, clone, said(), { ...calm, now: calm.now + after }).verdict)
  assert.equal(at(repairPause - 1), "only-told: too-soon")
  assert.equal(at(repairPause), "act after 0")
})

test("old lines, and lines of a paused cluster, lead to no deed", () => {
  assert.deepEqual(verdicts(ruleOf({ action: "restart" }), [0], { isOld: true }), [
    "only-told: old",
  ])
  assert.deepEqual(verdicts(ruleOf({ action: "exec" }), [0], { isOld: true }), ["only-told: old"])
  assert.deepEqual(verdicts(ruleOf({ action: "restart" }), [0], { paused: true }), [
    "only-told: paused",
  ])
  assert.deepEqual(verdicts(ruleOf(), [0], { isOld: true, paused: true }), ["act after 0"])
})

test("events have a bound in each minute, and no flood of them holds a repair back", () => {
  let memory = firstEngineMemory
  for (let at = 0; at < eventsPerMinute + 5; at += 1)
    ({ memory } = judge(memory, ruleOf({ name: `rule-${at}` }), said(), calm))
  assert.equal(shown(judge(memory, ruleOf(), said(), calm).verdict), "silent: flood")
  const repair = judge(memory, ruleOf({ action: "restart" }), said(), calm)
  assert.equal(shown(repair.verdict), "act after 0")
  const later = { ...calm, now: calm.now + 60_000 }
  assert.equal(shown(judge(memory, ruleOf(), said(), later).verdict), "act after 0")
})

test("a repair that the failover policy refused may be asked for again after a minute", () => {
  const rule = ruleOf({ action: "rebasebackup", cooldownSeconds: 3600 })
  const { memory } = judge(firstEngineMemory, rule, said(), calm)
  const refused = refusedDeed(memory, rule.name, calm.now)
  const at = (after: number): string =>
    shown(judge(refused, rule, said(), { ...calm, now: calm.now + after }).verdict)
  assert.equal(at(59_000), "silent: cooldown")
  assert.equal(at(60_000), "act after 0")
})

test("a restarted sidecar remembers when deeds were done, and no events", () => {
  const deed = ruleOf({ name: "deed", action: "rewind" })
  const event = ruleOf({ name: "event" })
  const set = { allowExec: false, rules: [deed, event] }
  let memory = judge(firstEngineMemory, deed, said(), calm).memory
  ;({ memory } = judge(memory, event, said(), calm))
  const ages = agesToKeep(memory, set, calm.now + 30_000)
  assert.deepEqual(ages, { deed: 30_000 })
  // Another boot, another clock.
  const again = rememberAges(ages, set, 500)
  const at = (now: number): string => shown(judge(again, deed, said(), { ...calm, now }).verdict)
  assert.equal(at(500), "silent: cooldown")
  assert.equal(at(570_499), "silent: cooldown")
  assert.equal(at(570_500), "act after 0")
  assert.deepEqual(agesToKeep(memory, set, calm.now + 600_000), {})
})

test("another set of rules keeps cooldowns, but none that is longer than it now is", () => {
  const rule = ruleOf({ cooldownSeconds: 3600 })
  const { memory } = judge(firstEngineMemory, rule, said(), calm)
  const shorter = adopt(
    memory,
    { allowExec: false, rules: [{ ...rule, cooldownSeconds: 5 }] },
    calm.now,
  )
  const at = (after: number): string =>
    shown(judge(shorter, rule, said(), { ...calm, now: calm.now + after }).verdict)
  assert.equal(at(4000), "silent: cooldown")
  assert.equal(at(5000), "act after 0")
  assert.equal(adopt(memory, { allowExec: false, rules: [] }, calm.now).rules.size, 0)
})

test("whatever is said in whatever situation: a repair is begun only where it can not hurt, and memory has bounds", () => {
  const rules = ruleActions.flatMap((action) =>
    [1, 3].map((count) =>
      ruleOf({
        name: `${action}-${count}`,
        action,
        cooldownSeconds: 60,
        threshold: { count, withinSeconds: 30 },
      }),
    ),
  )
  const step = fc.record({
    rule: fc.constantFrom(...rules),
    speaker: fc.constantFrom<Speaker>(startup, session, { kind: "unknown" }),
    passes: fc.integer({ min: 0, max: 40_000 }),
    mayLead: fc.constantFrom(undefined, undefined, "it leads"),
    busyWith: fc.constantFrom(undefined, undefined, "another"),
    paused: fc.boolean(),
    isOld: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let memory: EngineMemory = firstEngineMemory
      let { now } = calm
      let repairedAt = -Infinity
      for (const { rule, speaker, passes, ...rest } of steps) {
        now += passes
        const judged = judge(memory, rule, said(speaker), { now, ...rest })
        memory = judged.memory
        if (judged.verdict.kind === "act" && isRepair(rule.action)) {
          assert.ok(speaker.kind === "server" && rest.mayLead === undefined && !rest.isOld)
          assert.ok(rest.busyWith === undefined && !rest.paused)
          assert.ok(now - repairedAt >= repairPause)
          repairedAt = now
        }
        assert.ok(memory.recent.length <= 64)
        for (const { hits } of memory.rules.values()) assert.ok(hits.length <= 3)
      }
    }),
    { numRuns: 500 },
  )
})
