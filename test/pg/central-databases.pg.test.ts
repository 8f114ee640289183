/** Databases of clusters in central: asked for by REST, sent to the site, and what the site says of them. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { ClusterHealth } from "#core/cluster/state.ts"
import type { DatabaseHealth } from "#core/cluster/databases.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { clusterId } from "#core/ids.ts"
import { openLog } from "#io/log.ts"
import { problemSchema } from "#wire/rest/shapes.ts"
import type { Central } from "../../src/central/central.ts"
import { type Api, rulePut, smallSpec, startTestCentral, testKey } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually, type Site, type SiteStream } from "../fixtures/site.ts"

const fleet = centrals()

type World = {
  readonly url: string
  readonly running: Central
  readonly api: Api
  readonly site: Site
  readonly stream: SiteStream
  readonly cluster: string
  readonly lines: string[]
}

/** One central with one site that has one cluster. */
async function world(): Promise<World> {
  const lines: string[] = []
  const log = openLog("central", "debug", (line) => lines.push(line))
  const { spec, ...opened } = await fleet.withStream({ log })
  return { ...opened, cluster: spec.id, lines }
}

const health = (cluster: string, databases: readonly DatabaseHealth[]): ClusterHealth => ({
  clusterId: clusterId(cluster),
  state: "healthy",
  reason: "orders-0 is primary",
  appliedVersion: undefined,
  primary: undefined,
  term: undefined,
  instances: [],
  observedAt: Date.now(),
  systemIdentifier: undefined,
  databases,
})

const said = (
  name: string,
  revision: number,
  state: DatabaseHealth["state"],
  more: Partial<DatabaseHealth> = {},
): DatabaseHealth => ({ name, revision, state, reason: undefined, sessions: 0, ...more })

const nextDatabases = async (
  stream: SiteStream,
  fits: (spec: ClusterSpec) => boolean = () => true,
): Promise<NonNullable<ClusterSpec["databases"]>> => {
  const { spec } = await stream.next("config", (message) => fits(message.spec))
  return spec.databases ?? { roles: [], databases: [] }
}

const at = (cluster: string, databaseId: string) => ({ id: cluster, databaseId })

test("C6: a database is asked for, sent with a verifier and no password, confirmed, changed and dropped", async () => {
  const { api, cluster, stream, url, lines } = await world()
  const made = await api.ok("createDatabase", {
    params: { id: cluster },
    body: { name: 'shop "1"', owner: "shöp", allowedCidrs: ["10.0.0.0/8"] },
  })
  const password = made.password ?? ""
  assert.match(password, /^[A-Za-z0-9_-]{32}$/)
  assert.equal(made.database.state, "pending")
  const sent = await nextDatabases(stream)
  const [role] = sent.roles
  assert.match(role?.verifier ?? "", /^SCRAM-SHA-256\$4096:/)
  assert.deepEqual(sent.databases, [
    {
      name: 'shop "1"',
      owner: "shöp",
      revision: 1,
      allowedCidrs: ["10.0.0.0/8"],
      endSessions: true,
      dropping: undefined,
    },
  ])
  const again = await api.ok("listDatabases", { params: { id: cluster } })
  assert.deepEqual(again.items, [made.database])

  // What the primary says is what is shown.
  const params = at(cluster, made.database.id)
  stream.send({
    kind: "health",
    health: health(cluster, [said('shop "1"', 1, "applied", { sessions: 2 })]),
  })
  const applied = await eventually("applied", async () => {
    const now = await api.ok("getDatabase", { params })
    return now.state === "applied" && now
  })
  assert.equal(applied.sessions, 2)
  assert.notEqual(applied.appliedAt, null)

  const rotated = await api.ok("rotateDatabasePassword", {
    params,
    body: { version: applied.version },
  })
  assert.notEqual(rotated.password, password)
  assert.equal(
    rotated.database.state,
    "pending",
    "of the new password nobody has said anything yet",
  )
  const newer = await nextDatabases(stream)
  assert.notEqual(newer.roles[0]?.verifier, role?.verifier)
  assert.deepEqual([newer.roles[0]?.revision, newer.databases[0]?.revision], [2, 2])

  stream.send({
    kind: "health",
    health: health(cluster, [said('shop "1"', 2, "failed", { reason: "disk full", sessions: 2 })]),
  })
  const failed = await eventually("failed", async () => {
    const now = await api.ok("getDatabase", { params })
    return now.state === "failed" && now
  })
  assert.equal(failed.reason, "disk full")
  // A word of an older revision that comes late changes nothing.
  stream.send({ kind: "health", health: health(cluster, [said('shop "1"', 1, "applied")]) })

  const inUse = await api.raw("dropDatabase", {
    params,
    body: { version: failed.version, name: 'shop "1"' },
  })
  assert.equal(inUse.status, 409)
  assert.match(JSON.stringify(inUse.body), /DATABASE_IN_USE/)
  const wrong = await api.raw("dropDatabase", {
    params,
    body: { version: failed.version, name: "shop", endSessions: true },
  })
  assert.equal(wrong.status, 400)
  const dropping = await api.ok("dropDatabase", {
    params,
    body: { version: failed.version, name: 'shop "1"', endSessions: true, dropRole: true },
  })
  assert.equal(dropping.state, "dropping")
  assert.deepEqual((await nextDatabases(stream)).databases[0]?.dropping, { role: true })
  stream.send({ kind: "health", health: health(cluster, [said('shop "1"', 3, "dropped")]) })
  assert.deepEqual(await nextDatabases(stream, ({ databases }) => databases === undefined), {
    roles: [],
    databases: [],
  })
  assert.deepEqual((await api.ok("listDatabases", { params: { id: cluster } })).items, [])

  const events = await api.ok("listEvents", { query: { clusterId: cluster } })
  const kinds = events.items.map(({ kind }) => kind)
  for (const kind of [
    "database.requested",
    "database.applied",
    "database.password-rotated",
    "database.failed",
    "database.drop-requested",
    "database.dropped",
  ])
    assert.equal(kinds.filter((one) => one === kind).length, 1, kind)
  assert.deepEqual(
    await query(url, "select name from cluster_role"),
    [],
    "its role is forgotten too",
  )
  // Nobody but the one answer and the site ever heard a secret.
  const heard = JSON.stringify([events, lines])
  for (const secret of [password, rotated.password ?? "", role?.verifier ?? "", "SCRAM-SHA"])
    assert.ok(!heard.includes(secret), "no log line and no event holds a secret")
})

