/** The dead-man switch (S1): a primary whose deadline has passed acknowledges nothing, whatever is frozen. */
import assert from "node:assert/strict"
import type pg from "pg"
import { Instance, eventually, isAlive } from "./instance.ts"
import { testByVersion, testOnce } from "./versions.ts"
import { term } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import { serverProcesses } from "#io/postgres/stray-servers.ts"
import { uptimeNow } from "#io/supervisor/uptime.ts"

/** From the deadline to the last acknowledgement: SIGQUIT, 300 ms, SIGKILL, and room for a busy machine. */
const fenceMax = 1500

async function primary(
  binaries: Parameters<typeof Instance.create>[0],
  others: Readonly<Record<string, string | number | boolean>> = {},
): Promise<Instance> {
  const instance = await Instance.create(binaries)
  await instance.configure(undefined, others)
  await instance.boot()
  await instance.initialise()
  await instance.startPrimary(1)
  await instance.sql("create table written (at bigint)")
  return instance
}

/** Writes without a pause until the connection breaks; answers when the last commit was acknowledged. */
async function writeUntilCut(client: pg.Client): Promise<{ commits: number; last: number }> {
  const acknowledged = { commits: 0, last: 0 }
  try {
    for (;;) {
      await client.query("insert into written values (1)")
      acknowledged.commits += 1
      acknowledged.last = uptimeNow()
    }
  } catch {
    return acknowledged
  }
}

const processesOf = (instance: Instance): Promise<readonly number[]> =>
  serverProcesses(instance.path("data/pgdata"))

await testByVersion(
  "no commit is acknowledged after the deadline and its fence time",
  async (pg) => {
    await using instance = await primary(pg)
    await using reports = instance.listen()
    const clients = await Promise.all([1, 2, 3].map(() => instance.client()))
    const deadline = uptimeNow() + 1500
    await instance.supervisor.extendDeadline(deadline)
    const written = await Promise.all(clients.map((client) => writeUntilCut(client)))
    const gone = await reports.next("server-gone")
    const told = uptimeNow()
    assert.equal(gone.cause, "fenced")
    for (const { commits, last } of written) {
      assert.ok(commits > 10, "the client wrote")
      assert.ok(last <= told, "nothing is acknowledged once the server is reported gone")
      assert.ok(
        last <= deadline + fenceMax,
        `acknowledged ${last - deadline} ms after the deadline`,
      )
    }
    assert.deepEqual(await processesOf(instance), [])
  },
)

await testByVersion("a deadline that is moved in time lets the primary go on", async (pg) => {
  await using instance = await primary(pg)
  const until = uptimeNow() + 4000
  await instance.supervisor.extendDeadline(uptimeNow() + 1500)
  while (uptimeNow() < until) {
    await instance.supervisor.extendDeadline(uptimeNow() + 1500)
    assert.equal(await instance.sql("select 1"), "1")
  }
  assert.equal((await instance.supervisor.status())?.running.kind, "primary")
})

await testByVersion("a frozen postmaster does not keep its backends alive", async (pg) => {
  await using instance = await primary(pg)
  await using reports = instance.listen()
  const client = await instance.client()
  const status = await instance.supervisor.status()
  assert.equal(status?.running.kind, "primary")
  process.kill(status.running.postmaster, "SIGSTOP")
  const deadline = uptimeNow() + 1000
  await instance.supervisor.extendDeadline(deadline)
  const { last, commits } = await writeUntilCut(client)
  assert.ok(commits > 0)
  assert.ok(last <= deadline + fenceMax)
  assert.equal((await reports.next("server-gone")).cause, "fenced")
  assert.deepEqual(await processesOf(instance), [])
})

await testByVersion("a frozen backend is killed too", async (pg) => {
  await using instance = await primary(pg)
  await using reports = instance.listen()
  const client = await instance.client()
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid")
  const backend = rows[0]?.pid ?? 0
  process.kill(backend, "SIGSTOP")
  await instance.supervisor.extendDeadline(uptimeNow() + 500)
  assert.equal((await reports.next("server-gone")).cause, "fenced")
  assert.ok(!isAlive(backend))
  await client.end().catch(() => undefined)
})

await testOnce("a promoted standby is under the deadline from the order to arm", async (pg) => {
  await using first = await primary(pg)
  await using second = await Instance.create(pg)
  await second.boot()
  await second.configure(first)
  const { exitCode } = await second.job("clone", first.source(await first.systemIdentifier()))
  assert.equal(exitCode, 0)
  await second.startStandby()
  await using reports = second.listen()
  await second.order({ kind: "arm", term: term(2), deadline: uptimeNow() + 1000 })
  await second.sql("select pg_promote()")
  assert.equal((await reports.next("server-gone")).cause, "fenced")
  // What ran under the older term is not touched by it.
  assert.equal(await first.sql("select 1"), "1")
})

await testOnce("a fast stop that takes longer than the deadline is cut short", async (pg) => {
  await using instance = await primary(pg)
  await using reports = instance.listen()
  const client = await instance.client()
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid")
  process.kill(rows[0]?.pid ?? 0, "SIGSTOP") // now a fast stop never ends by itself
  await instance.supervisor.extendDeadline(uptimeNow() + 1500)
  await instance.order({ kind: "stop-fast", within: millis(60_000) })
  assert.equal((await reports.next("server-gone")).cause, "fenced")
  await client.end().catch(() => undefined)
})

await testOnce(
  "a supervisor that was frozen past the deadline fences before all else",
  async (pg) => {
    await using instance = await primary(pg)
    await using reports = instance.listen()
    await instance.supervisor.extendDeadline(uptimeNow() + 500)
    instance.kill("SIGSTOP")
    const thaw = uptimeNow() + 1000
    await eventually("the deadline has passed", () => uptimeNow() > thaw)
    instance.kill("SIGCONT")
    assert.ok((await reports.next("fencing")).late >= 400)
    assert.equal((await reports.next("server-gone")).cause, "fenced")
  },
)

await testOnce(
  "a machine that stood still fences first, with the deadline still ahead",
  async (pg) => {
    await using instance = await primary(pg)
    await using reports = instance.listen()
    instance.kill("SIGSTOP")
    const thaw = uptimeNow() + 3500
    await eventually("more than three seconds have passed", () => uptimeNow() > thaw)
    instance.kill("SIGCONT")
    assert.ok((await reports.next("paused-vm")).gap >= 3000)
    assert.equal((await reports.next("server-gone")).cause, "fenced")
  },
)

await testOnce("the switch works while nobody reads the log of the container", async (pg) => {
  await using instance = await primary(pg, { log_statement: "all" })
  await using reports = instance.listen()
  instance.pauseLog()
  const client = await instance.client()
  // Fills the pipe of the log until the server itself stands still in a write to it.
  const filled = client.query(`select /* ${"x".repeat(200_000)} */ 1`).catch(() => undefined)
  await instance.supervisor.extendDeadline(uptimeNow() + 500)
  assert.equal((await reports.next("server-gone")).cause, "fenced")
  instance.resumeLog()
  await filled
  await client.end().catch(() => undefined)
})
