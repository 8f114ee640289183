/** Deployment rules through REST: previews, edits, and what becomes of clusters whose match ends. */
import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { clusterId } from "#core/ids.ts"
import type { Answer } from "#wire/rest/routes.ts"
import type { Central } from "../../src/central/central.ts"
import { type Api, smallSpec } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, type Site } from "../fixtures/site.ts"
import { refusedWith } from "../fixtures/rest.ts"

const fleet = centrals()
let url: string
let central: Central
let api: Api
let profileId: string
beforeEach(async () => {
  ;({ url, running: central, api } = await fleet.central())
  const profile = await api.ok("createProfile", { body: { name: "small", spec: smallSpec } })
  profileId = profile.id
})

type Rule = Answer<"getRule">
type Labels = Readonly<Record<string, string>>

const gold = { tier: "gold" }
const place = { clusterName: "orders", namespace: "databases" }

const ruled = (name: string, more: Readonly<Record<string, unknown>> = {}): Promise<Rule> =>
  api.ok("createRule", { body: { name, profileId, selector: gold, ...place, ...more } })

const edited = ({ id, version }: Rule, changes: Readonly<Record<string, unknown>>): Promise<Rule> =>
  api.ok("editRule", { params: { id }, body: { version, ...changes } })

async function joined(name: string, labels: Labels = gold): Promise<Site> {
  const site = fleet.site(central, name)
  await site.join(api, labels)
  return site
}

/** Asks for new labels; the answer as it came. */
async function relabelled(site: Site, labels: Labels, confirmedDeletes?: readonly string[]) {
  const { version } = await api.ok("getSatellite", { params: { id: site.id } })
  const body = { version, labels, ...(confirmedDeletes === undefined ? {} : { confirmedDeletes }) }
  return api.raw("editSatellite", { params: { id: site.id }, body })
}

const clusters = async () =>
  (await api.ok("listClusters")).items.toSorted((a, b) =>
    `${a.name} ${a.satelliteName}` < `${b.name} ${b.satelliteName}` ? -1 : 1,
  )
const shown = async (): Promise<readonly string[]> =>
  (await clusters()).map(
    ({ namespace, name, satelliteName, state }) => `${namespace}/${name} ${satelliteName} ${state}`,
  )
const only = async () => {
  const [one, ...more] = await clusters()
  assert.ok(one !== undefined && more.length === 0)
  return one
}

test("a preview names every match and what would be done there, and saves nothing", async () => {
  await joined("north")
  await joined("south", {})
  await ruled("first", { clusterName: "sales" })
  const before = await shown()
  const sales = { selector: {}, clusterName: "sales", namespace: "databases" }
  const conflict = await api.ok("previewRule", { body: sales })
  assert.deepEqual(
    conflict.matches.map(({ satelliteName, verdict, state }) => [satelliteName, verdict, state]),
    [
      ["north", "conflict", "offline"],
      ["south", "create", "offline"],
    ],
  )
  assert.deepEqual(conflict.counts, { create: 1, has: 0, conflict: 1, "left-alone": 0 })
  assert.match(conflict.refusal ?? "", /rules first and this one .*databases\/sales.*north/)
  const good = await api.ok("previewRule", { body: { ...sales, clusterName: "orders" } })
  assert.deepEqual([good.matchCount, good.counts.create, good.refusal], [2, 2, null])
  assert.deepEqual(await shown(), before)
  const none = { ...sales, ruleId: profileId }
  refusedWith(await api.raw("previewRule", { body: none }), 400, "INVALID")
})

test("what a preview says is what saving does: two rules never make one cluster name on a site", async () => {
  await joined("north")
  await ruled("first")
  const body = { name: "second", profileId, selector: {}, ...place }
  const said = await api.ok("previewRule", { body: { selector: {}, ...place } })
  const problem = refusedWith(await api.raw("createRule", { body }), 409, "RULE_CONFLICT")
  assert.equal(problem.detail, said.refusal?.replace("this one", "second"))
  const other = await ruled("second", { clusterName: "sales" })
  refusedWith(
    await api.raw("editRule", {
      params: { id: other.id },
      body: { version: other.version, clusterName: "orders" },
    }),
    409,
    "RULE_CONFLICT",
  )
  assert.deepEqual(await shown(), [
    "databases/orders north creating",
    "databases/sales north creating",
  ])
})