test("C7: a site that connects anew gets the secret too, which central's database holds sealed only", async () => {
  const { api, cluster, stream, url, site } = await world()
  await api.ok("createDatabase", {
    params: { id: cluster },
    body: { name: "app", owner: "app", password: "one of my own" },
  })
  const { roles } = await nextDatabases(stream)
  const [row] = await query(url, "select verifier from cluster_role")
  const stored = String(row?.["verifier"])
  assert.match(stored, /^v1:k1:/)
  assert.ok(!stored.includes(roles[0]?.verifier ?? "SCRAM"))
  const { welcome } = await site.connect()
  assert.deepEqual(welcome.clusters[0]?.databases?.roles, roles)
  const dump = JSON.stringify([
    await query(url, "select * from event"),
    await query(url, "select * from cluster_database"),
  ])
  assert.ok(!dump.includes("one of my own") && !dump.includes("SCRAM"))
})

test("everything that is wrong is told at once, and changes nothing", async () => {
  const { api, cluster } = await world()
  const refused = await api.raw("createDatabase", {
    params: { id: cluster },
    body: {
      name: "é".repeat(32),
      owner: "pg_app",
      password: "short",
      allowedCidrs: ["10.0.0.1/8", "x"],
    },
  })
  assert.equal(refused.status, 400)
  const { problems = [] } = problemSchema.parse(refused.body)
  assert.deepEqual(problems.map(({ field }) => field).toSorted(), [
    "allowedCidrs.0",
    "allowedCidrs.1",
    "name",
    "owner",
    "password",
  ])
  await api.ok("createDatabase", { params: { id: cluster }, body: { name: "app", owner: "app" } })
  const twice = await api.raw("createDatabase", {
    params: { id: cluster },
    body: { name: "app", owner: "app" },
  })
  assert.match(JSON.stringify(twice.body), /NAME_TAKEN/)
  const known = await api.raw("createDatabase", {
    params: { id: cluster },
    body: { name: "other", owner: "app", password: "another one" },
  })
  assert.match(JSON.stringify(known.body), /ROLE_EXISTS/)
  const shared = await api.ok("createDatabase", {
    params: { id: cluster },
    body: { name: "other", owner: "app" },
  })
  assert.equal(shared.password, null, "the owner keeps the password that it has")
  const inUse = await api.raw("dropDatabase", {
    params: at(cluster, shared.database.id),
    body: { version: 1, name: "other", dropRole: true },
  })
  assert.match(JSON.stringify(inUse.body), /ROLE_IN_USE.*app owns app too/)
  const foreign = await api.raw("getDatabase", {
    params: at(shared.database.id, shared.database.id),
  })
  assert.equal(foreign.status, 404)
  const stale = await api.raw("editDatabase", {
    params: at(cluster, shared.database.id),
    body: { version: 7, allowedCidrs: [] },
  })
  assert.equal(stale.status, 409)
  assert.match(JSON.stringify(stale.body), /VERSION_CONFLICT.*is app now/)
  const owner = await api.ok("editDatabase", {
    params: at(cluster, shared.database.id),
    body: { version: 1, owner: "new" },
  })
  assert.notEqual(owner.password, null, "a new owner needs a password that somebody knows")
  assert.equal(owner.database.owner, "new")
})

