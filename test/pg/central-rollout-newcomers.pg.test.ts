/** Clusters that are made while a version is on its way: what they begin with, and how they take their turn. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { ObedientSite } from "../fixtures/obedient-site.ts"
import { query } from "../fixtures/postgres.ts"
import { entries, rolloutScenes, specWith, stateIs, versions } from "../fixtures/rollout-scene.ts"

const { scene, open } = rolloutScenes()

/** Two sites, and others that come later. */
async function growing() {
  const made = await scene({ north: {}, south: {} })
  const { api, running, joined } = made
  /** A satellite that is let in now; `connects` false: its program is not heard. */
  const comes = async (name: string, connects = true): Promise<ObedientSite> => {
    const site = await new ObedientSite(running, name).join(api, {})
    open.push(site)
    joined.set(name, site)
    if (connects) await site.connect()
    return site
  }
  return { ...made, comes }
}

const gated = {
  stages: [
    { name: "half", share: { kind: "percent", percent: 50 } },
    { name: "rest", share: { kind: "rest" }, gate: true },
  ],
  bakeSeconds: 0,
}

test("it begins with what runs, waits for the last stage like the others, and goes with them", async () => {
  const { api, profileId, comes } = await growing()
  const rollout = await api.ok("createRollout", { body: { profileId, ...gated } })
  await stateIs(api, rollout, "at-gate")
  const late = await comes("late")
  assert.equal(late.came[0]?.spec.parameters["work_mem"], "4MB")
  assert.equal((await versions(api))["late"], 1)
  assert.equal((await entries(api, rollout))["late"], "waiting")
  const { items } = await api.ok("listEvents", { query: { satelliteId: late.site.id } })
  assert.ok(
    items.some(({ message }) =>
      message.endsWith(
        "begins with version 1 of its profile, and takes its turn in the rollout of version 2",
      ),
    ),
  )
  await api.ok("passRolloutGate", { params: { id: rollout.id }, body: { stage: 1 } })
  const over = await stateIs(api, rollout, "finished")
  assert.deepEqual([over.clusterCount, over.counts.done], [3, 3])
  assert.deepEqual(await versions(api), { late: 2, north: 2, south: 2 })
  // What got through is what the next one begins with.
  const next = await comes("next")
  assert.equal(next.came[0]?.spec.parameters["work_mem"], "8MB")
})

test("one whose site has not been heard is owed the change, and takes it when it comes", async () => {
  const { api, profileId, comes } = await growing()
  const rollout = await api.ok("createRollout", { body: { profileId, ...gated } })
  await stateIs(api, rollout, "at-gate")
  const late = await comes("late", false)
  await api.ok("passRolloutGate", { params: { id: rollout.id }, body: { stage: 1 } })
  await stateIs(api, rollout, "running")
  await late.connect()
  const over = await stateIs(api, rollout, "finished")
  assert.equal(over.counts.done, 3)
  assert.equal((await versions(api))["late"], 2)
})

test("a version that was taken back, or halted, is given to nobody new until it is approved and gets through", async () => {
  const { api, profileId, comes } = await growing()
  const rollout = await api.ok("createRollout", { body: { profileId, bakeSeconds: 0 } })
  await stateIs(api, rollout, "finished")
  const profile = await api.ok("getProfile", { params: { id: profileId } })
  await api.ok("editProfile", {
    params: { id: profileId },
    body: { version: profile.version, spec: specWith("16MB") },
  })
  const bad = await api.ok("createRollout", { body: { profileId, ...gated } })
  await stateIs(api, bad, "at-gate")
  await api.ok("rollBackRollout", { params: { id: bad.id }, body: {} })
  await stateIs(api, bad, "rolled-back")
  const late = await comes("late")
  assert.equal(late.came[0]?.spec.parameters["work_mem"], "8MB", "what got through last")
  assert.equal((await entries(api, bad))["late"], undefined, "nothing takes it along")
})

test("an approval for chosen clusters takes nobody along", async () => {
  const { api, url, profileId, comes } = await growing()
  const [one] = (await api.ok("listClusters")).items
  const rollout = await api.ok("createRollout", {
    body: { profileId, clusterIds: [one?.id], stages: [{ ...gated.stages[1], name: "one" }] },
  })
  await stateIs(api, rollout, "at-gate")
  await comes("late")
  assert.equal((await versions(api))["late"], 1)
  const [row] = await query(url, "select count(*)::integer as entries from rollout_cluster")
  assert.equal(row?.["entries"], 1)
})