test("an edited rule is matched anew: satellites that fit now get their cluster, the others keep theirs", async () => {
  await joined("north")
  await joined("south", { tier: "silver" })
  const rule = await ruled("first")
  assert.equal(rule.onMatchEnd, "keep")
  const after = await edited(rule, { selector: { tier: "silver" } })
  assert.deepEqual([after.version, after.selector], [2, { tier: "silver" }])
  assert.deepEqual(await shown(), [
    "databases/orders north creating",
    "databases/orders south creating",
  ])
  const told = (await api.ok("listEvents")).items.find(({ kind }) => kind === "rule.edited")
  assert.match(told?.message ?? "", /selector tier=gold → tier=silver/)
  const same = await edited(after, { selector: { tier: "silver" } })
  assert.equal(same.version, 2)
})

test("a stale edit of a rule is refused and told how the rule is now", async () => {
  const rule = await ruled("first")
  await edited(rule, { name: "renamed" })
  const problem = refusedWith(
    await api.raw("editRule", {
      params: { id: rule.id },
      body: { version: 1, clusterName: "x" },
    }),
    409,
    "VERSION_CONFLICT",
  )
  assert.ok((problem.problems ?? []).some(({ problem: text }) => text === "is renamed now"))
  assert.equal((await api.ok("getRule", { params: { id: rule.id } })).clusterName, "orders")
  const other = await ruled("second", { clusterName: "sales" })
  refusedWith(
    await api.raw("editRule", {
      params: { id: other.id },
      body: { version: 1, name: "renamed" },
    }),
    409,
    "NAME_TAKEN",
  )
})

test("a rule with another profile gives it to new clusters only", async () => {
  await joined("north")
  const rule = await ruled("first")
  const large = await api.ok("createProfile", { body: { name: "large", spec: smallSpec } })
  await edited(rule, { profileId: large.id })
  await joined("south")
  assert.deepEqual(
    (await clusters()).map(({ satelliteName, profileName }) => [satelliteName, profileName]),
    [
      ["north", "small"],
      ["south", "large"],
    ],
  )
  const unknown = { version: 2, profileId: rule.id }
  refusedWith(await api.raw("editRule", { params: { id: rule.id }, body: unknown }), 400, "INVALID")
})

test("pause: a cluster whose match ends is paused on its open stream, and goes on when the match is back", async () => {
  await ruled("first", { onMatchEnd: "pause" })
  const north = await joined("north")
  const { stream, welcome } = await north.connect()
  assert.equal(welcome.clusters[0]?.paused, false)
  assert.equal((await relabelled(north, {})).status, 200)
  const paused = await stream.next("config")
  assert.deepEqual([paused.spec.paused, paused.spec.version], [true, 2])
  assert.deepEqual(await shown(), ["databases/orders north paused"])
  // Evaluated again it stays as it is.
  assert.equal((await relabelled(north, { other: "label" })).status, 200)
  assert.equal((await only()).desiredVersion, 2)
  assert.equal((await relabelled(north, gold)).status, 200)
  const resumed = await stream.next("config")
  assert.deepEqual([resumed.spec.paused, resumed.spec.version], [false, 3])
  const kinds = (await api.ok("listEvents")).items.map(({ kind }) => kind)
  assert.ok(kinds.includes("cluster.paused") && kinds.includes("cluster.resumed"))
})

test("a cluster that its rule paused goes on when the rule is deleted or told to keep", async () => {
  const first = await ruled("first", { onMatchEnd: "pause" })
  const second = await ruled("second", { onMatchEnd: "pause", clusterName: "sales" })
  const north = await joined("north")
  assert.equal((await relabelled(north, {})).status, 200)
  assert.deepEqual(await shown(), ["databases/orders north paused", "databases/sales north paused"])
  await edited(first, { onMatchEnd: "keep" })
  await api.ok("deleteRule", { params: { id: second.id } })
  assert.deepEqual(await shown(), [
    "databases/orders north creating",
    "databases/sales north creating",
  ])
  assert.deepEqual(
    (await clusters()).map(({ desiredVersion, ruleId }) => [desiredVersion, ruleId]),
    [
      [3, first.id],
      [3, null],
    ],
  )
})

