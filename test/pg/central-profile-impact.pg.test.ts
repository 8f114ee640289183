/** What another version of a profile would mean: which fields differ, and what each cluster is asked. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { rulePut } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { profileTests, problemsOf } from "../fixtures/profiles.ts"

const at = profileTests()
const { made, edited, joined } = at

test("the difference of any two versions names fields and parameters with both values", async () => {
  const profile = await made({ parameters: { work_mem: "8MB", max_connections: "200" } })
  const second = await edited(profile, {
    members: 5,
    parameters: { work_mem: "16MB", jit: "off" },
    failover: { preset: "fast", durability: "quorum" },
  })
  await edited(second, { hba: ["host all all 10.0.0.0/8 scram-sha-256"] })
  const params = { id: profile.id }
  const whole = await at.api.ok("diffProfile", { params, query: { from: "1", to: "2" } })
  const shown = whole.changes
    .filter(({ cause }) => cause === "profile")
    .map(({ field, from, to, effect }) => [field, from, to, effect])
  assert.deepEqual(shown, [
    ["members", 3, 5, "scale"],
    ["parameters.max_connections", "200", null, "restart"],
    ["parameters.work_mem", "8MB", "16MB", "reload"],
    ["failover.preset", "edge", "fast", "reload"],
    ["failover.durability", "preferred", "quorum", "reload"],
    ["parameters.jit", null, "off", "reload"],
  ])
  const newest = await at.api.ok("diffProfile", { params })
  assert.deepEqual([newest.from, newest.to], [2, 3])
  assert.deepEqual(
    newest.changes.map(({ field, to }) => [field, to]),
    [["hba", ["host all all 10.0.0.0/8 scram-sha-256"]]],
  )
  const back = await at.api.ok("diffProfile", { params, query: { from: "3", to: "3" } })
  assert.deepEqual(back.changes, [])
  assert.deepEqual(
    problemsOf(
      await at.api.raw("diffProfile", { params, query: { from: "8", to: "9" } }),
      400,
      "INVALID",
    ).map(({ field }) => field),
    ["from", "to"],
  )
})

test("clusters stay on their version when the profile is edited; new ones get the newest", async () => {
  const { profileId } = await rulePut(at.api)
  const north = await joined("north")
  const { stream } = await north.connect()
  const before = await query(at.url, "select id, spec, spec_version, desired_version from cluster")
  const profile = await at.api.ok("getProfile", { params: { id: profileId } })
  await edited(profile, { parameters: { work_mem: "16MB", wal_buffers: "1MB" } })
  assert.deepEqual(
    await query(at.url, "select id, spec, spec_version, desired_version from cluster"),
    before,
  )
  assert.deepEqual(
    stream.received.filter(({ kind }) => kind === "config"),
    [],
  )
  await joined("south")
  const behind = (await at.api.ok("listClusters")).items.map(
    (one) => `${one.satelliteName} ${one.specVersion} of ${one.newestSpecVersion}`,
  )
  assert.deepEqual(new Set(behind), new Set(["north 1 of 2", "south 2 of 2"]))
  const cascade = await at.api.ok("cascadeOfProfile", { params: { id: profileId } })
  assert.deepEqual(
    cascade.versions.map((each) => [
      each.specVersion,
      each.clusterCount,
      each.awayCount,
      each.strategy,
    ]),
    [
      [2, 1, 1, "none"],
      [1, 1, 0, "sequential-restart"],
    ],
  )
  assert.deepEqual(
    cascade.rules.map(({ name, clusterCount }) => [name, clusterCount]),
    [["orders-everywhere", 2]],
  )
  // The other way: what the first version would mean for those that are on the second.
  const back = await at.api.ok("cascadeOfProfile", {
    params: { id: profileId },
    query: { to: "1" },
  })
  assert.deepEqual(
    back.versions.map(({ strategy }) => strategy),
    ["sequential-restart", "none"],
  )
})

test("the impact of a version says per cluster what would happen, and changes nothing", async () => {
  const { profileId } = await rulePut(at.api)
  const north = await joined("north")
  await north.connect()
  await joined("south")
  const profile = await at.api.ok("getProfile", { params: { id: profileId } })
  const second = await edited(profile, { parameters: { max_connections: "50" } })
  await edited(second, { data: { sizeBytes: 512 * 1024 ** 2 } })
  const before = await query(at.url, "select * from cluster order by id")
  const params = (specVersion: string) => ({ id: profileId, specVersion })
  const impact = await at.api.ok("previewImpact", { params: params("2"), body: {} })
  assert.deepEqual([impact.clusterCount, impact.awayCount], [2, 1])
  const [group, ...more] = impact.groups
  assert.deepEqual(more, [])
  assert.equal(group?.fromVersion, 1)
  assert.equal(group.impact.strategy, "sequential-restart")
  assert.deepEqual(group.impact.passes, [
    { order: "primary-first", parameters: ["max_connections"] },
  ])
  assert.deepEqual(
    group.clusters.map(({ satelliteName, isAway }) => [satelliteName, isAway]),
    [
      ["north", false],
      ["south", true],
    ],
  )
  const one = group.clusters.slice(0, 1).map(({ id }) => id)
  const narrow = await at.api.ok("previewImpact", {
    params: params("3"),
    body: { clusterIds: one },
  })
  assert.equal(narrow.clusterCount, 1)
  assert.equal(narrow.groups[0]?.impact.strategy, "immutable")
  assert.deepEqual(await query(at.url, "select * from cluster order by id"), before)

  const stranger = { clusterIds: [...one, profileId] }
  assert.deepEqual(
    problemsOf(
      await at.api.raw("previewImpact", { params: params("2"), body: stranger }),
      400,
      "INVALID",
    ).map(({ field }) => field),
    ["clusterIds.1"],
  )
  problemsOf(await at.api.raw("previewImpact", { params: params("9"), body: {} }), 404, "NOT_FOUND")
})
