/** What satellites tell: stored once, believed of their own clusters only, thrown away in time. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { eventId, podName } from "#core/ids.ts"
import { openDatabase } from "#io/postgres/sql.ts"
import { pruneEvents } from "../../src/central/store/event.ts"
import { rulePut } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { centrals } from "../fixtures/centrals.ts"
import { clusterHealth } from "../fixtures/cluster-health.ts"

const { central, centralOn, freshDatabase, site } = centrals()

test("events that arrive twice are stored once, acknowledged both times, and keep their order by time", async () => {
  const { running, api } = await central()
  await rulePut(api)
  const chatty = site(running, "chatty")
  await chatty.join(api)
  const { stream, welcome } = await chatty.connect()
  const [spec] = welcome.clusters
  assert.ok(spec !== undefined)
  const event = (kind: string, at: number) => ({
    id: eventId(randomUUID()),
    at,
    severity: "warning" as const,
    kind,
    message: `it happened \0 here`,
    clusterId: spec.id,
    pod: podName("orders-0"),
    details: { term: "2" },
  })
  const now = Date.now()
  const events = [event("failover.started", now - 2000), event("failover.completed", now - 1000)]
  const ahead = event("clock.ahead", now + 3_600_000)
  stream.send({ kind: "events", events, unreadable: [] })
  stream.send({ kind: "events", events: [...events, ahead], unreadable: [] })
  assert.deepEqual(
    new Set((await stream.next("events-ack")).events),
    new Set(events.map(({ id }) => id)),
  )
  assert.equal((await stream.next("events-ack")).events.length, 3)
  const { items } = await api.ok("listEvents", {
    query: { clusterId: spec.id, severity: "warning" },
  })
  assert.deepEqual(
    items.map(({ kind }) => kind),
    ["clock.ahead", "failover.completed", "failover.started"],
  )
  assert.ok(Date.parse(items[0]?.at ?? "") <= Date.now(), "a clock that runs ahead is held back")
  assert.equal(items[1]?.clusterName, "orders")
})

test("D7: a satellite's word about another's cluster counts for nothing", async () => {
  const { running, api } = await central()
  await rulePut(api)
  const owner = site(running, "owner")
  await owner.join(api)
  const [spec] = (await owner.connect()).welcome.clusters
  assert.ok(spec !== undefined)
  const liar = site(running, "liar")
  await liar.join(api)
  const { stream } = await liar.connect()
  stream.send({ kind: "health", health: clusterHealth(spec.id) })
  stream.send({
    kind: "config-ack",
    clusterId: spec.id,
    version: spec.version,
    outcome: { kind: "applied" },
  })
  await api.ok("deleteCluster", { params: { id: spec.id } })
  stream.send({ kind: "delete-ack", clusterId: spec.id, gone: true })
  const lie = {
    id: eventId(randomUUID()),
    at: Date.now(),
    severity: "critical" as const,
    kind: "cluster.lie",
    message: "not mine",
    clusterId: spec.id,
    pod: undefined,
    details: {},
  }
  stream.send({ kind: "events", events: [lie], unreadable: [] })
  await stream.next("events-ack")
  const cluster = await api.ok("getCluster", { params: { id: spec.id } })
  assert.equal(cluster.state, "deleting")
  assert.equal(cluster.observedAt, null)
  assert.equal(cluster.appliedVersion, null)
  const told = (await api.ok("listEvents", { query: { severity: "critical" } })).items[0]
  assert.equal(told?.clusterId, null)
})

test("D1: events older than 90 days are thrown away, in bites, and younger ones stay", async () => {
  const url = await freshDatabase()
  await centralOn(url)
  await query(
    url,
    `insert into event (id, at, severity, kind, message, details)
     select gen_random_uuid(), now() - make_interval(days => n), 1, 'old.' || n, '', '{}'
     from generate_series(80, 100) n`,
  )
  await using database = openDatabase({ url, applicationName: "test" })
  // The sweeper of central may be at it at the same time: what counts is what is left.
  while ((await pruneEvents(database.sql, 90, 4)) > 0);
  const left = await query(url, "select kind from event where kind like 'old.%' order by at")
  assert.equal(left.at(0)?.["kind"], "old.89")
  assert.equal(left.at(-1)?.["kind"], "old.80")
})