test("what a person paused stays paused when a match ends and comes back", async () => {
  await ruled("first", { onMatchEnd: "pause" })
  const north = await joined("north")
  await query(url, "update cluster set paused = true")
  assert.equal((await relabelled(north, {})).status, 200)
  assert.equal((await relabelled(north, gold)).status, 200)
  assert.equal((await only()).state, "paused")
})

test("delete: nothing goes before its id was confirmed; then its site is told, and a new match makes it anew", async () => {
  await ruled("first", { onMatchEnd: "delete" })
  const north = await joined("north")
  const { stream } = await north.connect()
  const cluster = await only()
  const asked = refusedWith(await relabelled(north, {}), 409, "WOULD_DELETE")
  assert.match(
    asked.problems?.[0]?.problem ?? "",
    new RegExp(`databases/orders \\(${cluster.id}\\) on north would be deleted by rule first`),
  )
  refusedWith(await relabelled(north, {}, [profileId]), 409, "WOULD_DELETE")
  const labels = (await api.ok("getSatellite", { params: { id: north.id } })).labels
  assert.deepEqual(labels, gold)
  assert.equal((await only()).state, "creating")

  assert.equal((await relabelled(north, {}, [cluster.id])).status, 200)
  assert.equal((await stream.next("delete-cluster")).clusterId, cluster.id)
  assert.deepEqual(await shown(), ["databases/orders north deleting"])
  stream.send({ kind: "delete-ack", clusterId: clusterId(cluster.id), gone: true })
  await eventually("the row is gone", async () => (await clusters()).length === 0)
  assert.equal((await relabelled(north, gold)).status, 200)
  const again = await only()
  assert.notEqual(again.id, cluster.id)
  assert.equal((await stream.next("config")).spec.id, again.id)
})

test("deletion protection holds against a rule and against a person, until it is taken off", async () => {
  const rule = await ruled("first", { onMatchEnd: "delete" })
  const north = await joined("north")
  const cluster = await only()
  const params = { id: cluster.id }
  const safe = await api.ok("editCluster", {
    params,
    body: { version: cluster.version, deletionProtected: true },
  })
  assert.equal(safe.deletionProtected, true)
  const stale = { version: cluster.version, deletionProtected: false }
  refusedWith(await api.raw("editCluster", { params, body: stale }), 409, "VERSION_CONFLICT")
  refusedWith(await api.raw("deleteCluster", { params }), 409, "DELETION_PROTECTED")
  refusedWith(await relabelled(north, {}, [cluster.id]), 409, "DELETION_PROTECTED")
  const elsewhere = { ruleId: rule.id, selector: { tier: "none" }, ...place, onMatchEnd: "delete" }
  const said = await api.ok("previewRule", { body: elsewhere })
  assert.deepEqual(
    said.ended.isProtected.map(({ clusterId }) => clusterId),
    [cluster.id],
  )
  assert.match(said.refusal ?? "", /is protected from it/)
  assert.equal((await only()).state, "creating")
  const open = { version: safe.version, deletionProtected: false }
  await api.ok("editCluster", { params, body: open })
  assert.equal((await api.ok("deleteCluster", { params })).state, "deleting")
})

test("a rule that calls its cluster otherwise makes the new one and does with the old one what it says", async () => {
  await joined("north")
  const rule = await ruled("first", { onMatchEnd: "delete" })
  const old = await only()
  const renamed = { ruleId: rule.id, selector: gold, clusterName: "sales", namespace: "databases" }
  const said = await api.ok("previewRule", { body: { ...renamed, onMatchEnd: "delete" } })
  assert.deepEqual(
    [said.counts.create, said.ended.delete.map(({ clusterId }) => clusterId), said.refusal],
    [1, [old.id], null],
  )
  refusedWith(
    await api.raw("editRule", {
      params: { id: rule.id },
      body: { version: 1, clusterName: "sales" },
    }),
    409,
    "WOULD_DELETE",
  )
  assert.deepEqual(await shown(), ["databases/orders north creating"])
  await edited(rule, { clusterName: "sales", confirmedDeletes: [old.id] })
  assert.deepEqual(await shown(), [
    "databases/orders north deleting",
    "databases/sales north creating",
  ])
})
