/** Deleting a cluster is an operation: asked for, handed over, answered, refused, called off, gone on with. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type ClusterId, clusterId, configVersion } from "#core/ids.ts"
import type { Operation } from "#wire/rest/operations.ts"
import type { Central } from "../../src/central/central.ts"
import { type Api, quick, type RestAnswer } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { query } from "../fixtures/postgres.ts"
import { refusedWith } from "../fixtures/rest.ts"
import { eventually, type Site, type SiteStream } from "../fixtures/site.ts"

const fleet = centrals()

type Scene = {
  readonly url: string
  readonly site: Site
  readonly id: ClusterId
  api: Api
  central: Central
}

/** One satellite with one cluster; it has not connected. */
async function scene(): Promise<Scene> {
  const { running, ...opened } = await fleet.withSite({ timing: quick })
  const [cluster] = (await opened.api.ok("listClusters")).items
  assert.ok(cluster !== undefined)
  return { ...opened, central: running, id: clusterId(cluster.id) }
}

/** Central dies and comes back on the same database. */
async function restarted(on: Scene): Promise<void> {
  await fleet.stop(on.central)
  const { running, api } = await fleet.centralOn(on.url, { timing: quick })
  on.central = running
  on.api = api
  on.site.turnTo(running)
}

const remove = ({ api, id }: Scene) => api.ok("deleteCluster", { params: { id } })
const cluster = ({ api, id }: Scene) => api.ok("getCluster", { params: { id } })
const deletions = async ({ api, id }: Scene): Promise<readonly Operation[]> =>
  (await api.ok("listOperations", { query: { cluster: id, kind: "delete" } })).items

async function only(on: Scene): Promise<Operation> {
  const [operation, ...more] = await deletions(on)
  assert.ok(operation !== undefined && more.length === 0)
  return operation
}

const steps = (operation: Operation): string =>
  operation.steps.map(({ name, state }) => `${name} ${state}`).join(", ")

const going = (stream: SiteStream, id: ClusterId, detail: string): void =>
  stream.send({ kind: "delete-ack", clusterId: id, gone: false, detail })

const shows = (on: Scene, detail: string): Promise<unknown> =>
  eventually(detail, async () => (await only(on)).steps[2]?.detail === detail)

const refused = (answer: RestAnswer, code: string): string =>
  refusedWith(answer, 409, code).detail ?? ""

const cancel = (on: Scene, { id }: Operation) => on.api.raw("cancelOperation", { params: { id } })

const kinds = async ({ api, id }: Scene): Promise<readonly string[]> =>
  (await api.ok("listEvents", { query: { clusterId: id } })).items
    .map(({ kind }) => kind)
    .filter((kind) => kind.startsWith("cluster.deletion") || kind === "cluster.gone")

test("it is handed over, says how far the site is, and is over when the site says that nothing is left", async () => {
  const on = await scene()
  const { stream } = await on.site.connect()
  assert.equal((await remove(on)).state, "deleting")
  assert.equal((await remove(on)).state, "deleting", "asking twice is asking once")
  const order = await stream.next("delete-cluster")
  assert.deepEqual([order.clusterId, order.version], [on.id, configVersion(1)])
  const told = await only(on)
  assert.deepEqual([told.kind, told.state, told.actor], ["delete", "running", "admin"])
  assert.equal(steps(told), "accept done, send done, remove running, gone pending")
  assert.ok(told.pointOfNoReturnAt !== null && told.startedAt !== null)
  refused(await cancel(on, told), "TOO_LATE")
  going(stream, on.id, "2 pods are stopping")
  await shows(on, "2 pods are stopping")
  going(stream, on.id, "1 volumes are being released")
  await shows(on, "1 volumes are being released")
  refused(
    await on.api.raw("restartCluster", { params: { id: on.id }, body: {} }),
    "CLUSTER_DELETING",
  )
  stream.send({ kind: "delete-ack", clusterId: on.id, gone: true })
  await eventually("it is over", async () => (await only(on)).state === "succeeded")
  const over = await only(on)
  assert.equal(steps(over), "accept done, send done, remove done, gone done")
  assert.ok(over.endedAt !== null && over.error === null)
  refused(await cancel(on, over), "OPERATION_OVER")
  assert.deepEqual(await kinds(on), ["cluster.gone", "cluster.deletion-requested"])
  assert.equal((await on.api.raw("getCluster", { params: { id: on.id } })).status, 404)
})

