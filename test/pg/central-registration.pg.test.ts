/** How satellites come in: registered, approved, rejected, and let in anew. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Code, ConnectError } from "@connectrpc/connect"
import { quick, rulePut } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, stateOf } from "../fixtures/site.ts"
import { centrals } from "../fixtures/centrals.ts"

const { central, site } = centrals()

test("D3: an approved site that lost its identity is let in anew by a person and keeps its clusters", async () => {
  const { running, api } = await central({ timing: quick })
  await rulePut(api)
  const forgetful = site(running, "forgetful")
  await forgetful.join(api)
  const first = await forgetful.connect()
  const oldToken = forgetful.authToken
  const firstId = forgetful.id

  // While the true identity is connected, a stranger that registers under its Kubernetes changes nothing.
  await forgetful.register()
  assert.equal(forgetful.id, firstId)
  assert.deepEqual(await forgetful.approval(), { kind: "pending" })
  assert.equal(await stateOf(api, firstId), "connected")
  const tooEarly = await api.raw("approveSatellite", { params: { id: firstId }, body: {} })
  assert.equal(tooEarly.status, 409)
  await first.stream.close()

  await eventually("it waits as pending", async () => (await stateOf(api, firstId)) === "pending")
  assert.deepEqual(await forgetful.approval(), { kind: "pending" })
  await api.ok("approveSatellite", { params: { id: firstId }, body: {} })
  assert.equal((await forgetful.approval()).kind, "approved")
  assert.notEqual(forgetful.authToken, oldToken)
  const again = await forgetful.connect()
  assert.deepEqual(
    again.welcome.clusters.map(({ name }) => name),
    ["orders"],
  )
  const refused = await forgetful.open(oldToken).ended
  assert.ok(refused instanceof ConnectError && refused.code === Code.Unauthenticated)
})

test("D4: registering again with the same Kubernetes or the same name works; equal names are a clear conflict at approval", async () => {
  const { running, api } = await central()
  const one = site(running, "same")
  await one.register()
  const id = one.id
  await one.register()
  assert.equal(one.id, id)
  await api.ok("approveSatellite", { params: { id }, body: {} })
  const two = site(running, "same")
  await two.register()
  assert.notEqual(two.id, id)
  const conflict = await api.raw("approveSatellite", { params: { id: two.id }, body: {} })
  assert.equal(conflict.status, 409)
  assert.match(JSON.stringify(conflict.body), /NAME_TAKEN.*another satellite is called same/)
  await api.ok("approveSatellite", { params: { id: two.id }, body: { name: "same-2" } })
})

test("D4: a rejected satellite hears it, stays rejected when it registers again, and may be approved later", async () => {
  const { running, api } = await central()
  const unwanted = site(running, "unwanted")
  await unwanted.register()
  await api.ok("rejectSatellite", { params: { id: unwanted.id } })
  assert.deepEqual(await unwanted.approval(), { kind: "rejected" })
  await unwanted.register()
  assert.deepEqual(await unwanted.approval(), { kind: "rejected" })
  assert.equal((await api.ok("listSatellites", { query: { state: "pending" } })).items.length, 0)
  await api.ok("approveSatellite", { params: { id: unwanted.id }, body: {} })
  assert.equal((await unwanted.approval()).kind, "approved")
})

test("the same auth token is given until it is first used; then the registration token is spent", async () => {
  const { url, running, api } = await central()
  const slow = site(running, "slow")
  await slow.join(api)
  const token = slow.authToken
  await slow.approval()
  assert.equal(slow.authToken, token)
  await slow.connect()
  const spent = await slow.approval().then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(spent instanceof ConnectError && spent.code === Code.Unauthenticated)
  const stored = JSON.stringify(await query(url, "select * from satellite"))
  assert.ok(!stored.includes(token) && !stored.includes(slow.registrationToken))
})