test("a profile's databases become each cluster's own, once; what the cluster has already is its own", async () => {
  const { api } = await world()
  const named = (name: string, owner: string) => ({ name, owner, allowedCidrs: ["10.0.0.0/8"] })
  const bad = await api.raw("createProfile", {
    body: {
      name: "till",
      spec: { ...smallSpec, databases: [named("till", "pg_x"), named("till", "x")] },
    },
  })
  assert.match(JSON.stringify(bad.body), /spec\.databases.*pg_x|spec\.databases\.0\.owner/)
  const profile = await api.ok("createProfile", {
    body: {
      name: "till",
      spec: { ...smallSpec, databases: [named("till", "till"), named("log", "till")] },
    },
  })
  await api.ok("createRule", {
    body: {
      name: "tills",
      profileId: profile.id,
      selector: {},
      clusterName: "tills",
      namespace: "databases",
    },
  })
  const { items } = await api.ok("listClusters", { query: { search: "tills" } })
  const params = { id: items[0]?.id ?? "" }
  const list = async () => (await api.ok("listDatabases", { params })).items
  const both = await eventually("both are asked for", async () => {
    const now = await list()
    return now.length === 2 && now
  })
  assert.deepEqual(
    both.map(({ name, owner, allowedCidrs }) => [name, owner, allowedCidrs]),
    [
      ["log", "till", ["10.0.0.0/8"]],
      ["till", "till", ["10.0.0.0/8"]],
    ],
  )
  const diff = await api.raw("editProfile", {
    params: { id: profile.id },
    body: { version: 1, spec: { ...smallSpec, databases: [named("till", "other")] } },
  })
  assert.equal(diff.status, 200)
  const told = await api.ok("listEvents")
  assert.ok(told.items.some(({ message }) => message.includes("databases changed")))
  assert.deepEqual(
    (await list()).map(({ owner }) => owner),
    ["till", "till"],
    "what the cluster has stays as it is",
  )
})

test("without a key central starts, and refuses to store a password, with the way out", async () => {
  const { running, api } = await fleet.central({ secretKeys: [] })
  await rulePut(api)
  const site = fleet.site(running, "north")
  await site.join(api)
  const { welcome } = await site.connect()
  const refused = await api.raw("createDatabase", {
    params: { id: welcome.clusters[0]?.id ?? "" },
    body: { name: "app", owner: "app" },
  })
  assert.equal(refused.status, 503)
  assert.match(JSON.stringify(refused.body), /NO_SECRET_KEY.*PG_SWARM_SECRET_KEYS/)
})

test("keys rotate while central serves: all values move, the old key is free, a missing one is named", async () => {
  const { api, cluster, running, url, stream } = await world()
  for (let nth = 0; nth < 20; nth += 1)
    await api.ok("createDatabase", {
      params: { id: cluster },
      body: { name: `app${nth}`, owner: `app${nth}` },
    })
  const before = await nextDatabases(stream, (spec) => spec.databases?.databases.length === 20)
  // A value that was moved to another row stays where it is, and is told; the others go on.
  await query(
    url,
    "update cluster_role set verifier = (select verifier from cluster_role where name = 'app1') where name = 'app0'",
  )
  await assert.rejects(
    startTestCentral(url, { secretKeys: [testKey("k2")] }),
    /k1 \(20 values\).*PG_SWARM_SECRET_KEYS/,
  )
  // A second central, with the new key before the old one, while the first one goes on.
  const newer = await fleet.centralOn(url, { secretKeys: [testKey("k2"), testKey("k1")] })
  const uses = await eventually("19 values are under the new key", async () => {
    const { keys } = await newer.api.ok("listSecretKeys")
    return keys.some(({ id, uses: count }) => id === "k2" && count === 19) && keys
  })
  assert.deepEqual(uses, [
    { id: "k2", current: true, uses: 19 },
    { id: "k1", current: false, uses: 1 },
  ])
  await query(url, "delete from cluster_database where name = 'app0'")
  await query(url, "delete from cluster_role where name = 'app0'")
  await fleet.stop(running)
  await fleet.stop(newer.running)
  const last = await fleet.centralOn(url, { secretKeys: [testKey("k2")] })
  const told = await last.api.ok("listEvents", { query: { severity: "error" } })
  assert.match(
    told.items.find(({ kind }) => kind === "secrets.resealed")?.message ?? "",
    /19 stored secrets are under key k2.*1 could not be opened/,
  )
  assert.equal(before.roles.length, 20)
})
