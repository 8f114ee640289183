/** Rollouts on a real central and real PostgreSQL: sites that speak the real protocol take versions, or do not. */
import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import type { Rollout } from "#wire/rest/rollouts.ts"
import {
  type Api,
  quick,
  type RestAnswer,
  signedIn,
  smallSpec,
  startTestCentral,
} from "../fixtures/central.ts"
import { ObedientSite } from "../fixtures/obedient-site.ts"
import { type TestServer, testServer } from "../fixtures/postgres.ts"
import { eventually } from "../fixtures/site.ts"

let server: TestServer
const open: { close: () => Promise<void> }[] = []

before(async () => {
  server = await testServer()
})
after(async () => {
  await server.close()
})
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

const specWith = (workMem: string) => ({ ...smallSpec, parameters: { work_mem: workMem } })
const codeOf = ({ status, body }: RestAnswer): unknown => [
  status,
  typeof body === "object" && body !== null && "code" in body ? body.code : body,
]

/** A central with a profile of two versions, and one cluster of the first on each of these sites. */
async function scene(sites: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const url = await server.freshDatabase()
  const running = { central: await startTestCentral(url, { timing: quick }) }
  open.push({ close: async () => running.central[Symbol.asyncDispose]() })
  const api = await signedIn(running.central)
  const profile = await api.ok("createProfile", {
    body: { name: "small", spec: specWith("4MB") },
  })
  await api.ok("createRule", {
    body: {
      name: "orders-everywhere",
      profileId: profile.id,
      selector: {},
      clusterName: "orders",
      namespace: "databases",
    },
  })
  const joined = new Map<string, ObedientSite>()
  for (const [name, labels] of Object.entries(sites)) {
    const site = await new ObedientSite(running.central, name).join(api, labels)
    open.push(site)
    await site.connect()
    joined.set(name, site)
  }
  const beating = setInterval(() => {
    for (const site of joined.values()) site.beat()
  }, 200)
  open.push({ close: () => Promise.resolve(clearInterval(beating)) })
  await eventually("all are healthy", async () => {
    const { items } = await api.ok("listClusters", { query: { state: "healthy" } })
    return items.length === joined.size
  })
  const edited = await api.ok("editProfile", {
    params: { id: profile.id },
    body: { version: profile.version, spec: specWith("8MB") },
  })
  assert.equal(edited.specVersion, 2)
  const site = (name: string): ObedientSite => {
    const found = joined.get(name)
    assert.ok(found !== undefined)
    return found
  }
  return { url, running, api, profileId: profile.id, joined, site }
}

const three = { north: {}, south: {}, west: {} }

const stateIs = (api: Api, { id }: Rollout, state: Rollout["state"]): Promise<Rollout> =>
  eventually(`the rollout is ${state}`, async () => {
    const now = await api.ok("getRollout", { params: { id } })
    return now.state === state ? now : undefined
  })

const entries = async (api: Api, { id }: Rollout): Promise<Record<string, string>> => {
  const { items } = await api.ok("listRolloutClusters", { params: { id } })
  return Object.fromEntries(items.map(({ satelliteName, state }) => [satelliteName, state]))
}

export const entriesAre = (api: Api, rollout: Rollout, wanted: Record<string, string>) =>
  eventually(`entries are ${JSON.stringify(wanted)}`, async () => {
    const now = await entries(api, rollout)
    return JSON.stringify(now) === JSON.stringify(wanted)
  })

const versions = async (api: Api): Promise<Record<string, number>> => {
  const { items } = await api.ok("listClusters")
  return Object.fromEntries(
    items
      .map((one) => [one.satelliteName, one.specVersion] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

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
