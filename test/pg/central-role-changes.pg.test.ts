import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import type { FleetEvent } from "#core/cluster/events.ts"
import { type ClusterId, eventId, podName, term, timeline } from "#core/ids.ts"
import { type RoleChange, roleChangeDetails, roleChangeEvent } from "#core/failover/role-change.ts"
import { lsn } from "#core/lsn.ts"
import { openDatabase } from "#io/postgres/sql.ts"
import type { Answer } from "#wire/rest/routes.ts"
import { pruneRoleChanges } from "../../src/central/store/role-change.ts"
import { type Api, request, restUrl } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { query } from "../fixtures/postgres.ts"
import { eventually } from "../fixtures/site.ts"

const { site, withStream } = centrals()

/** What its site tells is acknowledged. */
async function scene() {
  const { spec, stream, ...opened } = await withStream()
  const send = async (...events: readonly FleetEvent[]): Promise<void> => {
    stream.send({ kind: "events", events, unreadable: [] })
    const acked = new Set((await stream.next("events-ack")).events)
    for (const { id } of events) assert.ok(acked.has(id), "every event is acknowledged")
  }
  return { ...opened, cluster: spec.id, send, stream }
}

type Listed = Answer<"listRoleChanges">["items"][number]
const listed = async (api: Api, cluster: ClusterId): Promise<readonly Listed[]> =>
  (await api.ok("listRoleChanges", { params: { id: cluster } })).items

const change = (over: Partial<RoleChange> = {}): RoleChange => ({
  kind: "failover",
  cause: "holder-silent",
  evidence: ["orders-0 went silent", "orders-2 voted for it"],
  from: podName("orders-0"),
  to: podName("orders-1"),
  term: term(4),
  timeline: timeline(4),
  lsn: lsn(0x3000060n),
  lossPossible: true,
  spans: { detect: 6000, elect: 200, promote: 500, route: 40 },
  total: 6740,
  routed: true,
  ...over,
})

const event = (
  cluster: ClusterId,
  kind: string,
  details: Readonly<Record<string, string>>,
  at = Date.now(),
): FleetEvent => ({
  id: eventId(randomUUID()),
  at,
  severity: "warning",
  kind,
  message: "it happened",
  clusterId: cluster,
  pod: podName("orders-1"),
  details,
})
const told = (cluster: ClusterId, of: RoleChange, at?: number): FleetEvent =>
  event(cluster, roleChangeEvent(of.kind), roleChangeDetails(of), at)
const lost = (cluster: ClusterId, of: number, bytes: string, commits = ""): FleetEvent =>
  event(cluster, "wal.lost", {
    term: String(of),
    bytes,
    commits,
    toLsn: "0/3010060",
    fromLsn: "0/3000060",
  })

test("a role change that is told becomes a record of its cluster, once however often it is told", async () => {
  const { api, cluster, send } = await scene()
  const first = told(cluster, change())
  await send(first)
  await send(first, told(cluster, change({ cause: "unknown", evidence: [] })))
  const items = await listed(api, cluster)
  assert.equal(items.length, 1)
  assert.deepEqual(items[0], {
    id: first.id,
    clusterId: cluster,
    at: new Date(first.at).toISOString(),
    kind: "failover",
    cause: "holder-silent",
    evidence: ["orders-0 went silent", "orders-2 voted for it"],
    from: "orders-0",
    to: "orders-1",
    term: 4,
    timeline: 4,
    lsn: "0/3000060",
    lostBytes: null,
    lostCommits: null,
    lostLsn: null,
    lossPossible: true,
    detectMs: 6000,
    electMs: 200,
    promoteMs: 500,
    routeMs: 40,
    totalMs: 6740,
  } satisfies Listed)
})

test("a server may be restarted many times in one term, and each of them is kept", async () => {
  const { api, cluster, send } = await scene()
  const restart = change({ kind: "restart", cause: "server-crashed", from: podName("orders-1") })
  await send(told(cluster, restart), told(cluster, restart))
  assert.equal((await listed(api, cluster)).length, 2)
})

