/** One live stream for each satellite, whatever it or central does meanwhile. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Code, ConnectError } from "@connectrpc/connect"
import { minutes } from "#core/units.ts"
import { quick, rulePut } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, stateOf } from "../fixtures/site.ts"
import { centrals } from "../fixtures/centrals.ts"
import { clusterHealth } from "../fixtures/cluster-health.ts"

const { central, centralOn, site, stop } = centrals()

test("D2: an older stream that ends late leaves the newer one alone", async () => {
  const { running, api } = await central({ timing: quick })
  await rulePut(api, { tier: "gold" })
  const twice = site(running, "twice")
  await twice.join(api)
  const older = await twice.connect()
  const newer = await twice.connect()
  const why = await older.stream.ended
  assert.ok(why instanceof ConnectError && why.code === Code.Aborted, String(why))
  newer.stream.send({ kind: "heartbeat", sequence: 1, sentAt: Date.now() })
  await newer.stream.next("heartbeat-ack")
  assert.equal(await stateOf(api, twice.id), "connected")
  const { version } = await api.ok("getSatellite", { params: { id: twice.id } })
  await api.ok("editSatellite", {
    params: { id: twice.id },
    body: { version, labels: { tier: "gold" } },
  })
  assert.equal((await newer.stream.next("config")).spec.name, "orders")
})

test("D2: silence makes a satellite late, then lost, its clusters unknown; a returning stream makes it connected", async () => {
  const { running, api } = await central({ timing: quick })
  await rulePut(api)
  const quiet = site(running, "quiet")
  await quiet.join(api)
  const { stream, welcome } = await quiet.connect()
  const [spec] = welcome.clusters
  assert.ok(spec !== undefined)
  stream.send({ kind: "health", health: clusterHealth(spec.id) })
  await eventually("late", async () => (await stateOf(api, quiet.id)) === "late")
  await eventually("lost", async () => (await stateOf(api, quiet.id)) === "lost")
  assert.equal((await api.ok("getCluster", { params: { id: spec.id } })).state, "unknown")
  const unknown = await api.ok("listClusters", { query: { state: "unknown" } })
  assert.equal(unknown.items.length, 1)
  await stream.close()
  await quiet.connect()
  assert.equal(await stateOf(api, quiet.id), "connected")
  assert.equal((await api.ok("getCluster", { params: { id: spec.id } })).state, "healthy")
  const kinds = (await api.ok("listEvents", { query: { satelliteId: quiet.id } })).items.map(
    ({ kind }) => kind,
  )
  assert.ok(kinds.includes("satellite.late") && kinds.includes("satellite.lost"))
})

test("a pause of central itself makes nobody lost: satellites get their time anew", async () => {
  const { url, running, api } = await central({ timing: quick })
  const patient = site(running, "patient")
  await patient.join(api)
  const { stream } = await patient.connect()
  await stream.close()
  await stop(running)
  await query(url, "update satellite set last_seen_at = now() - interval '1 hour'")
  await query(url, "update fleet_watch set seen = now() - interval '1 hour'")
  const next = await centralOn(url, {
    timing: {
      ...quick,
      lateAfter: minutes(1),
      lostAfter: minutes(2),
    },
  })
  await eventually(
    "a sweep was made",
    async () =>
      (await query(url, "select 1 from fleet_watch where seen > now() - interval '1 minute'"))
        .length > 0,
  )
  assert.equal(await stateOf(next.api, patient.id), "connected")
})

test("a restarted central knows everything, and its satellites go on with their tokens", async () => {
  const { url, running, api } = await central()
  await rulePut(api)
  const steady = site(running, "steady")
  await steady.join(api)
  const first = await steady.connect()
  await stop(running)
  const why = await first.stream.ended
  assert.ok(why instanceof ConnectError && why.code === Code.Unavailable, String(why))
  const next = await centralOn(url)
  steady.turnTo(next.running)
  const { welcome } = await steady.connect()
  assert.deepEqual(
    welcome.clusters.map(({ name }) => name),
    ["orders"],
  )
})

test("two centrals on one database: a change through one reaches a satellite on the other, and a newer stream there ends the older here", async () => {
  const { url, running, api } = await central()
  const other = await centralOn(url)
  const mover = site(running, "mover")
  await mover.join(api)
  const here = await mover.connect()
  await rulePut(other.api)
  const { spec } = await here.stream.next("config")
  assert.equal(spec.name, "orders")
  await other.api.ok("deleteCluster", { params: { id: spec.id } })
  assert.equal((await here.stream.next("delete-cluster")).clusterId, spec.id)
  mover.turnTo(other.running)
  await mover.connect()
  const why = await here.stream.ended
  assert.ok(why instanceof ConnectError && why.code === Code.Aborted, String(why))
})
