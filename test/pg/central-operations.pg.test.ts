/** Operations in central: asked for by REST, sent to the site, filled by its word, given up, gone on with. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { test } from "node:test"
import { WebSocket } from "ws"
import type { InstanceHealth } from "#core/cluster/state.ts"
import { podName, systemIdentifier, term } from "#core/ids.ts"
import type { OperationReport } from "#core/switchover/operation.ts"
import { begun, broken, ended, noSteps } from "#core/switchover/steps.ts"
import { openDatabase } from "#io/postgres/sql.ts"
import { type LiveMessage, liveMessageSchema } from "#wire/live.ts"
import type { Operation } from "#wire/rest/operations.ts"
import { giveUpOperations } from "../../src/central/operations/operations.ts"
import { type Api, quick, restUrl } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { clusterHealth } from "../fixtures/cluster-health.ts"
import { instanceHealth } from "../fixtures/instance-health.ts"
import { operationReport } from "../fixtures/operation-report.ts"
import { codeOf } from "../fixtures/rest.ts"
import { eventually, type SiteStream } from "../fixtures/site.ts"

const { centralOn, site: siteOf, stop, withStream } = centrals()

const [a, b, c] = [podName("orders-0"), podName("orders-1"), podName("orders-2")]

const instance = (pod: typeof a, change: Partial<InstanceHealth> = {}): InstanceHealth =>
  instanceHealth(pod, {
    role: "replica",
    phase: "streaming",
    ready: true,
    lagBytes: 0,
    lagSeconds: 0,
    receiver: "streaming",
    synchronous: true,
    ...change,
  })

/** The cluster of the one site is well, with `c` not ready. */
async function scene() {
  const { spec, ...opened } = await withStream()
  const { api, stream } = opened
  const health = clusterHealth(spec.id, {
    primary: a,
    term: term(3),
    systemIdentifier: systemIdentifier("7123456789012345678"),
    instances: [
      instance(a, { role: "primary", phase: "primary" }),
      instance(b),
      instance(c, { ready: false, reason: "cloning from orders-0", phase: "cloning" }),
    ],
  })
  stream.send({ kind: "health", health })
  await eventually("the cluster is known to be well", async () => {
    const cluster = await api.ok("getCluster", { params: { id: spec.id } })
    return cluster.primary === a
  })
  return { ...opened, id: spec.id, health }
}

const start = (api: Api, id: string, body: { readonly to?: string } = {}): Promise<Operation> =>
  api.ok("startSwitchover", { params: { id }, body })
const get = (api: Api, id: string): Promise<Operation> => api.ok("getOperation", { params: { id } })
const report = (id: string, change: Partial<OperationReport> = {}): OperationReport =>
  operationReport(id, {
    steps: begun(noSteps("switchover"), "check", 1_750_000_000_000),
    target: b,
    ...change,
  })
async function tell(stream: SiteStream, told: OperationReport): Promise<void> {
  stream.send({ kind: "operation-update", report: told })
  const ack = await stream.next("operation-ack", ({ revision }) => revision === told.revision)
  assert.equal(ack.operation, told.operation)
}

test("a switchover is sent to its site, filled by the site's word, and over when the site says so", async () => {
  const { api, id, stream } = await scene()
  const asked = await start(api, id, { to: b })
  assert.deepEqual(
    [asked.state, asked.target, asked.actor, asked.error],
    ["pending", b, "admin", null],
  )
  assert.ok(asked.steps.every(({ state }) => state === "pending"))
  const { order } = await stream.next("start-operation")
  assert.deepEqual(order, { operation: asked.id, clusterId: id, kind: "switchover", to: b })
  await tell(stream, report(asked.id))
  assert.equal((await get(api, asked.id)).state, "running")
  const steps = ended(noSteps("switchover"), "follow", {
    state: "done",
    at: 1_750_000_001_000,
    detail: "all",
  })
  await tell(
    stream,
    report(asked.id, {
      revision: 7,
      state: "succeeded",
      steps,
      pointOfNoReturnAt: 1_750_000_000_500,
      endedAt: 1_750_000_001_000,
    }),
  )
  await tell(stream, report(asked.id, { revision: 6 }))
  const done = await get(api, asked.id)
  assert.deepEqual(
    [done.state, done.pointOfNoReturnAt, done.startedAt, done.endedAt, done.steps.at(-1)?.detail],
    [
      "succeeded",
      "2025-06-15T15:06:40.500Z",
      "2025-06-15T15:06:40.000Z",
      "2025-06-15T15:06:41.000Z",
      "all",
    ],
  )
  const { items } = await api.ok("listEvents", { query: { clusterId: id } })
  assert.deepEqual(
    items
      .map(({ kind, details }) => [kind, details["actor"]])
      .filter(([kind]) => kind?.startsWith("switchover") === true),
    [
      ["switchover.succeeded", "admin"],
      ["switchover.asked", "admin"],
    ],
  )
})

