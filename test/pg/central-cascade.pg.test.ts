/** What a deed would mean for clusters is said before it is done, changes nothing, and comes true when it is done. */
import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import type { Cascade, Fate } from "#wire/rest/cascade.ts"
import type { Answer } from "#wire/rest/routes.ts"
import type { Central } from "../../src/central/central.ts"
import { Api, restUrl, smallSpec } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { query } from "../fixtures/postgres.ts"
import type { Site } from "../fixtures/site.ts"

const fleet = centrals()
let url: string
let running: Central
let api: Api
let profileId: string

beforeEach(async () => {
  ;({ url, running, api } = await fleet.central())
  profileId = (await api.ok("createProfile", { body: { name: "small", spec: smallSpec } })).id
})

const gold = { tier: "gold" }
const ruled = (
  clusterName: string,
  onMatchEnd: "keep" | "pause" | "delete",
  selector: Readonly<Record<string, string>> = gold,
): Promise<Answer<"createRule">> =>
  api.ok("createRule", {
    body: {
      name: `${clusterName}s`,
      profileId,
      selector,
      clusterName,
      namespace: "db",
      onMatchEnd,
    },
  })

async function registered(name: string): Promise<Site> {
  const site = fleet.site(running, name)
  await site.register()
  return site
}
async function joined(name: string, labels: Readonly<Record<string, string>>): Promise<Site> {
  const site = await registered(name)
  await api.ok("approveSatellite", { params: { id: site.id }, body: { labels } })
  return site
}

const preview = ({ id }: Site, body: unknown): Promise<Cascade> =>
  api.ok("previewSatellite", { params: { id }, body })
const shown = ({ clusters }: Cascade): readonly string[] =>
  clusters.map(({ fate, namespace, name, satelliteName, ruleName }) =>
    [fate, `${namespace}/${name}`, satelliteName, ruleName].join(" "),
  )
const some = ({ counts }: Cascade): Partial<Record<Fate, number>> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

/** Everything that a deed could have changed. */
const everything = async (): Promise<string> =>
  JSON.stringify([
    await query(url, "select * from cluster order by id"),
    await query(url, "select id, name, labels, approval, version from satellite order by id"),
    await query(url, "select * from rule order by id"),
    await query(url, "select count(*) from event"),
    await query(url, "select count(*) from audit"),
    await query(url, "select count(*) from operation"),
  ])

const states = async (): Promise<readonly string[]> =>
  (await api.ok("listClusters")).items.map(({ name, state }) => `${name} ${state}`).toSorted()

test("an approval: which clusters would be made, by which rule, and what stands against it", async () => {
  await ruled("orders", "keep")
  await ruled("sales", "keep", {})
  const north = await registered("north")
  const unchanged = await everything()
  const plain = await preview(north, { deed: "approve" })
  assert.deepEqual(shown(plain), ["create db/sales north saless"])
  const labelled = await preview(north, { deed: "approve", name: "oslo", labels: gold })
  assert.deepEqual(
    [some(labelled), shown(labelled), labelled.refusal],
    [{ create: 2 }, ["create db/orders oslo orderss", "create db/sales oslo saless"], null],
  )
  assert.deepEqual(shown(await preview(north, { deed: "reject" })), [])
  assert.equal(await everything(), unchanged)

  await api.ok("approveSatellite", {
    params: { id: north.id },
    body: { name: "oslo", labels: gold },
  })
  assert.deepEqual(await states(), ["orders creating", "sales creating"])
  assert.match(
    (await preview(north, { deed: "approve" })).refusal ?? "",
    /oslo is approved already/,
  )
  assert.match((await preview(north, { deed: "reject" })).refusal ?? "", /oslo is approved already/)
  const south = await registered("south")
  const taken = await preview(south, { deed: "approve", name: "oslo" })
  assert.match(taken.refusal ?? "", /another satellite is called oslo/)
  assert.equal(
    (await api.raw("previewSatellite", { params: { id: profileId }, body: { deed: "reject" } }))
      .status,
    404,
  )
  assert.equal(
    (await api.raw("previewSatellite", { params: { id: north.id }, body: { deed: "sell" } }))
      .status,
    400,
  )
})