test("lost WAL finds the change of role that cost it, whichever is told first", async () => {
  const { api, cluster, send } = await scene()
  await send(lost(cluster, 3, "4096"))
  assert.deepEqual(await listed(api, cluster), [])
  await send(told(cluster, change({ term: term(7) })), told(cluster, change({ term: term(5) })))
  await send(lost(cluster, 5, "8192"), lost(cluster, 5, "100", "3"))
  const costs = new Map((await listed(api, cluster)).map((one) => [one.term, one.lostBytes]))
  assert.deepEqual(Object.fromEntries(costs), { 5: 4096, 7: 100 })
  const newest = (await listed(api, cluster)).find((one) => one.term === 7)
  assert.equal(newest?.lostCommits, 3)
  assert.equal(newest.lostLsn, "0/3010060")
})

test("details that make no sense stay in the log of events and stop nothing", async () => {
  const { api, cluster, send } = await scene()
  await send(
    event(cluster, "failover.completed", { term: "soon", to: "\0" }),
    event(cluster, "wal.lost", { bytes: "-1" }),
    told(cluster, change()),
  )
  assert.equal((await listed(api, cluster)).length, 1)
  const events = await api.ok("listEvents", { query: { clusterId: cluster, severity: "warning" } })
  assert.equal(events.items.filter(({ message }) => message === "it happened").length, 3)
})

test("D7: a satellite adds nothing to the history of another's cluster", async () => {
  const { running, api, cluster } = await scene()
  const liar = site(running, "liar")
  await liar.join(api)
  const { stream } = await liar.connect()
  const events = [told(cluster, change()), lost(cluster, 3, "1")]
  stream.send({ kind: "events", events, unreadable: [] })
  await stream.next("events-ack")
  assert.deepEqual(await listed(api, cluster), [])
})

test("the history is read in pages, newest first, and pruned from its end", async () => {
  const { url, api, cluster, send } = await scene()
  const now = Date.now()
  await send(
    ...[2, 3, 4, 5, 6].map((opened) =>
      told(cluster, change({ term: term(opened) }), now - 100_000 + opened * 1000),
    ),
  )
  const terms: number[] = []
  let cursor: string | null = null
  do {
    const page: Answer<"listRoleChanges"> = await api.ok("listRoleChanges", {
      params: { id: cluster },
      query: { limit: "2", ...(cursor === null ? {} : { cursor }) },
    })
    terms.push(...page.items.map((one) => one.term))
    cursor = page.nextCursor
  } while (cursor !== null)
  assert.deepEqual(terms, [6, 5, 4, 3, 2])
  await using database = openDatabase({ url, applicationName: "test", onIdleError: () => {} })
  assert.equal(await pruneRoleChanges(database.sql, 3, 100), 2)
  assert.deepEqual(
    (await listed(api, cluster)).map((one) => one.term),
    [6, 5, 4],
  )
})

test("the history of a cluster that nobody knows is not found, and goes with its cluster", async () => {
  const { url, api, cluster, send, stream } = await scene()
  const unknown = await api.raw("listRoleChanges", { params: { id: randomUUID() } })
  assert.equal(unknown.status, 404)
  await send(told(cluster, change()), lost(cluster, 3, "1"))
  await api.ok("deleteCluster", { params: { id: cluster } })
  stream.send({ kind: "delete-ack", clusterId: cluster, gone: true })
  await eventually(
    "gone",
    async () => (await api.raw("getCluster", { params: { id: cluster } })).status === 404,
  )
  const [left] = await query(
    url,
    "select (select count(*) from role_change)::int + (select count(*) from lost_wal)::int as left",
  )
  assert.deepEqual(left, { left: 0 })
})

test("role changes and lost WAL are figures of the central that stored them", async () => {
  const { running, api, cluster, send } = await scene()
  const metrics = async (): Promise<string> =>
    String(
      (
        await request(restUrl(running), "GET", "/metrics", {
          authorization: `Bearer ${api.token}`,
        })
      ).body,
    )
  const line = 'pg_swarm_role_changes_total{kind="failover",cause="holder-silent"}'
  assert.ok((await metrics()).includes(`${line} 0`))
  const first = told(cluster, change())
  await send(first, lost(cluster, 3, "4096"))
  await send(first)
  const text = await metrics()
  assert.ok(text.includes(`${line} 1`))
  assert.ok(text.includes("pg_swarm_lost_wal_bytes_total 4096"))
  assert.ok(
    text.includes('pg_swarm_role_change_seconds_sum{kind="failover",phase="detect"} 6'),
    text,
  )
})
