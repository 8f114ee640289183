/**
 * Two real centrals on one database behind a TCP balancer, satellites that talk through it, and a program that
 * changes things all the while: whichever process dies or is replaced, nothing that was acknowledged is lost.
 */
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { after, before, test } from "node:test"
import {
  adminPassword,
  type Api,
  quick,
  request,
  rulePut,
  signedIn,
  signedInAt,
  smallSpec,
  startTestCentral,
} from "../fixtures/central.ts"
import { Balancer } from "../fixtures/balancer.ts"
import { LinkedSite } from "../fixtures/linked-site.ts"
import { query, type TestServer, testServer } from "../fixtures/postgres.ts"
import { eventually, Site } from "../fixtures/site.ts"

const sitesMost = 12
const main = join(import.meta.dirname, "../../src/central/main.ts")

class CentralProcess {
  readonly child: ChildProcess
  readonly events: Record<string, unknown>[] = []
  readonly #ready = Promise.withResolvers<Record<string, unknown>>()
  rest = 0
  grpc = 0

  private constructor(url: string) {
    this.child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env["PATH"],
        DATABASE_URL: url,
        PG_SWARM_TLS: "off",
        PG_SWARM_REST_LISTEN: "127.0.0.1:0",
        PG_SWARM_GRPC_LISTEN: "127.0.0.1:0",
        PG_SWARM_ADMIN_PASSWORD: adminPassword,
      },
      stdio: ["ignore", "pipe", "inherit"],
    })
    if (this.child.stdout === null) throw new Error("its output is a pipe")
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return
      const event: Record<string, unknown> = JSON.parse(line)
      this.events.push(event)
      if (event["event"] === "central.ready") this.#ready.resolve(event)
    })
    this.child.once("exit", () => this.#ready.reject(new Error("central ended")))
    this.#ready.promise.catch(() => {})
  }

  static async start(url: string): Promise<CentralProcess> {
    const one = new CentralProcess(url)
    const ready = await one.#ready.promise
    const port = (field: string): number => Number(/:(\d+)$/.exec(String(ready[field]))?.[1])
    one.rest = port("rest")
    one.grpc = port("grpc")
    return one
  }

  /** How often its log says so. */
  count(name: string): number {
    return this.events.filter(({ event }) => event === name).length
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, "exit")
    this.child.kill(signal)
    await gone
  }
}

let server: TestServer
let url: string
let a: CentralProcess
let b: CentralProcess
let rest: Balancer
let grpc: Balancer
let api: Api
const sites: LinkedSite[] = []

function balance(...centrals: readonly CentralProcess[]): void {
  rest.targets = centrals.map((one) => ({ host: "127.0.0.1", port: one.rest }))
  grpc.targets = centrals.map((one) => ({ host: "127.0.0.1", port: one.grpc }))
}

before(async () => {
  server = await testServer()
  url = await server.freshDatabase()
  a = await CentralProcess.start(url)
  b = await CentralProcess.start(url)
  rest = await Balancer.open()
  grpc = await Balancer.open()
  balance(a, b)
  api = await signedInAt(`http://127.0.0.1:${rest.port}`)
  for (let at = 0; at < sitesMost; at += 1)
    sites.push(await LinkedSite.join(grpc.port, api, `site-${at}`, { tier: "edge" }))
})
after(async () => {
  for (const site of sites) await site[Symbol.asyncDispose]()
  for (const one of [a, b]) await one.end("SIGKILL")
  await rest[Symbol.asyncDispose]()
  await grpc[Symbol.asyncDispose]()
  await server.close()
})

const all = (is: (site: LinkedSite) => boolean) => async () => Promise.resolve(sites.every(is))
const allConnected = () =>
  eventually(
    "all are connected",
    all((site) => site.isConnected),
  )

/** Every event of every site is stored once, and every outbox is empty. */
async function nothingLost(): Promise<void> {
  await eventually(
    "all outboxes are empty",
    all(({ outbox }) => outbox.size === 0),
  )
  const stored = await query(url, "select id from event where kind = 'test.happened'")
  const known = new Set(stored.map(({ id }) => String(id)))
  assert.equal(stored.length, known.size)
  const told = sites.flatMap((site) => site.told)
  assert.deepEqual(
    told.filter((id) => !known.has(id)),
    [],
  )
}