test("what can not be done is refused with the reason and the fix, and nothing is sent", async () => {
  const { api, id, stream, site } = await scene()
  const ask = (body: { readonly to?: string }, cluster: string = id) =>
    api.raw("startSwitchover", { params: { id: cluster }, body })
  assert.deepEqual(codeOf(await ask({ to: "orders-0" })), [422, "IS_PRIMARY"])
  assert.deepEqual(codeOf(await ask({ to: "orders-7" })), [422, "NOT_A_MEMBER"])
  const unready = await ask({ to: "orders-2" })
  assert.deepEqual(codeOf(unready), [422, "NOT_READY"])
  assert.match(JSON.stringify(unready.body), /cloning from orders-0/)
  assert.deepEqual(codeOf(await ask({}, site.id)), [404, "NOT_FOUND"])
  assert.equal((await ask({ to: "UPPER" })).status, 400)
  assert.equal((await api.raw("startSwitchover", { params: { id }, body: { two: 1 } })).status, 400)
  assert.deepEqual((await api.ok("listOperations")).items, [])
  assert.ok(!stream.received.some(({ kind }) => kind === "start-operation"))
})

test("a fence and a promotion are operations: their site is asked, and told by whom and what came of it", async () => {
  const { api, id, stream, health } = await scene()
  const params = { id }
  assert.equal((await api.raw("fenceCluster", { params, body: { reason: "  " } })).status, 400)
  const fence = await api.ok("fenceCluster", { params, body: { reason: "wrong data" } })
  assert.deepEqual(
    [fence.kind, fence.state, fence.steps.map(({ name }) => name)],
    ["fence", "pending", ["fence"]],
  )
  const asked = await stream.next("start-operation")
  const reason = "wrong data"
  assert.deepEqual(asked.order, { operation: fence.id, clusterId: id, kind: "fence", reason })
  const steps = ended(noSteps("fence"), "fence", { state: "done", at: 9, detail: "no clients" })
  await tell(stream, report(fence.id, { state: "succeeded", steps, target: undefined, endedAt: 9 }))
  assert.equal((await get(api, fence.id)).steps[0]?.detail, "no clients")
  const promote = (body: { to: string; acceptLoss?: boolean; confirm?: string }) =>
    api.raw("promoteMember", { params, body: { acceptLoss: false, ...body } })
  assert.deepEqual(codeOf(await promote({ to: b })), [409, "HAS_PRIMARY"])
  const question = { about: "loss", missingBytes: 4096 } as const
  const instances = health.instances.map((one) => (one.pod === b ? { ...one, question } : one))
  const vacant = { state: "unavailable", primary: undefined, instances } as const
  stream.send({ kind: "health", health: { ...health, ...vacant, observedAt: Date.now() } })
  await eventually("central knows that nobody serves", async () => {
    const { primary } = await api.ok("getCluster", { params })
    return primary === null
  })
  const shown = (await api.ok("getCluster", { params })).instances.find(({ pod }) => pod === b)
  assert.deepEqual(shown?.question, question)
  const lossy = { to: b, acceptLoss: true }
  assert.deepEqual(codeOf(await promote(lossy)), [422, "NOT_CONFIRMED"])
  assert.deepEqual(codeOf(await promote({ ...lossy, confirm: "orders " })), [422, "NOT_CONFIRMED"])
  assert.equal((await promote({ ...lossy, confirm: "orders" })).status, 202)
  const { order } = await stream.next("start-operation", (each) => each.order.kind === "promote")
  assert.deepEqual(
    { ...order, operation: "" },
    { operation: "", clusterId: id, kind: "promote", ...lossy },
  )
  await tell(stream, report(order.operation, { state: "failed", error: "HELD", endedAt: 9 }))
  const { items } = await api.ok("listEvents", { query: { clusterId: id } })
  assert.deepEqual(
    items
      .filter(({ kind }) => /^(fence|promote)/.test(kind))
      .map(({ kind, details }) => [kind, details["actor"]]),
    [
      ["promote.failed", "admin"],
      ["promote.asked", "admin"],
      ["fence.succeeded", "admin"],
      ["fence.asked", "admin"],
    ],
  )
})

