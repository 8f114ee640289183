/** Sets of recovery rules through REST: editing, attaching, what sites get, and the sandbox. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { RecoveryRule } from "#core/recovery/rule.ts"
import type { Central } from "../../src/central/central.ts"
import { Api, restUrl, smallSpec } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { Site } from "../fixtures/site.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { refusedWith } from "../fixtures/rest.ts"

let url: string
let central: Central
let api: Api
let site: Site
oneCentral(async (opened) => {
  ;({ url, central, api } = opened)
  site = new Site(central, "north")
  opened.open.push(site)
  await site.join(api)
})

const diskFull = {
  name: "disk-full",
  category: "storage",
  pattern: "No space left",
  action: "event",
}
const stale = {
  name: "stale-wal",
  category: "wal",
  pattern: "requested WAL segment .* has already been removed",
  severities: ["FATAL", "ERROR"],
  action: "rebasebackup",
  cooldownSeconds: 900,
  threshold: { count: 3, withinSeconds: 120 },
  description: "The primary has not the WAL any more",
}

const made = (name: string, rules: readonly unknown[] = [diskFull, stale], allowExec = false) =>
  api.ok("createRuleSet", { body: { name, set: { allowExec, rules } } })

test("the built-in rules are there to be read and copied, each with a line that it takes", async () => {
  const { categories, allowExec } = await api.ok("builtInRules")
  assert.equal(categories.length, 9)
  assert.equal(allowExec, false)
  const rules = categories.flatMap((one) => one.rules)
  assert.ok(rules.length >= 40)
  for (const { name, example, description } of rules)
    assert.ok(example !== "" && description !== "", name)
  const copy = await made(
    "copy",
    rules.map(({ example: _example, ...rule }) => rule),
  )
  assert.equal(copy.ruleCount, rules.length)
})

test("a set that can not work is refused with every problem, and a name is given once", async () => {
  const bad = {
    name: "bad",
    set: {
      rules: [
        { ...diskFull, pattern: "(" },
        { ...stale, cooldownSeconds: 5 },
        { ...diskFull, action: "exec", command: "disk-usage" },
      ],
    },
  }
  const refused = refusedWith(await api.raw("createRuleSet", { body: bad }), 400, "INVALID")
  assert.deepEqual(refused.problems?.map(({ field }) => field).toSorted(), [
    "set.rules[0].pattern",
    "set.rules[1].cooldownSeconds",
    "set.rules[2].action",
    "set.rules[2].name",
  ])
  await made("once")
  const again = { body: { name: "once", set: { rules: [] } } }
  refusedWith(await api.raw("createRuleSet", again), 409, "NAME_TAKEN")
})

test("who edits sends the version that was read, and hears what is otherwise now", async () => {
  const set = await made("edited")
  const params = { id: set.id }
  const rules = [stale, diskFull]
  const next = await api.ok("editRuleSet", {
    params,
    body: { version: set.version, description: "other order", set: { rules } },
  })
  assert.deepEqual([next.version, next.set.rules[0]?.name], [2, "stale-wal"])
  const late = { params, body: { version: 1, set: { rules: [diskFull] } } }
  const conflict = refusedWith(await api.raw("editRuleSet", late), 409, "VERSION_CONFLICT")
  assert.deepEqual(
    conflict.problems?.map(({ problem }) => problem),
    ["is 2 now", "is edited now", "stale-wal is not as you sent it"],
  )
  const same = await api.ok("editRuleSet", { params, body: { version: 2, set: { rules } } })
  assert.equal(same.version, 2, "what changes nothing is no edit")
})

test("C1: every rule reaches the site with its action and threshold, and a changed set without another version of the profile", async () => {
  const set = await made("attached")
  const spec = { ...smallSpec, recoveryRuleSetId: set.id }
  const both = { ...spec, recovery: { rules: [diskFull] } }
  const twice = await api.raw("createProfile", { body: { name: "both", spec: both } })
  assert.equal(refusedWith(twice, 400, "INVALID").problems?.[0]?.field, "spec.recoveryRuleSetId")
  const lost = { name: "lost", spec: { ...smallSpec, recoveryRuleSetId: site.id } }
  const unknown = refusedWith(await api.raw("createProfile", { body: lost }), 400, "INVALID")
  assert.equal(unknown.problems?.[0]?.field, "spec.recoveryRuleSetId")
  const profile = await api.ok("createProfile", { body: { name: "with-rules", spec } })
  const rule = await api.ok("createRule", {
    body: {
      name: "everywhere",
      profileId: profile.id,
      selector: {},
      clusterName: "orders",
      namespace: "shop",
    },
  })
  const { stream, welcome } = await site.connect()
  const [first] = welcome.clusters
  const whole: readonly RecoveryRule[] = [
    {
      name: "disk-full",
      category: "storage",
      pattern: "No space left",
      severities: [],
      action: "event",
      command: undefined,
      cooldownSeconds: 60,
      threshold: { count: 1, withinSeconds: 60 },
      enabled: true,
      description: "",
    },
    {
      name: "stale-wal",
      category: "wal",
      pattern: "requested WAL segment .* has already been removed",
      severities: ["FATAL", "ERROR"],
      action: "rebasebackup",
      command: undefined,
      cooldownSeconds: 900,
      threshold: { count: 3, withinSeconds: 120 },
      enabled: true,
      description: "The primary has not the WAL any more",
    },
  ]
  assert.deepEqual(first?.recovery, { allowExec: false, rules: whole })
  await api.ok("editRuleSet", {
    params: { id: set.id },
    body: { version: 1, set: { rules: [{ ...diskFull, cooldownSeconds: 300 }] } },
  })
  const { spec: pushed } = await stream.next("config")
  assert.equal(pushed.version, 2)
  assert.deepEqual(
    pushed.recovery?.rules.map(({ name, cooldownSeconds }) => [name, cooldownSeconds]),
    [["disk-full", 300]],
  )
  const now = await api.ok("getProfile", { params: { id: profile.id } })
  assert.deepEqual([now.specVersion, now.spec.recoveryRuleSetId], [1, set.id])
  const [event] = (await api.ok("listEvents", { query: { limit: "1" } })).items
  assert.match(
    event?.message ?? "",
    /attached was changed \(disk-full, stale-wal\): 1 clusters take/,
  )
  const inUse = await api.raw("deleteRuleSet", { params: { id: set.id } })
  const refusal = refusedWith(inUse, 409, "RULE_SET_IN_USE")
  assert.match(refusal.detail ?? "", /attached to with-rules/)
  // Off the newest version, and still in force where the old one is.
  await api.ok("editProfile", {
    params: { id: profile.id },
    body: { version: profile.version, spec: smallSpec },
  })
  const still = await api.raw("deleteRuleSet", { params: { id: set.id } })
  assert.match(refusedWith(still, 409, "RULE_SET_IN_USE").detail ?? "", /on 1 clusters/)
  await api.ok("deleteRule", { params: { id: rule.id } })
})

test("a set that nobody has goes, and is on record", async () => {
  const set = await made("gone")
  await api.ok("deleteRuleSet", { params: { id: set.id } })
  refusedWith(await api.raw("getRuleSet", { params: { id: set.id } }), 404, "NOT_FOUND")
  const [last] = await query(
    url,
    "select action, resource, resource_name from audit order by serial desc limit 1",
  )
  assert.deepEqual(Object.values(last ?? {}), ["delete", "recovery-rule-set", "gone"])
})

const log = [
  '2026-11-29 10:00:00.000 UTC [7] (startup) FATAL:  could not extend file "base/1/2": No space left on device',
  "2026-11-29 10:00:01.000 UTC [8] (client backend) LOG:  nothing to see",
].join("\n")

test("the sandbox says what built-in, stored and written rules would do, and does nothing", async () => {
  const builtIn = await api.ok("tryRuleSet", { body: { log } })
  assert.deepEqual(builtIn.rules, [{ rule: "disk-full", taken: 1, acted: 1 }])
  assert.equal(builtIn.messages[0]?.taken?.outcome, "an event is told")
  assert.equal(builtIn.messages[1]?.taken, null)
  const clone = { ...diskFull, action: "rebasebackup", cooldownSeconds: 900 }
  const { id } = await made("clones", [clone, stale, { ...diskFull, name: "later" }])
  const asPrimary = await api.ok("tryRuleSet", { body: { log, ruleSetId: id, role: "primary" } })
  const [message] = asPrimary.messages
  assert.deepEqual(message?.taken, {
    rule: "disk-full",
    action: "rebasebackup",
    verdict: "only-told",
    by: "leads",
    outcome:
      "an event is told, and rebasebackup is not done: never on a member that may be primary: it holds the Lease",
  })
  assert.deepEqual(message.others, [{ rule: "later", why: "later" }])
  const set = { rules: [{ ...diskFull, pattern: "[" }] }
  const bad = refusedWith(await api.raw("tryRuleSet", { body: { log, set } }), 400, "INVALID")
  assert.equal(bad.problems?.[0]?.field, "set.rules[0].pattern")
  const two = await api.raw("tryRuleSet", { body: { log, set, ruleSetId: id } })
  refusedWith(two, 400, "INVALID")
  const long = await api.raw("tryRuleSet", { body: { log: "x".repeat(256 * 1024 + 1) } })
  assert.match(refusedWith(long, 400, "INVALID").problems?.[0]?.problem ?? "", /paste less/)
})

test("an operator attaches sets and writes no rules that run commands", async () => {
  const { id: tokenId, token } = await api.ok("createToken", { body: { name: "operator" } })
  await query(url, `update api_token set role = 'operator' where id = '${tokenId}'`)
  const other = new Api(restUrl(central), token)
  const rules = [{ ...diskFull, action: "exec", command: "disk-usage" }]
  refusedWith(
    await other.raw("createRuleSet", { body: { name: "x", set: { rules } } }),
    403,
    "ROLE_TOO_LOW",
  )
  const inline = { ...smallSpec, recovery: { allowExec: true, rules } }
  const body = { name: "runs-commands", spec: inline }
  const refused = refusedWith(await other.raw("createProfile", { body }), 400, "INVALID")
  assert.equal(refused.problems?.[0]?.field, "spec.recovery.allowExec")
  const { id } = await made("commands", rules, true)
  const attached = { ...body, spec: { ...smallSpec, recoveryRuleSetId: id } }
  await other.ok("createProfile", { body: attached })
})
