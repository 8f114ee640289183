/** What a fleet comes to: clusters by rules, approvals, labels and deletions, and who says what about them. */
import assert from "node:assert/strict"
import type { ConfigChange } from "#core/rollout/change.ts"
import { test } from "node:test"
import { configVersion, podName } from "#core/ids.ts"
import { rulePut } from "../fixtures/central.ts"
import { eventually } from "../fixtures/site.ts"
import { centrals } from "../fixtures/centrals.ts"
import { clusterHealth } from "../fixtures/cluster-health.ts"
import { refusedWith } from "../fixtures/rest.ts"

const { central, site } = centrals()

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
  stream.send({ kind: "health", health: clusterHealth(spec.id) })
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
  stream.send({ kind: "health", health: clusterHealth(spec.id, { change }) })
  const changing = await eventually("what the site does about it is shown", async () => {
    const found = await api.ok("getCluster", { params: { id: spec.id } })
    return found.change !== null && found
  })
  assert.equal(changing.inForceVersion, null, "what is being applied is not in force")
  assert.deepEqual(changing.change?.steps, [
    { ...step, state: "running", detail: null, at: "2026-01-01T00:00:00.000Z" },
  ])
  const done = { ...change, state: "done", endedAt: Date.now(), pendingRestart: [] } as const
  stream.send({ kind: "health", health: clusterHealth(spec.id, { change: done }) })
  const inForce = await eventually("it is in force", async () => {
    const found = await api.ok("getCluster", { params: { id: spec.id } })
    return found.inForceVersion === 1 && found
  })
  assert.equal(inForce.change?.state, "done")
  const beyond = { ...done, version: configVersion(7) }
  stream.send({ kind: "health", health: clusterHealth(spec.id, { change: beyond }) })
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
  const { items } = await api.ok("listAudit", { query: { resource: "cluster" } })
  assert.deepEqual(
    items.map(({ action, resourceName, actor }) => [action, resourceName, actor]),
    [["create", "databases/orders", "admin"]],
    "who approved it made its cluster",
  )
})

test("satellites and clusters are listed by labels of satellites", async () => {
  const { running, api } = await central()
  await rulePut(api, { tier: "gold" })
  const north = site(running, "north")
  await north.join(api, { tier: "gold", zone: "north" })
  await site(running, "south").join(api, { zone: "south" })
  const satellites = async (labels: string) =>
    (await api.ok("listSatellites", { query: { labels } })).items.map((one) => one.site)
  const clusters = async (labels: string) =>
    (await api.ok("listClusters", { query: { labels } })).items.map((one) => one.satelliteId)
  assert.deepEqual(await satellites("tier=gold"), ["north"])
  assert.deepEqual(await satellites("zone=south"), ["south"])
  assert.deepEqual(await satellites("zone=south,tier=gold"), [])
  assert.deepEqual(await clusters("zone=north,tier=gold"), [north.id])
  assert.deepEqual(await clusters("zone=south"), [])
  for (const labels of ["north", "a=b=c", "zone=north,", "-a=b"])
    for (const list of ["listSatellites", "listClusters"] as const)
      refusedWith(await api.raw(list, { query: { labels } }), 400, "INVALID")
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