test("D8: one operation at a time for a cluster: the second is told which is running", async () => {
  const { api, id } = await scene()
  const answers = await Promise.all(
    [1, 2, 3].map(() => api.raw("startSwitchover", { params: { id }, body: {} })),
  )
  const statuses = answers.map(({ status }) => status).toSorted((one, other) => one - other)
  assert.deepEqual(statuses, [202, 409, 409])
  const { items } = await api.ok("listOperations", { query: { cluster: id, state: "pending" } })
  assert.equal(items.length, 1)
  const again = await api.raw("startSwitchover", { params: { id }, body: {} })
  assert.deepEqual(codeOf(again), [409, "OPERATION_RUNNING"])
  assert.match(JSON.stringify(again.body), new RegExp(items[0]?.id ?? "none"))
})

test("a site that is not connected is not waited for", async () => {
  const { id, site, running, url } = await scene()
  await site.close()
  await stop(running)
  const { api: next } = await centralOn(url, { timing: quick })
  await eventually("the site is lost", async () => {
    const { state } = await next.ok("getSatellite", { params: { id: site.id } })
    return state === "lost"
  })
  const answer = await next.raw("startSwitchover", { params: { id }, body: {} })
  assert.deepEqual(codeOf(answer), [409, "SATELLITE_NOT_CONNECTED"])
  assert.deepEqual((await next.ok("listOperations")).items, [])
})

test("a site that comes back hears what it has not taken up, and not what it has", async () => {
  const { api, id, site, stream } = await scene()
  const asked = await start(api, id)
  await stream.next("start-operation")
  await stream.close()
  const second = await site.connect()
  assert.equal((await second.stream.next("start-operation")).order.operation, asked.id)
  await tell(second.stream, report(asked.id))
  await second.stream.close()
  const third = await site.connect()
  await tell(third.stream, report(asked.id, { revision: 2 }))
  assert.ok(!third.stream.received.some(({ kind }) => kind === "start-operation"))
})

test("D5: central may restart in the middle: the site's word finds its operation", async () => {
  const { api, id, site, stream, running, url } = await scene()
  const asked = await start(api, id)
  await stream.next("start-operation")
  await tell(stream, report(asked.id))
  await stop(running)
  const { running: another, api: next } = await centralOn(url)
  assert.equal((await get(next, asked.id)).state, "running")
  site.turnTo(another)
  const after = await site.connect()
  const error = "orders-1 did not receive the shutdown checkpoint"
  const steps = broken(begun(noSteps("switchover"), "confirm", 5), 9, error)
  await tell(
    after.stream,
    report(asked.id, { revision: 9, state: "failed", error, steps, endedAt: 9 }),
  )
  const over = await get(next, asked.id)
  assert.deepEqual([over.state, over.error], ["failed", error])
  assert.equal((await start(next, id)).state, "pending")
})

test("a cancellation is sent once, and refused when it is too late or over", async () => {
  const { api, id, stream } = await scene()
  const asked = await start(api, id)
  await stream.next("start-operation")
  await tell(stream, report(asked.id))
  const cancelling = await api.ok("cancelOperation", { params: { id: asked.id } })
  assert.equal(cancelling.state, "running")
  const sent = await stream.next("cancel-operation")
  assert.deepEqual([sent.operation, sent.clusterId], [asked.id, id])
  await api.ok("cancelOperation", { params: { id: asked.id } })
  await tell(stream, report(asked.id, { revision: 3, pointOfNoReturnAt: 1_750_000_000_500 }))
  assert.deepEqual(codeOf(await api.raw("cancelOperation", { params: { id: asked.id } })), [
    409,
    "TOO_LATE",
  ])
  await tell(stream, report(asked.id, { revision: 4, state: "succeeded", endedAt: 9 }))
  assert.deepEqual(codeOf(await api.raw("cancelOperation", { params: { id: asked.id } })), [
    409,
    "OPERATION_OVER",
  ])
  assert.ok(!stream.received.some(({ kind }) => kind === "cancel-operation"))
})

