/** Log levels that people ask for from afar, through REST and on the stream. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Central } from "../../src/central/central.ts"
import { type Api, rulePut } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { Site } from "../fixtures/site.ts"
import { oneCentral } from "../fixtures/one-central.ts"

let url: string
let central: Central
let api: Api
let site: Site
oneCentral(async (opened) => {
  ;({ url, central, api } = opened)
  site = new Site(central, "north")
  opened.open.push(site)
  await site.join(api)
  await rulePut(api)
})

test("a satellite is told its level and for how long, on each stream until the time is over or it is taken back", async () => {
  const params = { id: site.id }
  const first = await site.connect()
  const asked = await api.ok("putSatelliteLogLevel", {
    params,
    body: { level: "debug", minutes: 10 },
  })
  assert.equal(asked.level, "debug")
  const told = await first.stream.next("set-log-level")
  assert.deepEqual([told.level, told.clusterId], ["debug", undefined])
  assert.ok(told.seconds !== undefined && told.seconds > 590 && told.seconds <= 600)
  await first.stream.close()
  const second = await site.connect()
  assert.equal((await second.stream.next("set-log-level")).level, "debug")
  await api.ok("putSatelliteLogLevel", { params, body: { level: null } })
  const back = await second.stream.next("set-log-level")
  assert.deepEqual([back.level, back.seconds], ["own", undefined])
  assert.equal((await api.ok("getSatelliteLogLevel", { params })).level, null)
  await api.ok("putSatelliteLogLevel", { params, body: { level: "error", minutes: 1 } })
  await second.stream.next("set-log-level")
  await query(url, "update satellite set log_level_until = now() - interval '1 second'")
  const over = await api.ok("getSatelliteLogLevel", { params })
  assert.equal(over.level, null)
  await second.stream.close()
  const third = await site.connect()
  const [cluster] = third.welcome.clusters
  assert.ok(cluster)
  await api.ok("putClusterLogLevel", { params: { id: cluster.id }, body: { level: "warn" } })
  const sidecars = await third.stream.next("set-log-level")
  assert.deepEqual([sidecars.level, sidecars.clusterId], ["warn", cluster.id])
  const [event] = (await api.ok("listEvents", { query: { limit: "1" } })).items
  assert.match(event?.message ?? "", /sidecars of databases\/orders shall log at level warn for 30/)
})
