/** Whom a primary lets in, on real PostgreSQL. Run as failover.pg.test.ts. */
import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { uptime } from "node:os"
import pg from "pg"
import { port } from "#core/names.ts"
import { some, started } from "./failover-started.ts"
import type { FailoverCluster } from "./failover-cluster.ts"
import type { Member } from "./failover-member.ts"
import { Writer } from "./acknowledged.ts"
import { testByVersion, testOnce } from "./versions.ts"

const connect = async (member: Member): Promise<pg.Client> => {
  const client = new pg.Client({
    host: member.address,
    port: port.postgres,
    user: "app",
    password: "app",
    database: "postgres",
    connectionTimeoutMillis: 2000,
  })
  client.on("error", () => undefined)
  await client.connect()
  return client
}

/** What a login of an ordinary client gets: nothing to complain about, or a code. */
const login = async (member: Member): Promise<string> => {
  try {
    await (await connect(member)).end()
    return "admitted"
  } catch (failure) {
    return failure instanceof Error && "code" in failure ? String(failure.code) : String(failure)
  }
}

const postmasterOf = (member: Member): string | undefined =>
  readFileSync(join(member.pgdata, "postmaster.pid"), "utf8").split("\n")[0]

/** As after a command and a crash: the wish is on the in-memory volume, and the sidecar begins. */
async function restartSidecar(
  cluster: FailoverCluster,
  member: Member,
  fence: object | undefined,
): Promise<void> {
  const file = join(member.folder, "run/fence.json")
  if (fence === undefined) rmSync(file, { force: true })
  else {
    writeFileSync(file, JSON.stringify(fence))
    member.cluster.own(file)
  }
  const pid = member.sidecarPid
  assert(pid !== undefined)
  member.signalSidecar("SIGKILL")
  await cluster.until("the sidecar is gone", () => !runs(pid))
  member.startSidecar()
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

await testByVersion(
  "S1: a fence keeps every client out by a reload, outlives the sidecar and ALTER SYSTEM, and ends",
  async (binaries) => {
    // A sidecar that is gone for longer than the deadline costs the server its right to serve, and longer than T the
    // role. The calm preset leaves 10 s: a busy machine was seen to need more than 4 to start an unbundled one.
    const { cluster, primary } = await started(binaries, { members: 2, preset: "calm" })
    await using _ = cluster
    await primary.query("create role app login password 'app'")
    const client = await connect(primary)
    const ended = new Promise((resolve) => client.once("end", resolve))
    const postmaster = postmasterOf(primary)
    const { term } = await cluster.lease()
    const fence = { term, reason: "a person looks", until: Math.round(uptime() * 1000) + 600_000 }
    await restartSidecar(cluster, primary, fence)
    await ended
    await cluster.until("a new login is refused", async () => (await login(primary)) === "28000")
    await primary.query("alter system set hba_file = '/nowhere'")
    await primary.query("alter system set pg_swarm.refusing = ''").catch(() => [])
    await primary.query("select pg_reload_conf()")
    await restartSidecar(cluster, primary, fence)
    await cluster.until("the sidecar says that it lets nobody in", () =>
      primary.moods.some((mood) => mood.includes("lets no clients in: fenced: a person looks")),
    )
    await cluster.until("nobody gets in", async () => (await login(primary)) === "28000")
    assert.equal(await login(primary), "28000")
    await cluster.untilStreaming(primary)
    assert.equal(postmasterOf(primary), postmaster)
    await restartSidecar(cluster, primary, undefined)
    await cluster.until(
      "clients are let in again",
      async () => (await login(primary)) === "admitted",
    )
    assert.equal((await cluster.lease()).term, term)
    assert.equal(postmasterOf(primary), postmaster)
  },
)

await testByVersion(
  "S2: a primary that restarts in quorum lets clients in when a standby has its WAL, not before",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2, durability: "quorum" })
    await using _ = cluster
    await primary.query("create role app login password 'app'")
    const writer = await Writer.start(cluster, primary)
    await cluster.until("the client writes", some(writer))
    await writer.finish()
    const standby = cluster.members.find((member) => member !== primary)
    assert(standby !== undefined)
    await standby.kill()
    // Longer than a standby counts after it was last seen.
    const killed = performance.now()
    await cluster.until(
      "the primary has forgotten its standby",
      () => performance.now() - killed > 6000,
    )
    const moods = primary.moods.length
    primary.killPostmaster()
    await cluster.until("the primary serves again, without clients", () =>
      primary.moods
        .slice(moods)
        .some((mood) => mood.includes("lets no clients in: a quorum must have the WAL")),
    )
    assert.equal(await login(primary), "28000")
    await standby.rebirth()
    standby.start()
    await cluster.until("clients are let in", async () => (await login(primary)) === "admitted")
    await cluster.untilStreaming(primary)
    assert.deepEqual(await writer.missingOn(standby), [])
    assert.equal((await cluster.lease()).term, 1)
  },
)

/** Writes to one member as a client does, whatever it answers, and notes when something was acknowledged. */
async function insist(member: Member, signal: AbortSignal): Promise<readonly number[]> {
  const acknowledged: number[] = []
  let client: pg.Client | undefined
  while (!signal.aborted) {
    try {
      client ??= await connect(member)
      await client.query("insert into acts default values")
      acknowledged.push(performance.now())
    } catch {
      await client?.end().catch(() => undefined)
      client = undefined
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await client?.end().catch(() => undefined)
  return acknowledged
}

await testOnce(
  "S1: a supervisor that hangs alone stops nothing: clients are shut out before another member serves",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2, durability: "async" })
    await using _ = cluster
    const standby = cluster.members.find((member) => member !== primary)
    assert(standby !== undefined)
    await primary.query("create role app login password 'app'")
    await primary.query("create table acts (id bigserial primary key)")
    await primary.query("grant all on acts, acts_id_seq to app")
    const over = new AbortController()
    const writing = [primary, standby].map((member) => insist(member, over.signal))
    const hung = performance.now()
    primary.signalSupervisor("SIGSTOP")
    await cluster.until(
      "another member serves",
      async () => (await standby.role()) === "primary" && (await login(standby)) === "admitted",
    )
    // Nobody stopped it: what keeps it from a second history is its door alone.
    assert.equal(await primary.role(), "primary")
    assert.equal(await login(primary), "28000")
    const between = performance.now()
    await cluster.until("the new one had time to serve", () => performance.now() - between > 1500)
    over.abort()
    const [old = [], next = []] = await Promise.all(writing)
    const [last = 0, first = Infinity] = [old.at(-1), next[0]]
    assert.ok(last > hung, "the old one was written to when its supervisor hung")
    assert.ok(last < first, `acknowledged ${last - first} ms after the other began`)
    primary.signalSupervisor("SIGCONT")
    await cluster.untilStreaming(standby)
  },
)
