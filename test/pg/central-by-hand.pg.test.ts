/** What people do to one cluster by hand, and what rollouts make of it: pausing, deleting, protecting, restarting. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { openDatabase } from "#io/postgres/sql.ts"
import {
  clusterAt,
  entries,
  entriesAre,
  isAway,
  rolloutScenes,
  stateIs,
} from "../fixtures/rollout-scene.ts"
import { codeOf } from "../fixtures/rest.ts"
import { eventually } from "../fixtures/site.ts"

const { scene } = rolloutScenes()

test("C14: paused and resumed by a person, also while the site is away; no rollout moves it meanwhile", async () => {
  const { api, profileId, site } = await scene({ north: {}, south: {} })
  const id = await clusterAt(api, "north")
  await site("north").disconnect()
  await isAway(api, site("north"))
  const paused = await api.ok("pauseCluster", { params: { id }, body: { reason: "new disks" } })
  assert.deepEqual([paused.paused, paused.state], [true, "paused"])
  const twice = await api.ok("pauseCluster", { params: { id }, body: {} })
  assert.equal(twice.desiredVersion, paused.desiredVersion, "asking twice is asking once")
  await site("north").connect()
  assert.equal(site("north").came.at(-1)?.spec.paused, true, "it hears of it when it returns")

  const rollout = await api.ok("createRollout", { body: { profileId, bakeSeconds: 0 } })
  await entriesAre(api, rollout, { north: "owed", south: "done" })
  site("north").health = "unavailable"
  site("north").reportAll()
  await eventually("an outage in the pause is shown", async () => {
    const { paused: still, state, reason } = await api.ok("getCluster", { params: { id } })
    return still && state === "unavailable" && reason === "a member is away"
  })
  site("north").health = "healthy"
  site("north").reportAll()
  await eventually("and its end", async () => {
    const { state } = await api.ok("getCluster", { params: { id } })
    return state === "paused"
  })
  await api.ok("resumeCluster", { params: { id } })
  await stateIs(api, rollout, "finished")
  const last = site("north").came.at(-1)?.spec
  assert.deepEqual([last?.paused, last?.parameters["work_mem"]], [false, "8MB"])
  const events = await api.ok("listEvents", { query: { clusterId: id } })
  const kinds = events.items.map(({ kind, details }) => [kind, details["actor"]])
  for (const kind of ["cluster.paused", "cluster.resumed", "cluster.version-sent"])
    assert.ok(
      kinds.some(([told, actor]) => told === kind && actor === "admin"),
      kind,
    )
})

test("a cluster that is deleted while its site is away goes on return, and its rollout goes on without", async () => {
  const { api, profileId, site } = await scene({ north: {}, south: {} })
  const id = await clusterAt(api, "north")
  await site("north").disconnect()
  await isAway(api, site("north"))
  const rollout = await api.ok("createRollout", { body: { profileId, bakeSeconds: 0 } })
  await entriesAre(api, rollout, { north: "owed", south: "done" })
  await api.ok("deleteCluster", { params: { id } })
  await stateIs(api, rollout, "finished")
  assert.deepEqual(await entries(api, rollout), { north: "skipped", south: "done" })
  assert.equal((await api.ok("getCluster", { params: { id } })).state, "deleting", "a tombstone")
  const refused = await api.raw("pauseCluster", { params: { id }, body: {} })
  assert.deepEqual(codeOf(refused), [409, "CLUSTER_DELETING"])
  await site("north").connect()
  await eventually("it is gone", async () => {
    const { status } = await api.raw("getCluster", { params: { id } })
    return status === 404
  })
  assert.equal(site("north").held.size, 0)
})

test("protection from deletion reaches the site, and an order that knows nothing newer is not obeyed", async () => {
  const { api, site, url } = await scene({ north: {} })
  const id = await clusterAt(api, "north")
  const { version } = await api.ok("getCluster", { params: { id } })
  await api.ok("editCluster", { params: { id }, body: { version, deletionProtected: true } })
  await eventually("the site hears of it", () =>
    Promise.resolve(site("north").came.at(-1)?.spec.deletionProtected === true),
  )
  assert.deepEqual(codeOf(await api.raw("deleteCluster", { params: { id } })), [
    409,
    "DELETION_PROTECTED",
  ])
  // A mistake of central's, past every check of its own: the order says that nobody decided it.
  await using database = openDatabase({ url, applicationName: "test" })
  await database.sql`
    with marked as (update cluster set deleting_since = now() returning *)
    insert into operation (id, kind, cluster_id, cluster_name, namespace, satellite_id, actor, state, steps)
    select gen_random_uuid(), 'delete', id, name, namespace, satellite_id, 'central', 'pending', '[]' from marked`
  await site("north").disconnect()
  await site("north").connect()
  await eventually("the order came", () => Promise.resolve(site("north").dropped.length > 0))
  assert.equal(site("north").dropped.at(-1)?.version, undefined)
  await eventually("the deletion failed, and the cluster stands", async () => {
    const { items } = await api.ok("listOperations", { query: { kind: "delete" } })
    return items[0]?.state === "failed" && items[0].error?.includes("protected from deletion")
  })
  const now = await api.ok("getCluster", { params: { id } })
  await api.ok("editCluster", {
    params: { id },
    body: { version: now.version, deletionProtected: false },
  })
  await api.ok("deleteCluster", { params: { id } })
  await eventually("the order came that knows", () =>
    Promise.resolve(site("north").dropped.at(-1)?.version !== undefined),
  )
})

test("D8: a restart by hand is an operation: alone on its cluster, waited for by rollouts, and called off", async () => {
  const { api, profileId, site } = await scene({ north: {} })
  const id = await clusterAt(api, "north")
  const north = site("north")
  north.conduct = "never"
  const asked = await api.ok("restartCluster", { params: { id }, body: {} })
  assert.deepEqual([asked.kind, asked.state], ["restart", "pending"])
  await eventually("the site hears of it", () =>
    Promise.resolve(north.came.at(-1)?.spec.restart?.nonce === asked.id),
  )
  assert.equal(north.came.at(-1)?.spec.restart?.full, false)
  for (const name of ["startSwitchover", "restartCluster"] as const) {
    const refused = await api.raw(name, { params: { id }, body: {} })
    assert.deepEqual(codeOf(refused), [409, "OPERATION_RUNNING"])
    assert.match(JSON.stringify(refused.body), /restart/)
  }
  const rollout = await api.ok("createRollout", { body: { profileId, bakeSeconds: 0 } })
  await eventually("the rollout waits for it", async () => {
    const { items } = await api.ok("listRolloutClusters", { params: { id: rollout.id } })
    return items[0]?.state === "waiting" && items[0].reason.includes("a restart is under way")
  })
  north.settle()
  await eventually("it is done", async () => {
    const { state } = await api.ok("getOperation", { params: { id: asked.id } })
    return state === "succeeded"
  })
  await stateIs(api, rollout, "finished")

  north.conduct = "never"
  const second = await api.ok("restartCluster", { params: { id }, body: { mode: "full" } })
  await eventually("the site hears of the second", () =>
    Promise.resolve(north.came.at(-1)?.spec.restart?.full === true),
  )
  const off = await api.ok("cancelOperation", { params: { id: second.id } })
  assert.equal(off.state, "cancelled")
  await eventually("the site hears that nobody wants it any more", () =>
    Promise.resolve(north.came.at(-1)?.spec.restart === undefined),
  )
  const over = await api.raw("cancelOperation", { params: { id: second.id } })
  assert.deepEqual(codeOf(over), [409, "OPERATION_OVER"])
  await api.ok("pauseCluster", { params: { id }, body: {} })
  const paused = await api.raw("restartCluster", { params: { id }, body: {} })
  assert.deepEqual(codeOf(paused), [409, "CLUSTER_PAUSED"])
})
