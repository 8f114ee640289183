import assert from "node:assert/strict"
import type { ConfigChange } from "#core/rollout/change.ts"
import { randomUUID } from "node:crypto"
import { after, afterEach, before, test } from "node:test"
import { Code, ConnectError } from "@connectrpc/connect"
import type { ClusterHealth } from "#core/cluster/state.ts"
import { clusterId, configVersion, eventId, podName, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { minutes } from "#core/units.ts"
import { openDatabase } from "#io/postgres/sql.ts"
import type { Central } from "../../src/central/central.ts"
import { pruneEvents } from "../../src/central/store/event.ts"
import { type Api, quick, rulePut, signedIn, startTestCentral } from "../fixtures/central.ts"
import { query, type TestServer, testServer } from "../fixtures/postgres.ts"
import { eventually, Site } from "../fixtures/site.ts"

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

async function central(options: Parameters<typeof startTestCentral>[1] = {}) {
  const url = await server.freshDatabase()
  return { url, ...(await centralOn(url, options)) }
}

async function centralOn(
  url: string,
  options: Parameters<typeof startTestCentral>[1] = {},
): Promise<{ running: Central; api: Api }> {
  const running = await startTestCentral(url, options)
  open.push({ close: async () => running[Symbol.asyncDispose]() })
  return { running, api: await signedIn(running) }
}

function site(running: Central, name: string): Site {
  const made = new Site(running, name)
  open.push(made)
  return made
}

const health = (id: string, over: Partial<ClusterHealth> = {}): ClusterHealth => ({
  clusterId: clusterId(id),
  state: "healthy",
  reason: "3 of 3 members stream",
  appliedVersion: configVersion(1),
  primary: podName("orders-0"),
  term: term(1),
  observedAt: Date.now(),
  systemIdentifier: undefined,
  instances: [
    {
      pod: podName("orders-0"),
      role: "primary",
      phase: "primary",
      ready: true,
      reason: undefined,
      timeline: timeline(1),
      receivedLsn: lsn(0x3000060n),
      replayedLsn: undefined,
      lagBytes: 0,
      lagSeconds: 0,
      connectionsUsed: 4,
      connectionsActive: 1,
      connectionsMax: 100,
      dataBytes: 25_000_000,
      walBytes: 16_777_216,
      diskTotalBytes: undefined,
      diskFreeBytes: undefined,
      receiver: undefined,
      startedAt: Date.now(),
      containerRestarts: 0,
      synchronous: false,
    },
  ],
  ...over,
})

const states = (api: Api, id: string) => async (): Promise<string> =>
  (await api.ok("getSatellite", { params: { id } })).state

test("a site registers, is approved, receives its cluster, reports it, and the API shows it", async () => {
  const { running, api } = await central()
  const north = site(running, "north")
  await north.register({ region: "north" })
  assert.deepEqual(await north.approval(), { kind: "pending" })
  const [waiting] = (await api.ok("listSatellites", { query: { state: "pending" } })).items
  assert.equal(waiting?.site, "north")

  await rulePut(api)
  const approved = await api.ok("approveSatellite", {
    params: { id: north.id },
    body: { name: "north-1" },
  })
  assert.equal(approved.state, "offline")
  const approval = await north.approval()
  assert.equal(approval.kind, "approved")
  assert.equal(approval.name, "north-1")

  const { stream, welcome } = await north.connect()
  assert.equal(welcome.name, "north-1")
  const [spec] = welcome.clusters
  assert.ok(spec !== undefined)
  assert.equal(spec.name, "orders")
  assert.equal(spec.version, configVersion(1))

  stream.send({
    kind: "config-ack",
    clusterId: spec.id,
    version: spec.version,
    outcome: { kind: "applied" },
  })
  stream.send({ kind: "health", health: health(spec.id) })
  stream.send({ kind: "heartbeat", sequence: 7, sentAt: Date.now() })
  assert.equal((await stream.next("heartbeat-ack")).sequence, 7)
  const cluster = await eventually("the cluster is healthy", async () => {
    const found = await api.ok("getCluster", { params: { id: spec.id } })
    return found.state === "healthy" && found.appliedVersion === 1 && found
  })
  assert.equal(cluster.primary, "orders-0")
  assert.equal(cluster.instances[0]?.receivedLsn, "0/3000060")
  assert.equal(cluster.satelliteName, "north-1")
  assert.deepEqual([cluster.change, cluster.inForceVersion], [null, null])

  const step = { pod: podName("orders-1"), action: "restart", detail: undefined } as const
  const change: ConfigChange = {
    version: configVersion(1),
    state: "applying",
    strategy: "sequential-restart",
    steps: [{ ...step, state: "running", at: Date.UTC(2026, 0, 1) }],
    reason: undefined,
    pendingRestart: ["shared_buffers"],
    startedAt: Date.UTC(2026, 0, 1),
    endedAt: undefined,
  }
  stream.send({ kind: "health", health: health(spec.id, { change }) })
  const changing = await eventually("what the site does about it is shown", async () => {
    const found = await api.ok("getCluster", { params: { id: spec.id } })
    return found.change !== null && found
  })
  assert.equal(changing.inForceVersion, null, "what is being applied is not in force")
  assert.deepEqual(changing.change?.steps, [
    { ...step, state: "running", detail: null, at: "2026-01-01T00:00:00.000Z" },
  ])
  const done = { ...change, state: "done", endedAt: Date.now(), pendingRestart: [] } as const
  stream.send({ kind: "health", health: health(spec.id, { change: done }) })
  const inForce = await eventually("it is in force", async () => {
    const found = await api.ok("getCluster", { params: { id: spec.id } })
    return found.inForceVersion === 1 && found
  })
  assert.equal(inForce.change?.state, "done")
  const beyond = { ...done, version: configVersion(7) }
  stream.send({ kind: "health", health: health(spec.id, { change: beyond }) })
  const unwanted = await eventually("a version that nobody wanted", async () => {
    const found = await api.ok("getCluster", { params: { id: spec.id } })
    return found.change?.version === 7 && found
  })
  assert.equal(unwanted.inForceVersion, 1)
  const overview = await api.ok("overview")
  assert.equal(overview.satellites.connected, 1)
  assert.equal(overview.clusters.healthy, 1)
  const kinds = (await api.ok("listEvents")).items.map(({ kind }) => kind)
  for (const kind of [
    "satellite.registered",
    "satellite.approved",
    "satellite.connected",
    "cluster.requested",
  ])
    assert.ok(kinds.includes(kind), `${kind} is told`)
})

test("C4: a satellite approved after the rule exists receives its cluster", async () => {
  const { running, api } = await central()
  await rulePut(api, { tier: "gold" })
  const late = site(running, "late")
  await late.join(api, { tier: "gold" })
  const { welcome } = await late.connect()
  assert.deepEqual(
    welcome.clusters.map(({ name }) => name),
    ["orders"],
  )
})

test("a satellite that is relabelled receives the clusters of the rules that fit now, on its open stream", async () => {
  const { running, api } = await central()
  await rulePut(api, { tier: "gold" })
  const plain = site(running, "plain")
  await plain.join(api)
  const { stream, welcome } = await plain.connect()
  assert.deepEqual(welcome.clusters, [])
  const { version } = await api.ok("getSatellite", { params: { id: plain.id } })
  await api.ok("editSatellite", {
    params: { id: plain.id },
    body: { version, labels: { tier: "gold" } },
  })
  assert.equal((await stream.next("config")).spec.name, "orders")
})

test("C14: a cluster deleted while its site was away is deleted when the site returns, and gone when it says so", async () => {
  const { running, api } = await central()
  const { profileId, ruleId } = await rulePut(api)
  const away = site(running, "away")
  await away.join(api)
  const first = await away.connect()
  const [spec] = first.welcome.clusters
  assert.ok(spec !== undefined)
  await first.stream.close()

  const deleting = await api.ok("deleteCluster", { params: { id: spec.id } })
  assert.equal(deleting.state, "deleting")
  const second = await away.connect([
    { clusterId: spec.id, version: spec.version, deleting: false },
  ])
  assert.deepEqual(second.welcome.clusters, [])
  const order = await second.stream.next("delete-cluster")
  assert.deepEqual([order.clusterId, order.name, order.namespace], [spec.id, "orders", "databases"])
  second.stream.send({ kind: "delete-ack", clusterId: spec.id, gone: false })
  second.stream.send({ kind: "delete-ack", clusterId: spec.id, gone: true })
  await eventually(
    "the row is gone",
    async () => (await api.raw("getCluster", { params: { id: spec.id } })).status === 404,
  )
  const rule = (await api.ok("listRules")).items.find(({ id }) => id === ruleId)
  assert.equal(rule?.clusterCount, 0)

  // The rule lives on and must not make the cluster again, whatever is evaluated anew.
  const { version } = await api.ok("getSatellite", { params: { id: away.id } })
  await api.ok("editSatellite", { params: { id: away.id }, body: { version, labels: { a: "b" } } })
  assert.deepEqual((await api.ok("listClusters")).items, [])
  await second.stream.close()

  // A site that holds it still (its acknowledgement was of another time) is told again.
  const third = await away.connect([{ clusterId: spec.id, version: spec.version, deleting: true }])
  assert.equal((await third.stream.next("delete-cluster")).clusterId, spec.id)

  assert.equal((await api.raw("deleteProfile", { params: { id: profileId } })).status, 409)
  await api.ok("deleteRule", { params: { id: ruleId } })
  await api.ok("deleteProfile", { params: { id: profileId } })
})

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
  assert.equal(await states(api, twice.id)(), "connected")
  const { version } = await api.ok("getSatellite", { params: { id: twice.id } })
  await api.ok("editSatellite", {
    params: { id: twice.id },
    body: { version, labels: { tier: "gold" } },
  })
  assert.equal((await newer.stream.next("config")).spec.name, "orders")
})

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
  assert.equal(await states(api, firstId)(), "connected")
  const tooEarly = await api.raw("approveSatellite", { params: { id: firstId }, body: {} })
  assert.equal(tooEarly.status, 409)
  await first.stream.close()

  await eventually("it waits as pending", async () => (await states(api, firstId)()) === "pending")
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