test("while the site is away it waits and says so; called off, the cluster stays and its rule has it still", async () => {
  const on = await scene()
  await remove(on)
  const asked = await only(on)
  assert.deepEqual([asked.state, asked.pointOfNoReturnAt], ["pending", null])
  assert.match(asked.steps[1]?.detail ?? "", /^waits for north, which is not connected/)
  await restarted(on)
  assert.deepEqual(await only(on), asked, "a restart of central changes nothing")
  const answer = await cancel(on, asked)
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  const ended = await only(on)
  assert.equal(ended.state, "cancelled")
  assert.equal(steps(ended), "accept done, send skipped, remove skipped, gone skipped")
  assert.equal((await cluster(on)).state, "creating")
  assert.equal((await query(on.url, "select 1 from rule_exception")).length, 0)
  const { stream, welcome } = await on.site.connect()
  assert.deepEqual(
    welcome.clusters.map(({ id }) => id),
    [on.id],
  )
  assert.deepEqual(await kinds(on), ["cluster.deletion-cancelled", "cluster.deletion-requested"])
  const { items } = await on.api.ok("listAudit", { query: { resource: "operation" } })
  assert.deepEqual(
    items.map(({ action, actor, resourceName }) => [action, actor, resourceName]),
    [["cancel", "admin", "deletion of databases/orders"]],
  )
  // Asked for again it is another operation, and nothing of the first one is in its way.
  await remove(on)
  assert.equal((await stream.next("delete-cluster")).clusterId, on.id)
  assert.deepEqual(
    (await deletions(on)).map(({ state }) => state),
    ["running", "cancelled"],
  )
})

test("central dies after each step: the next one goes on from there, with the site's word on the new stream", async () => {
  const on = await scene()
  await remove(on)
  await restarted(on)
  let { stream } = await on.site.connect()
  await stream.next("delete-cluster")
  const handed = await only(on)
  assert.equal(handed.state, "running")
  await restarted(on)
  assert.equal((await only(on)).startedAt, handed.startedAt)
  refused(await cancel(on, handed), "TOO_LATE")
  const held = { clusterId: on.id, version: configVersion(1), deleting: true }
  ;({ stream } = await on.site.connect([held]))
  await stream.next("delete-cluster")
  going(stream, on.id, "1 pods are stopping")
  await shows(on, "1 pods are stopping")
  await restarted(on)
  // The satellite was restarted too, and has all of it done before it is heard again.
  ;({ stream } = await on.site.connect())
  await stream.next("delete-cluster")
  stream.send({ kind: "delete-ack", clusterId: on.id, gone: true })
  await eventually("it is over", async () => (await only(on)).state === "succeeded")
  stream.send({ kind: "delete-ack", clusterId: on.id, gone: true })
  going(stream, on.id, "late")
  await restarted(on)
  const over = await only(on)
  assert.equal(over.state, "succeeded")
  assert.deepEqual(await kinds(on), ["cluster.gone", "cluster.deletion-requested"])
})