test("other labels: what is made, kept, paused, deleted and goes on; then it is so", async () => {
  await ruled("kept", "keep")
  await ruled("paused", "pause")
  await ruled("deleted", "delete")
  await ruled("fresh", "keep", { tier: "silver" })
  const north = await joined("north", gold)
  const unchanged = await everything()
  const silver = { deed: "edit", labels: { tier: "silver" } }
  const said = await preview(north, silver)
  assert.deepEqual(shown(said), [
    "create db/fresh north freshs",
    "keep db/kept north kepts",
    "pause db/paused north pauseds",
    "delete db/deleted north deleteds",
  ])
  assert.deepEqual([some(said), said.refusal], [{ create: 1, keep: 1, pause: 1, delete: 1 }, null])
  assert.equal(await everything(), unchanged)
  const doomed = said.clusters.find(({ fate }) => fate === "delete")
  assert.ok(doomed !== undefined && doomed.clusterId !== null)
  const edit = async (
    labels: Readonly<Record<string, string>>,
    confirmedDeletes: string[] = [],
  ) => {
    const { version } = await api.ok("getSatellite", { params: { id: north.id } })
    return api.ok("editSatellite", {
      params: { id: north.id },
      body: { version, labels, confirmedDeletes },
    })
  }
  await edit({ tier: "silver" }, [doomed.clusterId])
  assert.deepEqual(await states(), [
    "deleted deleting",
    "fresh creating",
    "kept creating",
    "paused paused",
  ])
  const back = await preview(north, { deed: "edit", labels: gold })
  assert.deepEqual(shown(back), ["keep db/fresh north freshs", "resume db/paused north pauseds"])
})

test("a protected cluster stands against it, and the preview says so before anybody tries", async () => {
  await ruled("deleted", "delete")
  const north = await joined("north", gold)
  const [one] = (await api.ok("listClusters")).items
  assert.ok(one !== undefined)
  await api.ok("editCluster", {
    params: { id: one.id },
    body: { version: one.version, deletionProtected: true },
  })
  const said = await preview(north, { deed: "edit", labels: {} })
  assert.deepEqual(some(said), { protected: 1 })
  assert.match(said.refusal ?? "", /is protected from it/)
})

test("the end of a satellite and of a rule: what is abandoned, what belongs to no rule any more and goes on", async () => {
  const rule = await ruled("paused", "pause")
  await ruled("kept", "keep", {})
  const north = await joined("north", gold)
  await joined("south", gold)
  const { version } = await api.ok("getSatellite", { params: { id: north.id } })
  await api.ok("editSatellite", { params: { id: north.id }, body: { version, labels: {} } })
  const unchanged = await everything()
  assert.deepEqual(shown(await preview(north, { deed: "decommission" })), [
    "abandoned db/kept north kepts",
    "abandoned db/paused north pauseds",
  ])
  const params = { id: rule.id }
  const said = await api.ok("cascadeOfRule", { params })
  assert.deepEqual(shown(said), [
    "resume db/paused north pauseds",
    "unruled db/paused north pauseds",
    "unruled db/paused south pauseds",
  ])
  assert.equal(await everything(), unchanged)
  await api.ok("deleteRule", { params })
  const left = (await api.ok("listClusters")).items.filter(({ name }) => name === "paused")
  assert.deepEqual(
    left.map(({ ruleId, paused }) => [ruleId, paused]),
    [
      [null, false],
      [null, false],
    ],
  )
  assert.equal((await api.raw("cascadeOfRule", { params })).status, 404)
})

test("whoever may see some satellites only is told of these only", async () => {
  const rule = await ruled("kept", "keep", {})
  await joined("north", { region: "north" })
  const south = await joined("south", { region: "south" })
  const token = await api.ok("createToken", {
    body: { name: "northern", role: "operator", scope: { region: "north" } },
  })
  const northern = new Api(restUrl(running), token.token)
  const said = await northern.ok("cascadeOfRule", { params: { id: rule.id } })
  assert.deepEqual(shown(said), ["unruled db/kept north kepts"])
  const body = { deed: "decommission" }
  assert.equal(
    (await northern.raw("previewSatellite", { params: { id: south.id }, body })).status,
    404,
  )
})

test("a site that lacks a class for a tier is told with the cluster that would wait for it", async () => {
  await api.ok("createStorageTier", { body: { name: "fast", description: "" } })
  const { id } = await api.ok("createProfile", {
    body: { name: "tiered", spec: { ...smallSpec, data: { sizeBytes: 1024 ** 3, tier: "fast" } } },
  })
  await api.ok("createRule", {
    body: { name: "r", profileId: id, selector: {}, clusterName: "orders", namespace: "db" },
  })
  const north = await registered("north")
  const [made] = (await preview(north, { deed: "approve" })).clusters
  assert.match(made?.warning ?? "", /^it would wait: fast is not mapped/)
})
