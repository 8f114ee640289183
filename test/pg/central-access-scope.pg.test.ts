/** What is outside of a person's labels is not there: in no list, by no id, for no change, on no live line. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { test } from "node:test"
import { WebSocket } from "ws"
import { present } from "#core/assert.ts"
import { type LiveMessage, liveMessageSchema } from "#wire/live.ts"
import { problemSchema } from "#wire/rest/shapes.ts"
import { type RouteName } from "#wire/rest/routes.ts"
import type { Central } from "../../src/central/central.ts"
import { Api, type Given, restUrl, rulePut } from "../fixtures/central.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, type Site } from "../fixtures/site.ts"
import { route, routeNames } from "../fixtures/rest.ts"

type Place = { readonly site: Site; readonly cluster: string; readonly operation: string }

let url: string
let central: Central
let admin: Api
/** Operator of `region=north`. */
let northern: Api
let north: Place
let south: Place
let profileId: string
let ruleId: string
oneCentral(async (opened) => {
  ;({ url, central, api: admin } = opened)
  ;({ profileId, ruleId } = await rulePut(admin))
  north = await placed(opened.site("north"))
  south = await placed(opened.site("south"))
  const { token } = await admin.ok("createToken", {
    body: { name: "northern", role: "operator", scope: { region: "north" } },
  })
  northern = new Api(restUrl(central), token)
})

/** The site of a region, with a cluster that has an operation and a role change. */
async function placed(site: Site): Promise<Place> {
  await site.join(admin, { region: site.name })
  const { items } = await admin.ok("listClusters", { query: { satelliteId: site.id } })
  const cluster = present(items[0], "the rule made a cluster").id
  const operation = randomUUID()
  await query(
    url,
    `with role as (
       insert into role_change (id, cluster_id, at, kind, cause, evidence, to_pod, term, loss_possible)
       values ('${randomUUID()}', '${cluster}', now(), 'failover', 'silence', '{}', 'orders-1', 2, false)
     )
     insert into operation (id, kind, cluster_id, cluster_name, namespace, satellite_id, actor, state,
       steps)
     values ('${operation}', 'switchover', '${cluster}', 'orders', 'databases', '${site.id}', 'admin',
       'running', '[]')`,
  )
  return { site, cluster, operation }
}

const everything = async (): Promise<string> =>
  JSON.stringify(
    await query(
      url,
      `select (select jsonb_agg(to_jsonb(s) - 'last_seen_at' order by id) from satellite s) as satellites,
        (select jsonb_agg(c order by id) from cluster c) as clusters,
        (select jsonb_agg(o order by id) from operation o) as operations,
        (select jsonb_agg(p order by id) from profile p) as profiles,
        (select jsonb_agg(r order by id) from rule r) as rules,
        (select count(*) from audit) as audited`,
    ),
  )

const foreign = (): readonly string[] => [south.site.id, south.cluster, south.operation]

test("no list tells of what is out of scope, and each tells of what is in it", async () => {
  for (const name of routeNames) {
    const { method, params, access, query: asked } = route(name)
    if (method !== "GET" || params !== undefined || access === "admin") continue
    const answers = [await northern.raw(name)]
    // Asked for by id it is no more there than without.
    for (const field of ["satelliteId", "clusterId", "cluster"])
      if (asked?.shape[field] !== undefined)
        answers.push(
          await northern.raw(name, {
            query: { [field]: field === "satelliteId" ? south.site.id : south.cluster },
          }),
        )
    for (const answer of answers)
      for (const id of foreign())
        assert.ok(!JSON.stringify(answer.body).includes(id), `${name} tells of ${id}`)
  }
  const { items: sites } = await northern.ok("listSatellites")
  assert.deepEqual(
    sites.map(({ id }) => id),
    [north.site.id],
  )
  const { items: clusters } = await northern.ok("listClusters")
  assert.deepEqual(
    clusters.map(({ id }) => id),
    [north.cluster],
  )
  const { items: operations } = await northern.ok("listOperations")
  assert.deepEqual(
    operations.map(({ id }) => id),
    [north.operation],
  )
  const { items: events } = await northern.ok("listEvents")
  assert.ok(events.length > 0)
  assert.ok(events.every(({ satelliteId }) => satelliteId === north.site.id))
  const counted = await northern.ok("overview")
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0)
  assert.equal(sum(counted.satellites), 1)
  assert.equal(sum(counted.clusters), 1)
})

/** Bodies that are good, so that it is the scope that decides. */
const bodies: Partial<Record<RouteName, unknown>> = {
  editSatellite: { version: 2, labels: { region: "north" } },
  editCluster: { version: 1, deletionProtected: true },
  startSwitchover: {},
}