test("what no site takes up or speaks of is given up, and a word that comes later still counts", async () => {
  const { api, id, stream, url } = await scene()
  const asked = await start(api, id)
  await using database = openDatabase({ url, applicationName: "test" })
  await giveUpOperations(database, { pendingMs: 60_000, silentMs: 60_000 })
  assert.equal((await get(api, asked.id)).state, "pending")
  await giveUpOperations(database, { pendingMs: 0, silentMs: 60_000 })
  const lost = await get(api, asked.id)
  assert.deepEqual(
    [lost.state, lost.error],
    ["failed", "the site did not take it up in time: nothing was begun"],
  )
  await tell(stream, report(asked.id))
  assert.equal((await get(api, asked.id)).state, "failed", "what is over does not run again")
  const next = await start(api, id)
  await tell(stream, report(next.id))
  await giveUpOperations(database, { pendingMs: 0, silentMs: 0 })
  assert.equal((await get(api, next.id)).error, "the site has not told how it ended")
  await tell(stream, report(next.id, { revision: 2, state: "succeeded", endedAt: 9 }))
  const truth = await get(api, next.id)
  assert.deepEqual([truth.state, truth.error], ["succeeded", null])
})

test("D7: a site can say nothing of another site's operation", async () => {
  const { api, id, running } = await scene()
  const asked = await start(api, id)
  const other = siteOf(running, "south")
  await other.join(api)
  const { stream } = await other.connect()
  await tell(stream, report(asked.id, { state: "failed", error: "mischief", endedAt: 9 }))
  assert.equal((await get(api, asked.id)).state, "pending")
  assert.ok(!stream.received.some(({ kind }) => kind === "start-operation"))
})

test("operations are listed newest first, in pages, by cluster and state", async () => {
  const { api, id, stream } = await scene()
  const made: string[] = []
  for (let at = 0; at < 3; at += 1) {
    const asked = await start(api, id)
    made.unshift(asked.id)
    await tell(stream, report(asked.id, { state: "failed", error: "no", endedAt: 9 }))
  }
  const first = await api.ok("listOperations", { query: { cluster: id, limit: "2" } })
  assert.deepEqual(
    first.items.map((one) => one.id),
    made.slice(0, 2),
  )
  const cursor = first.nextCursor
  assert(cursor !== null)
  const second = await api.ok("listOperations", { query: { cluster: id, limit: "2", cursor } })
  assert.deepEqual([second.items.map((one) => one.id), second.nextCursor], [made.slice(2), null])
  assert.deepEqual((await api.ok("listOperations", { query: { state: "running" } })).items, [])
})

test("browsers see an operation as it goes", async () => {
  const { api, id, stream, running } = await scene()
  const socket = new WebSocket(`${restUrl(running).replace("http", "ws")}/api/v1/live`, {
    headers: { authorization: `Bearer ${api.token}` },
  })
  const seen: LiveMessage[] = []
  socket.on("message", (data) => {
    assert.ok(Buffer.isBuffer(data))
    seen.push(liveMessageSchema.parse(JSON.parse(data.toString("utf8"))))
  })
  await once(socket, "open")
  await eventually("hello", async () => Promise.resolve(seen.length > 0))
  const states = (): string =>
    [
      ...new Set(seen.flatMap((one) => (one.kind === "operation" ? [one.operation.state] : []))),
    ].join()
  const asked = await start(api, id)
  await eventually("it is shown", async () => Promise.resolve(states() === "pending"))
  await tell(stream, report(asked.id))
  await eventually("it is shown running", async () =>
    Promise.resolve(states() === "pending,running"),
  )
  socket.close()
  await once(socket, "close")
})

test("operations outlive their cluster, and say what it was called", async () => {
  const { api, id, stream } = await scene()
  const asked = await start(api, id)
  await tell(stream, report(asked.id, { state: "failed", error: "no", endedAt: 9 }))
  await api.ok("deleteCluster", { params: { id } })
  assert.deepEqual(codeOf(await api.raw("startSwitchover", { params: { id }, body: {} })), [
    409,
    "CLUSTER_DELETING",
  ])
  stream.send({ kind: "delete-ack", clusterId: id, gone: true })
  await eventually("the cluster is gone", async () => {
    const { status } = await api.raw("getCluster", { params: { id } })
    return status === 404
  })
  const kept = await get(api, asked.id)
  assert.deepEqual([kept.state, kept.clusterName], ["failed", asked.clusterName])
})