test("a site that does not obey fails it with its reason; the cluster stands as it did, and may be deleted anew", async () => {
  const on = await scene()
  const { stream } = await on.site.connect()
  await remove(on)
  const order = await stream.next("delete-cluster")
  const why = "it is protected from deletion since version 4 or before"
  const refuse = (version: number): void =>
    stream.send({
      kind: "delete-ack",
      clusterId: on.id,
      gone: false,
      refused: { version: configVersion(version), why },
    })
  // Of an order that is not ours: what the site says of ours is still to come.
  refuse(99)
  going(stream, on.id, "looking")
  await shows(on, "looking")
  assert.equal((await cluster(on)).state, "deleting")
  refuse(Number(order.version))
  await eventually("it failed", async () => (await only(on)).state === "failed")
  const failed = await only(on)
  assert.equal(failed.error, `the site does not delete it: ${why}`)
  assert.equal(steps(failed), "accept done, send done, remove failed, gone skipped")
  const stands = await cluster(on)
  assert.equal(stands.state, "creating")
  assert.deepEqual(await kinds(on), ["cluster.deletion-failed", "cluster.deletion-requested"])
  assert.equal((await query(on.url, "select 1 from rule_exception")).length, 0)
  assert.equal((await stream.next("config")).spec.id, on.id, "its config counts again")
  // A gone that was never asked for deletes nothing here.
  stream.send({ kind: "delete-ack", clusterId: on.id, gone: true })
  await remove(on)
  await stream.next("delete-cluster")
  stream.send({ kind: "delete-ack", clusterId: on.id, gone: true })
  await eventually("it is gone", async () => (await deletions(on))[0]?.state === "succeeded")
})

test("one at a time: what ends by itself is waited for, and a restart that may never end is ended", async () => {
  const on = await scene()
  const { stream } = await on.site.connect()
  await query(
    on.url,
    `insert into operation (id, kind, cluster_id, cluster_name, namespace, satellite_id, actor, state, steps)
     select gen_random_uuid(), 'switchover', id, name, namespace, satellite_id, 'ann', 'running', '[]' from cluster`,
  )
  const refusal = await on.api.raw("deleteCluster", { params: { id: on.id } })
  assert.match(refused(refusal, "OPERATION_RUNNING"), /^the switchover \(operation .*cancel it/)
  assert.equal((await cluster(on)).state, "creating")
  await query(on.url, "update operation set state = 'succeeded', ended_at = now()")
  await on.api.ok("restartCluster", { params: { id: on.id }, body: {} })
  await stream.next("config", ({ spec }) => spec.restart !== undefined)
  await remove(on)
  assert.equal((await stream.next("delete-cluster")).version, configVersion(3))
  const { items } = await on.api.ok("listOperations", {
    query: { cluster: on.id, kind: "restart" },
  })
  assert.deepEqual(
    items.map(({ state, error }) => [state, error]),
    [["cancelled", "the cluster is being deleted"]],
  )
})

test("a person who calls it off while the site comes back: either it was handed over, or the cluster stays", async () => {
  const on = await scene()
  const seen = new Set<string>()
  for (let round = 0; round < 12; round += 1) {
    await remove(on)
    const [asked] = await deletions(on)
    assert.ok(asked !== undefined)
    const [answer, { stream, welcome }] = await Promise.all([cancel(on, asked), on.site.connect()])
    const now = await on.api.ok("getOperation", { params: { id: asked.id } })
    if (answer.status === 202) {
      seen.add("called off")
      assert.equal(now.state, "cancelled")
      assert.equal((await cluster(on)).state, "creating")
      // What the stream says after this came after everything that it had to say before.
      stream.send({ kind: "heartbeat", sequence: round, sentAt: Date.now() })
      await stream.next("heartbeat-ack", ({ sequence }) => sequence === round)
      assert.ok(!stream.received.some(({ kind }) => kind === "delete-cluster"))
      if (!welcome.clusters.some(({ id }) => id === on.id)) await stream.next("config")
      await stream.close()
      continue
    }
    seen.add("handed over")
    refused(answer, "TOO_LATE")
    assert.equal(now.state, "running")
    await stream.next("delete-cluster")
    return
  }
  assert.ok(seen.has("called off"))
})

test("a rule's deletion has an operation with the actor, like a person's", async () => {
  const on = await scene()
  const [rule] = (await on.api.ok("listRules")).items
  assert.ok(rule !== undefined)
  const edit = { version: rule.version, selector: { tier: "none" }, onMatchEnd: "delete" }
  await on.api.ok("editRule", {
    params: { id: rule.id },
    body: { ...edit, confirmedDeletes: [on.id] },
  })
  const asked = await only(on)
  assert.deepEqual([asked.state, asked.actor], ["pending", "admin"])
  assert.equal((await cancel(on, asked)).status, 202)
  assert.equal((await cluster(on)).state, "creating")
})