test("by its id it is not there, neither to be read nor to be changed", async () => {
  const known: readonly (readonly [RouteName, keyof Place])[] = [
    ["getSatellite", "site"],
    ["editSatellite", "site"],
    ["getCluster", "cluster"],
    ["listRoleChanges", "cluster"],
    ["editCluster", "cluster"],
    ["pauseCluster", "cluster"],
    ["resumeCluster", "cluster"],
    ["restartCluster", "cluster"],
    ["deleteCluster", "cluster"],
    ["startSwitchover", "cluster"],
    ["getOperation", "operation"],
    ["cancelOperation", "operation"],
  ]
  const before = await everything()
  const given = (name: RouteName, id: string): Given => ({
    params: { id, databaseId: randomUUID(), specVersion: "1", name: "work_mem" },
    ...(bodies[name] === undefined ? {} : { body: bodies[name] }),
  })
  for (const [name, what] of known) {
    const id = what === "site" ? south.site.id : south[what]
    const answer = await northern.raw(name, given(name, id))
    assert.equal(answer.status, 404, `${name}: ${JSON.stringify(answer.body)}`)
    assert.equal(problemSchema.parse(answer.body).code, "NOT_FOUND")
  }
  // Whatever other routes there are: none does anything with a foreign id.
  for (const name of routeNames.filter((one) => route(one).params !== undefined))
    for (const id of foreign()) {
      const { status } = await northern.raw(name, given(name, id))
      assert.ok(status >= 400 && status < 500, `${name} ${id}: ${status}`)
    }
  assert.equal(await everything(), before)
})

test("what a profile or a rule means is told of one's own satellites only; it is not edited", async () => {
  const cascade = await northern.ok("cascadeOfProfile", { params: { id: profileId } })
  assert.deepEqual(
    cascade.versions.map(({ clusterCount }) => clusterCount),
    [1],
  )
  const params = { id: profileId, specVersion: "1" }
  const impact = JSON.stringify(await northern.ok("previewImpact", { params, body: {} }))
  assert.ok(impact.includes(north.cluster) && !impact.includes(south.cluster), impact)
  const named = await northern.raw("previewImpact", {
    params,
    body: { clusterIds: [south.cluster] },
  })
  assert.equal(named.status, 400)
  const preview = JSON.stringify(
    await northern.ok("previewRule", {
      body: { ruleId, selector: {}, clusterName: "orders", namespace: "databases" },
    }),
  )
  assert.ok(preview.includes(north.site.id) && !preview.includes(south.site.id), preview)
  for (const name of routeNames.filter((one) => route(one).reach === "fleet")) {
    const answer = await northern.raw(name, { params: { id: profileId } })
    assert.equal(answer.status, 403, name)
    const { code } = problemSchema.parse(answer.body)
    assert.ok(code === "SCOPE_TOO_NARROW" || code === "ROLE_TOO_LOW", `${name}: ${code}`)
  }
})

test("one's own satellite can be relabelled, and not out of one's scope", async () => {
  const { version } = await northern.ok("getSatellite", { params: { id: north.site.id } })
  const edit = (labels: Readonly<Record<string, string>>) =>
    northern.raw("editSatellite", { params: { id: north.site.id }, body: { version, labels } })
  const away = await edit({ region: "south" })
  assert.equal(away.status, 400)
  assert.deepEqual(problemSchema.parse(away.body).problems, [
    { field: "labels", problem: "must keep region=north, which is your scope" },
  ])
  assert.equal((await edit({ region: "north", tier: "gold" })).status, 200)
})

async function listening(api: Api) {
  const socket = new WebSocket(`${restUrl(central).replace("http", "ws")}/api/v1/live`, {
    headers: { authorization: `Bearer ${api.token}` },
  })
  const messages: LiveMessage[] = []
  const closed = once(socket, "close")
  socket.on("message", (data) => {
    assert.ok(Buffer.isBuffer(data))
    messages.push(liveMessageSchema.parse(JSON.parse(data.toString("utf8"))))
  })
  await once(socket, "open")
  const heard = (what: string, fits: (text: string) => boolean) =>
    eventually(what, async () =>
      Promise.resolve(messages.some((message) => fits(JSON.stringify(message)))),
    )
  await heard("hello", (text) => text.includes("hello"))
  return { socket, messages, closed, heard }
}

test("the live line tells of what is in scope, and a satellite that left it makes one look again", async () => {
  const line = await listening(northern)
  const whole = await listening(admin)
  const change = async (place: Place, deletionProtected: boolean) => {
    const { version } = await admin.ok("getCluster", { params: { id: place.cluster } })
    await admin.ok("editCluster", {
      params: { id: place.cluster },
      body: { version, deletionProtected },
    })
  }
  await change(south, true)
  await change(north, true)
  await line.heard("the cluster in the north", (text) => text.includes(north.cluster))
  await whole.heard("the cluster in the south", (text) => text.includes(south.cluster))
  await change(south, false)
  await change(north, false)
  await line.heard("its event", (text) => text.includes("may be deleted"))
  await whole.heard("both events", (text) => text.includes(`"clusterId":"${south.cluster}"`))
  for (const id of foreign())
    assert.ok(!JSON.stringify(line.messages).includes(id), `the line told of ${id}`)
  const { version, labels } = await admin.ok("getSatellite", { params: { id: north.site.id } })
  await admin.ok("editSatellite", {
    params: { id: north.site.id },
    body: { version, labels: { ...labels, region: "elsewhere" } },
  })
  await line.heard("the overrun", (text) => text.includes("overrun"))
  assert.equal((await northern.ok("listClusters")).items.length, 0)
  line.socket.close()
  whole.socket.close()
})