/** Something happens at every site, again and again. */
function everyone(message: string, everyMs: number): Disposable {
  const timer = setInterval(() => {
    for (const site of sites) site.tell(message)
  }, everyMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

const acknowledged = async (): Promise<boolean> =>
  (await query(url, "select 1 from cluster where acked_version is distinct from desired_version"))
    .length === 0

/** Makes profiles by one key each, again and again until it is told that it is done; says how it was refused. */
class Writer implements Disposable {
  readonly done: string[] = []
  readonly refusals = new Set<string>()
  #stop = false
  readonly #running = Promise.all([0, 1, 2].map(() => this.#write()))

  async #write(): Promise<void> {
    while (!this.#stop) {
      const [name, key] = [`p-${randomUUID()}`, randomUUID()]
      const giveUp = AbortSignal.timeout(60_000)
      while (!(await this.#once(name, key)) && !giveUp.aborted)
        await new Promise((resolve) => {
          setTimeout(resolve, 50)
        })
      this.done.push(name)
    }
  }

  async #once(name: string, key: string): Promise<boolean> {
    const headers = {
      authorization: `Bearer ${api.token}`,
      "content-type": "application/json",
      "idempotency-key": key,
    }
    try {
      const answer = await request(
        `http://127.0.0.1:${rest.port}`,
        "POST",
        "/api/v1/profiles",
        headers,
        JSON.stringify({ name, spec: smallSpec }),
      )
      if (answer.status === 201) return true
      assert.equal(answer.status, 503, JSON.stringify(answer.body))
      assert.ok(Number(answer.headers.get("retry-after")) > 0)
      this.refusals.add(String(answer.headers.get("content-type")).split(";", 1)[0] ?? "")
      return false
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
      this.refusals.add("connection")
      return false
    }
  }

  /** Whatever becomes of the test, it ends. */
  [Symbol.dispose](): void {
    this.#stop = true
  }

  /** Every profile that was acknowledged is there, once, and no other. */
  async stop(): Promise<void> {
    this.#stop = true
    await this.#running
    const rows = await query(url, "select name from profile where name like 'p-%'")
    const names = rows.map(({ name }) => String(name))
    assert.deepEqual(
      this.done.filter((name) => !names.includes(name)),
      [],
    )
    assert.equal(new Set(names).size, names.length)
    // Made and never acknowledged would be one that a retry made twice under another name: there is none.
    await query(url, "delete from profile where name like 'p-%'")
    assert.equal(names.length, this.done.length)
  }
}

test("D5: a change through either central reaches the satellites of both", async () => {
  await allConnected()
  for (const one of [a, b]) assert.ok(one.count("stream.opened") > 0, "both have some")
  await rulePut(api, { tier: "edge" })
  await eventually(
    "all have the cluster",
    all(({ clusters }) => clusters.size === 1),
  )
  await eventually("all acknowledged it", acknowledged)
})

test("a central that is killed under load loses no event, no acknowledgement and no request; its satellites move", async () => {
  using writer = new Writer()
  using telling = everyone("on the way", 20)
  const { items } = await api.ok("listClusters")
  await eventually("both are busy", async () => Promise.resolve(writer.done.length > 10))
  const pausing = items.slice(0, 6).map(({ id }) => id)
  // New versions are on their way down and acknowledgements on their way up when it dies.
  await query(
    url,
    `with changed as (
       update cluster set desired_version = desired_version + 1 where id = any($1) returning satellite_id)
     select pg_notify('pg_swarm_change', json_build_object('kind', 'desired', 'ids', json_agg(satellite_id))::text)
     from changed`,
    [pausing],
  )
  await a.end("SIGKILL")
  balance(b)
  await allConnected()
  telling[Symbol.dispose]()
  await writer.stop()
  await nothingLost()
  await eventually("everything is acknowledged", acknowledged)
  const { satellites } = await api.ok("overview")
  assert.equal(satellites.connected, sitesMost)
})

test("a rolling upgrade: the next one is started, the old one told to stop; streams move apart, nothing is lost", async () => {
  using writer = new Writer()
  using telling = everyone("while it is upgraded", 20)
  a = await CentralProcess.start(url)
  balance(a)
  const began = Date.now()
  await b.end("SIGTERM")
  assert.equal(b.child.exitCode, 0)
  await eventually(
    "all came to the new one",
    all(({ isConnected, welcomes }) => isConnected && (welcomes.at(-1) ?? 0) >= began),
  )
  for (const site of sites) assert.match(site.trouble, /central stops/)
  const back = sites.map(({ welcomes }) => welcomes.at(-1) ?? 0)
  assert.ok(Math.max(...back) - Math.min(...back) > 50, "they did not come back as one")
  b = await CentralProcess.start(url)
  balance(a, b)
  telling[Symbol.dispose]()
  await writer.stop()
  await nothingLost()
  const lost = await query(
    url,
    "select 1 from event where kind in ('satellite.late', 'satellite.lost')",
  )
  assert.deepEqual(lost, [], "nobody was missed")
})

test("while PostgreSQL is away under load requests fail clearly and streams live on; then everything goes on by itself", async () => {
  await allConnected()
  const streams = sites.map(({ welcomes }) => welcomes.length)
  using writer = new Writer()
  using telling = everyone("while nobody can store it", 50)
  await eventually("it writes", async () => Promise.resolve(writer.done.length > 5))
  await server.stop()
  await eventually("refusals", async () =>
    Promise.resolve(writer.refusals.has("application/problem+json")),
  )
  for (const { rest: port } of [a, b])
    assert.equal((await request(`http://127.0.0.1:${port}`, "GET", "/readyz")).status, 503)
  const written = writer.done.length
  await server.start()
  await eventually("it writes again", async () => Promise.resolve(writer.done.length > written + 5))
  telling[Symbol.dispose]()
  await writer.stop()
  assert.deepEqual([...writer.refusals], ["application/problem+json"], "no connection broke")
  await nothingLost()
  assert.deepEqual(
    sites.map(({ welcomes }) => welcomes.length),
    streams,
    "each stream is the one from before",
  )
  for (const { rest: port } of [a, b])
    assert.equal((await request(`http://127.0.0.1:${port}`, "GET", "/readyz")).status, 200)
})

test("a central whose LISTEN connection broke looks again, and misses no change", async () => {
  const before = a.count("database.listen-lost") + b.count("database.listen-lost")
  const { items } = await api.ok("listClusters")
  const [first] = items
  assert.ok(first !== undefined)
  const listening = `application_name = 'pg-swarm-central' and query ilike 'listen %'`
  await eventually(
    "both listen",
    async () => (await query(url, `select from pg_stat_activity where ${listening}`)).length === 2,
  )
  // The change is told as every change is, at a moment when nobody listens.
  const broken = await query(
    url,
    `with listeners as (
       select pg_terminate_backend(pid, 2000) from pg_stat_activity where ${listening}
     ), changed as (
       update cluster set desired_version = desired_version + 1
       where (select count(*) from listeners) > 0 returning satellite_id
     )
     select (select count(*) from listeners) as n, pg_notify(
       'pg_swarm_change',
       json_build_object('kind', 'desired', 'ids', json_agg(satellite_id))::text
     ) from changed`,
  )
  assert.equal(Number(broken[0]?.["n"]), 2)
  await eventually("every site has the new version", async () => {
    const rows = await query(url, "select id, desired_version from cluster")
    return rows.every(({ id, desired_version: version }) =>
      sites.some(({ clusters }) =>
        [...clusters.values()].some((spec) => spec.id === id && spec.version === Number(version)),
      ),
    )
  })
  await eventually("both have noticed", () =>
    Promise.resolve(
      a.count("database.listen-lost") + b.count("database.listen-lost") >= before + 2,
    ),
  )
})

test("however many centrals sweep, what becomes of a silent satellite is told once", async () => {
  const url = await server.freshDatabase()
  const centrals = await Promise.all([1, 2, 3].map(() => startTestCentral(url, { timing: quick })))
  const [first] = centrals
  assert.ok(first !== undefined)
  const api = await signedIn(first)
  const site = new Site(first, "silent")
  await site.join(api)
  await site.connect()
  await eventually(
    "it is lost",
    async () => (await api.ok("getSatellite", { params: { id: site.id } })).state === "lost",
  )
  const told = await query(url, "select kind, count(*) as times from event group by kind")
  const times = new Map(told.map((row) => [row["kind"], Number(row["times"])]))
  for (const kind of ["satellite.connected", "satellite.late", "satellite.lost"])
    assert.equal(times.get(kind), 1, kind)
  await site.close()
  for (const central of centrals) await central[Symbol.asyncDispose]()
})