test("a rejected satellite hears it, stays rejected when it registers again, and may be approved later", async () => {
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
  stream.send({ kind: "health", health: health(spec.id) })
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

test("silence makes a satellite late, then lost, its clusters unknown; a returning stream makes it connected", async () => {
  const { running, api } = await central({ timing: quick })
  await rulePut(api)
  const quiet = site(running, "quiet")
  await quiet.join(api)
  const { stream, welcome } = await quiet.connect()
  const [spec] = welcome.clusters
  assert.ok(spec !== undefined)
  stream.send({ kind: "health", health: health(spec.id) })
  await eventually("late", async () => (await states(api, quiet.id)()) === "late")
  await eventually("lost", async () => (await states(api, quiet.id)()) === "lost")
  assert.equal((await api.ok("getCluster", { params: { id: spec.id } })).state, "unknown")
  const unknown = await api.ok("listClusters", { query: { state: "unknown" } })
  assert.equal(unknown.items.length, 1)
  await stream.close()
  await quiet.connect()
  assert.equal(await states(api, quiet.id)(), "connected")
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
  await running[Symbol.asyncDispose]()
  open.shift()
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
  assert.equal(await states(next.api, patient.id)(), "connected")
})

test("a restarted central knows everything, and its satellites go on with their tokens", async () => {
  const { url, running, api } = await central()
  await rulePut(api)
  const steady = site(running, "steady")
  await steady.join(api)
  const first = await steady.connect()
  await running[Symbol.asyncDispose]()
  open.shift()
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

test("two rules that would make the same cluster on a satellite are refused with the reason, whichever way it comes about", async () => {
  const { running, api } = await central()
  const { profileId } = await rulePut(api)
  const gold = site(running, "gold")
  await gold.join(api, { tier: "gold" })
  const second = {
    name: "second",
    profileId,
    selector: { tier: "gold" },
    clusterName: "orders",
    namespace: "databases",
  }
  const refused = await api.raw("createRule", { body: second })
  assert.equal(refused.status, 409)
  assert.match(JSON.stringify(refused.body), /orders-everywhere and second.*gold/)
  await api.ok("createRule", { body: { ...second, selector: { tier: "silver" } } })
  const { version } = await api.ok("getSatellite", { params: { id: gold.id } })
  const relabelled = await api.raw("editSatellite", {
    params: { id: gold.id },
    body: { version, labels: { tier: "silver" } },
  })
  assert.equal(relabelled.status, 409)
  assert.deepEqual((await api.ok("getSatellite", { params: { id: gold.id } })).labels, {
    tier: "gold",
  })
  const silver = site(running, "silver")
  await silver.register({ tier: "silver" })
  assert.equal(
    (await api.raw("approveSatellite", { params: { id: silver.id }, body: {} })).status,
    409,
  )
  assert.equal((await api.ok("getSatellite", { params: { id: silver.id } })).state, "pending")
})

test("two people who edit a satellite at once: the second is told what changed and overwrites nothing", async () => {
  const { running, api } = await central()
  const shared = site(running, "shared")
  await shared.join(api)
  const { version } = await api.ok("getSatellite", { params: { id: shared.id } })
  await api.ok("editSatellite", {
    params: { id: shared.id },
    body: { version, labels: { a: "1" } },
  })
  const second = await api.raw("editSatellite", {
    params: { id: shared.id },
    body: { version, labels: { b: "2" } },
  })
  assert.equal(second.status, 409)
  assert.match(JSON.stringify(second.body), /VERSION_CONFLICT/)
  assert.deepEqual((await api.ok("getSatellite", { params: { id: shared.id } })).labels, { a: "1" })
})

test("D1: events older than 90 days are thrown away, in bites, and younger ones stay", async () => {
  const url = await server.freshDatabase()
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
