/** Rollouts on a real central and real PostgreSQL: sites that speak the real protocol take versions, or do not. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { ObedientSite } from "../fixtures/obedient-site.ts"
import {
  clusterAt,
  entries,
  entriesAre,
  isAway,
  rolloutScenes,
  specWith,
  stateIs,
  three,
  versions,
} from "../fixtures/rollout-scene.ts"
import { codeOf } from "../fixtures/rest.ts"
import { eventually } from "../fixtures/site.ts"

const { scene, open } = rolloutScenes()

test("an approved version reaches every cluster, each as an operation that ends when it is in force", async () => {
  const { api, profileId, site } = await scene(three)
  const dry = await api.ok("previewRollout", { body: { profileId } })
  assert.deepEqual(dry.counts, { move: 3, owe: 0, has: 0, refuse: 0 })
  assert.equal(dry.strategies.reload, 3)
  assert.deepEqual(await versions(api), { north: 1, south: 1, west: 1 }, "a dry run moves nothing")

  const rollout = await api.ok("createRollout", { body: { profileId, bakeSeconds: 0 } })
  const over = await stateIs(api, rollout, "finished")
  assert.equal(over.counts.done, 3)
  assert.deepEqual(await versions(api), { north: 2, south: 2, west: 2 })
  assert.equal(site("north").came.at(-1)?.spec.parameters["work_mem"], "8MB")
  const { items } = await api.ok("listOperations", { query: { kind: "change" } })
  assert.deepEqual(
    items.map(({ state, fromVersion, toVersion, rolloutId }) => [
      state,
      fromVersion,
      toVersion,
      rolloutId,
    ]),
    [0, 1, 2].map(() => ["succeeded", 1, 2, rollout.id]),
  )
  assert.deepEqual(
    items[0]?.steps.map(({ name, state }) => [name, state]),
    [["reload orders-0", "done"]],
  )
  const again = await api.raw("createRollout", { body: { profileId } })
  assert.deepEqual(codeOf(again), [409, "NOTHING_TO_DO"])
})

const six = {
  east: { ring: "wide" },
  harbour: { ring: "canary" },
  north: { ring: "wide" },
  quarry: { ring: "canary" },
  south: { ring: "wide" },
  west: { ring: "wide" },
}
const inWaves = {
  stages: [
    { name: "canary", share: { kind: "selector", labels: { ring: "canary" } } },
    { name: "wide", share: { kind: "rest" }, maxParallel: 2, gate: true },
  ],
  bakeSeconds: 0,
}
test("a wave over six sites, of which one is offline, one fails, and one comes only now", async () => {
  const { api, profileId, site, running, joined } = await scene(six)
  await site("quarry").disconnect()
  await isAway(api, site("quarry"))
  site("south").conduct = "fail"
  const rollout = await api.ok("createRollout", { body: { profileId, haltAfter: 2, ...inWaves } })
  const gate = await stateIs(api, rollout, "at-gate")
  assert.equal(gate.gate, 1)
  await entriesAre(api, rollout, {
    harbour: "done",
    quarry: "owed",
    east: "waiting",
    north: "waiting",
    south: "waiting",
    west: "waiting",
  })
  const wrong = await api.raw("passRolloutGate", { params: { id: rollout.id }, body: { stage: 0 } })
  assert.deepEqual(codeOf(wrong), [409, "OTHER_GATE"])
  await api.ok("passRolloutGate", { params: { id: rollout.id }, body: { stage: 1 } })
  await entriesAre(api, rollout, {
    harbour: "done",
    quarry: "owed",
    east: "done",
    north: "done",
    south: "failed",
    west: "done",
  })
  const owing = await api.ok("getRollout", { params: { id: rollout.id } })
  assert.equal(owing.state, "running", "it goes on for as long as somebody owes")
  assert.equal((await versions(api))["quarry"], 1, "who is away is not moved behind its back")

  // A satellite that is approved meanwhile gets its cluster, of the version before, and takes its turn in the wave.
  const late = await new ObedientSite(running, "late").join(api, { ring: "wide" })
  open.push(late)
  joined.set("late", late)
  await late.connect()
  assert.equal(late.came[0]?.spec.parameters["work_mem"], "4MB")

  await site("quarry").connect()
  const over = await stateIs(api, rollout, "finished")
  assert.deepEqual([over.counts.done, over.counts.failed], [6, 1])
  assert.equal(late.came.at(-1)?.spec.parameters["work_mem"], "8MB")
  assert.equal(site("quarry").came.at(-1)?.spec.parameters["work_mem"], "8MB")
  const failed = await api.ok("listOperations", { query: { state: "failed" } })
  assert.deepEqual(
    failed.items.map(({ error }) => error),
    ["orders-1 does not come back"],
  )
})

test("who fails halts the rollout, and rolling back returns what was changed to what it had", async () => {
  const { api, profileId, site } = await scene(three)
  site("south").conduct = "fail"
  const rollout = await api.ok("createRollout", {
    body: { profileId, maxParallel: 2, bakeSeconds: 0 },
  })
  const halted = await stateIs(api, rollout, "halted")
  assert.match(halted.reason, /orders-1 does not come back/)
  const moved = Object.values(await versions(api)).filter((version) => version === 2).length
  assert.ok(moved <= 3)
  await api.ok("rollBackRollout", { params: { id: rollout.id }, body: { reason: "bad idea" } })
  // What failed at version 2 takes version 1 again, as a newer config starts anew.
  await eventually("south was told", () =>
    Promise.resolve(site("south").came.at(-1)?.spec.parameters["work_mem"] === "4MB"),
  )
  site("south").settle()
  await stateIs(api, rollout, "rolled-back")
  assert.deepEqual(await versions(api), { north: 1, south: 1, west: 1 })
  for (const name of Object.keys(three))
    assert.equal(site(name).held.values().next().value?.parameters["work_mem"], "4MB")
  const events = await api.ok("listEvents", { query: { severity: "warning" } })
  assert.ok(events.items.some(({ kind }) => kind === "rollout.roll-back"))
})

test("a rollout that rolls back by itself undoes what was done before the failure", async () => {
  const { api, profileId, site } = await scene({ ...three, north: { ring: "canary" } })
  // They fail at the new version alone: central gives them the old one back as soon as it hears.
  for (const name of ["south", "west"])
    site(name).conduct = ({ parameters }) => (parameters["work_mem"] === "8MB" ? "fail" : "at-once")
  const rollout = await api.ok("createRollout", {
    body: {
      profileId,
      bakeSeconds: 0,
      onHalt: "roll-back",
      stages: [
        { name: "canary", share: { kind: "selector", labels: { ring: "canary" } } },
        { name: "wide", share: { kind: "rest" } },
      ],
    },
  })
  const over = await stateIs(api, rollout, "rolled-back")
  assert.equal(over.counts["rolled-back"], 3)
  assert.deepEqual(await versions(api), { north: 1, south: 1, west: 1 })
})

test("paused it begins nothing, what is under way ends; a site that refuses is a failure", async () => {
  const { api, profileId, site } = await scene(three)
  for (const name of Object.keys(three)) site(name).conduct = "never"
  const rollout = await api.ok("createRollout", {
    body: { profileId, maxParallel: 1, bakeSeconds: 0 },
  })
  await entriesAre(api, rollout, { north: "applying", south: "waiting", west: "waiting" })
  const paused = await api.ok("pauseRollout", {
    params: { id: rollout.id },
    body: { reason: "lunch" },
  })
  assert.deepEqual([paused.state, paused.reason], ["paused", "paused by admin: lunch"])
  site("north").settle()
  await entriesAre(api, rollout, { north: "done", south: "waiting", west: "waiting" })
  const twice = await api.raw("pauseRollout", { params: { id: rollout.id }, body: {} })
  assert.deepEqual(codeOf(twice), [409, "NOT_NOW"])
  site("south").conduct = "refuse"
  await api.ok("resumeRollout", { params: { id: rollout.id } })
  const halted = await stateIs(api, rollout, "halted")
  assert.match(halted.reason, /refused by the site: members: too many/)
  await api.ok("cancelRollout", { params: { id: rollout.id }, body: {} })
  await stateIs(api, rollout, "cancelled")
  assert.deepEqual(await entries(api, rollout), { north: "done", south: "failed", west: "skipped" })
})

test("a newer approval takes over what an older one has not done", async () => {
  const { api, profileId, site } = await scene(three)
  for (const name of Object.keys(three)) site(name).conduct = "never"
  const older = await api.ok("createRollout", { body: { profileId, maxParallel: 1 } })
  await entriesAre(api, older, { north: "applying", south: "waiting", west: "waiting" })
  const profile = await api.ok("getProfile", { params: { id: profileId } })
  await api.ok("editProfile", {
    params: { id: profileId },
    body: { version: profile.version, spec: specWith("16MB") },
  })
  const ids = [await clusterAt(api, "north"), await clusterAt(api, "west")]
  const dry = await api.ok("previewRollout", { body: { profileId, clusterIds: ids } })
  assert.deepEqual(
    dry.stages[0]?.clusters.map(({ takesFrom }) => takesFrom),
    [older.id, older.id],
  )
  for (const name of Object.keys(three)) site(name).conduct = "at-once"
  const newer = await api.ok("createRollout", {
    body: { profileId, clusterIds: ids, bakeSeconds: 0 },
  })
  await stateIs(api, newer, "finished")
  await eventually("the older one ends with what is left to it", async () => {
    const now = await entries(api, older)
    return now["north"] === "skipped" && now["west"] === "skipped" && now["south"] !== "waiting"
  })
  const now = await versions(api)
  assert.deepEqual([now["north"], now["west"]], [3, 3])
  const cancelled = await api.ok("listOperations", { query: { state: "cancelled" } })
  assert.match(cancelled.items[0]?.error ?? "", /a newer version was sent/)
})

test("a freeze window holds what its labels fit, until it is gone", async () => {
  const { api, profileId } = await scene({ north: { tier: "shop" }, south: {} })
  const always = {
    kind: "weekly",
    days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    from: "00:00",
    until: "00:00",
  }
  const window = await api.ok("createFreezeWindow", {
    body: { name: "season", selector: { tier: "shop" }, time: always },
  })
  assert.equal(window.isActive, true)
  const dry = await api.ok("previewRollout", { body: { profileId } })
  assert.deepEqual(dry.counts, { move: 1, owe: 1, has: 0, refuse: 0 })
  assert.deepEqual(
    dry.frozenBy.map(({ name }) => name),
    ["season"],
  )
  const rollout = await api.ok("createRollout", { body: { profileId, bakeSeconds: 0 } })
  await entriesAre(api, rollout, { north: "owed", south: "done" })
  const bad = await api.raw("createFreezeWindow", {
    body: { name: "bad", time: { ...always, timeZone: "Mars/Base", from: "25:00" } },
  })
  assert.deepEqual(codeOf(bad), [400, "INVALID"])
  const twin = await api.raw("createFreezeWindow", { body: { name: "season", time: always } })
  assert.deepEqual(codeOf(twin), [409, "NAME_TAKEN"])
  const stale = await api.raw("editFreezeWindow", {
    params: { id: window.id },
    body: { version: 7, name: "other" },
  })
  assert.deepEqual(codeOf(stale), [409, "VERSION_CONFLICT"])
  await api.ok("deleteFreezeWindow", { params: { id: window.id } })
  await stateIs(api, rollout, "finished")
})

test("D8: a switchover is refused while a version is brought into force, and says what is under way", async () => {
  const { api, profileId, site } = await scene({ north: {} })
  site("north").conduct = "never"
  const rollout = await api.ok("createRollout", { body: { profileId, bakeSeconds: 0 } })
  await entriesAre(api, rollout, { north: "applying" })
  const id = await clusterAt(api, "north")
  const refused = await api.raw("startSwitchover", { params: { id }, body: {} })
  assert.deepEqual(codeOf(refused), [409, "OPERATION_RUNNING"])
  assert.match(JSON.stringify(refused.body), /a change to another version/)
  const { items } = await api.ok("listOperations", { query: { cluster: id } })
  const cancel = await api.raw("cancelOperation", { params: { id: items[0]?.id ?? "" } })
  assert.deepEqual(codeOf(cancel), [409, "NOT_CANCELLABLE"])
  site("north").settle()
  await stateIs(api, rollout, "finished")
})

test("bad requests say everything that is wrong, and change nothing", async () => {
  const { api, profileId } = await scene({ north: {} })
  const nobody = "00000000-0000-4000-8000-000000000000"
  const wrong = async (body: unknown) => codeOf(await api.raw("createRollout", { body }))
  assert.deepEqual(await wrong({ profileId: nobody }), [400, "INVALID"])
  assert.deepEqual(await wrong({ profileId, clusterIds: [nobody] }), [400, "INVALID"])
  assert.deepEqual(await wrong({ profileId, specVersion: 9 }), [400, "INVALID"])
  assert.deepEqual(await wrong({ profileId, specVersion: 1 }), [409, "NOTHING_TO_DO"])
  const twice = await api.raw("createRollout", {
    body: { profileId, maxParallel: 0, stages: [{ name: "", share: { kind: "half" } }], more: 1 },
  })
  assert.equal(twice.status, 400)
  for (const field of ["maxParallel", "stages.0.name", "stages.0.share.kind", "more"])
    assert.match(JSON.stringify(twice.body), new RegExp(field.replaceAll(".", "\\.")))
  assert.deepEqual((await api.ok("listRollouts")).items, [])
  const gone = await api.raw("pauseRollout", { params: { id: nobody }, body: {} })
  assert.equal(gone.status, 404)
})
