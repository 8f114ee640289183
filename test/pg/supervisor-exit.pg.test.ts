/** The ends of servers, of the supervisor and of the container. */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { chmod, copyFile, mkdir, readFile } from "node:fs/promises"
import { Instance, eventually, isAlive } from "./instance.ts"
import { testByVersion, testOnce } from "./versions.ts"
import { term } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import { serverProcesses } from "#io/postgres/stray-servers.ts"
import { uptimeNow } from "#io/supervisor/uptime.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"

async function primary(binaries: ServerBinaries): Promise<Instance> {
  const instance = await Instance.create(binaries)
  await instance.boot()
  await instance.initialise()
  await instance.startPrimary(1)
  return instance
}

async function postmasterOf(instance: Instance): Promise<number> {
  const running = (await instance.supervisor.status())?.running
  assert.ok(running?.kind === "primary" || running?.kind === "standby")
  return running.postmaster
}

const processesOf = (instance: Instance): Promise<readonly number[]> =>
  serverProcesses(instance.path("data/pgdata"))

await testByVersion("a killed postmaster is reported when its last backend is gone", async (pg) => {
  await using instance = await primary(pg)
  await using reports = instance.listen()
  const client = await instance.client()
  // Busy without ever looking up: such a backend does not notice that its postmaster died.
  const busy = client.query("select count(*) from generate_series(1, 1000000000)").catch(() => 0)
  const before = await processesOf(instance)
  const killed = uptimeNow()
  process.kill(await postmasterOf(instance), "SIGKILL")
  const gone = await reports.next("server-gone")
  assert.ok(uptimeNow() - killed < 2000, "known at once")
  assert.deepEqual([gone.cause, gone.exitCode], ["crashed", 137])
  assert.ok(before.length > 3)
  assert.deepEqual(before.filter(isAlive), [])
  await busy
  // And the same term may go on in place.
  await instance.startPrimary(1)
})

await testOnce("a killed backend ends nothing", async (pg) => {
  await using instance = await primary(pg)
  const client = await instance.client()
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid")
  const postmaster = await postmasterOf(instance)
  process.kill(rows[0]?.pid ?? 0, "SIGKILL")
  await instance.answering()
  assert.equal(await postmasterOf(instance), postmaster)
  await client.end().catch(() => undefined)
})

await testOnce(
  "a server that can not start is reported gone, and the next order is free",
  async (pg) => {
    await using instance = await Instance.create(pg)
    await instance.boot()
    await instance.initialise()
    await instance.configure(undefined, { shared_buffers: "1PB" })
    await using reports = instance.listen()
    await instance.order({ kind: "start-standby" })
    const gone = await reports.next("server-gone")
    assert.equal(gone.cause, "crashed")
    assert.notEqual(gone.exitCode, 0)
    await instance.configure(undefined)
    await instance.startStandby()
  },
)

await testByVersion(
  "a server that a killed supervisor left behind is ended before anything else",
  async (pg) => {
    await using instance = await primary(pg)
    const left = await processesOf(instance)
    instance.kill("SIGKILL")
    await instance.ended()
    assert.ok(left.every(isAlive))
    const status = await instance.boot()
    assert.deepEqual(status.running, { kind: "nothing" })
    assert.deepEqual(left.filter(isAlive), [])
    await instance.startStandby()
  },
)

await testOnce("a frozen supervisor is replaced together with its server", async (pg) => {
  await using instance = await primary(pg)
  const first = instance.pid
  instance.kill("SIGSTOP")
  const status = await instance.boot()
  assert.deepEqual(status.running, { kind: "nothing" })
  assert.ok(!isAlive(first))
})

await testOnce(
  "a stale postmaster.pid with a living foreign process in it does not stop a start",
  async (pg) => {
    await using instance = await primary(pg)
    await instance.stop()
    // The supervisor's own process: same account, alive, not a server.
    await instance.write(
      "data/pgdata/postmaster.pid",
      `${instance.pid}\n${instance.path("data/pgdata")}\n1\n5432\n${instance.path("run")}\n\n  1  1\n`,
    )
    await instance.write(
      "run/.s.PGSQL.5432.lock",
      `${instance.pid}\n${instance.path("data/pgdata")}\n`,
    )
    await instance.startPrimary(1)
  },
)

await testOnce(
  "a server process that died but was never reaped does not look alive",
  async (pg) => {
    await using instance = await Instance.create(pg)
    await instance.boot()
    await instance.initialise()
    // A program named `postgres` that ends inside the data directory below a parent that never waits for it: not before
    // the shell, which would, has become another program.
    const program = instance.path("run/postgres")
    await copyFile("/bin/sleep", program)
    await chmod(program, 0o755)
    const parent = spawn(
      "bash",
      [
        "-c",
        'cd "$1" && { "$2" 0.5 & echo $!; exec sleep 100; }',
        "-",
        instance.path("data/pgdata"),
        program,
      ],
      { stdio: ["ignore", "pipe", "inherit"], ...instance.account },
    )
    try {
      const [chunk] = (await parent.stdout.take(1).toArray()) as readonly Buffer[]
      const zombie = Number(chunk?.toString("utf8"))
      const state = async (): Promise<string> => readFile(`/proc/${zombie}/stat`, "utf8")
      await eventually("it is a zombie", async () => (await state()).includes("(postgres) Z"))
      await instance.startStandby()
      await instance.stop()
      assert.match(await state(), /\(postgres\) Z/)
    } finally {
      parent.kill("SIGKILL")
    }
  },
)

await testOnce("a process that merely stands in the data directory is left alone", async (pg) => {
  await using instance = await primary(pg)
  const person = spawn("sleep", ["100"], { cwd: instance.path("data/pgdata"), stdio: "ignore" })
  try {
    await instance.stop()
    assert.equal(person.exitCode, null)
    assert.ok(isAlive(person.pid ?? 0))
  } finally {
    person.kill("SIGKILL")
  }
})

await testOnce(
  "the loss of the data folder under a running server does not hide the server",
  async (pg) => {
    await using instance = await primary(pg)
    await using reports = instance.listen()
    const left = await processesOf(instance)
    await instance.moveAway("data/pgdata")
    await mkdir(instance.path("data/pgdata"))
    await instance.supervisor.extendDeadline(uptimeNow() + 300)
    assert.equal((await reports.next("server-gone")).cause, "fenced")
    assert.deepEqual(left.filter(isAlive), [])
  },
)

await testByVersion(
  "after SIGTERM the supervisor waits for the sidecar's order, then ends",
  async (pg) => {
    await using instance = await primary(pg)
    await instance.supervisor.pulse()
    instance.kill("SIGTERM")
    const until = uptimeNow() + 3500
    while (uptimeNow() < until) {
      await instance.supervisor.pulse()
      assert.equal(await instance.sql("select 1"), "1")
    }
    const status = await instance.supervisor.status()
    assert.equal(status?.terminating, true)
    assert.equal(status.running.kind, "primary")
    await instance.order({ kind: "stop-fast", within: millis(5000) })
    assert.equal(await instance.ended(), 0)
    assert.deepEqual(await processesOf(instance), [])
  },
)

await testOnce(
  "after SIGTERM the supervisor stops the server itself when the sidecar is silent",
  async (pg) => {
    await using instance = await primary(pg)
    instance.kill("SIGTERM")
    assert.equal(await instance.ended(), 0)
    assert.deepEqual(await processesOf(instance), [])
    assert.match(instance.output, /received fast shutdown request/)
  },
)

await testOnce(
  "after SIGTERM the supervisor does not wait for the sidecar until it is killed",
  async (pg) => {
    await using instance = await primary(pg)
    await instance.supervisor.pulse()
    const began = uptimeNow()
    const pulse = setInterval(() => void instance.supervisor.pulse().catch(() => undefined), 300)
    try {
      instance.kill("SIGINT") // what the stock images declare as their stop signal
      assert.equal(await instance.ended(), 0)
      assert.ok(
        uptimeNow() - began > 4000,
        "it waited for an order until the grace was nearly over",
      )
    } finally {
      clearInterval(pulse)
    }
    assert.match(instance.output, /received fast shutdown request/)
  },
)

await testOnce(
  "SIGTERM in hold ends the supervisor at once, and it starts nothing any more",
  async (pg) => {
    await using instance = await Instance.create(pg)
    await instance.boot()
    instance.kill("SIGTERM")
    assert.equal(await instance.ended(), 0)
  },
)

await testOnce("a container that is ending starts no server", async (pg) => {
  await using instance = await primary(pg)
  await instance.supervisor.pulse()
  instance.kill("SIGTERM")
  await eventually(
    "it is ending",
    async () => (await instance.supervisor.status())?.terminating === true,
  )
  assert.match(await instance.refused({ kind: "start-standby" }), /being stopped/)
})

await testOnce(
  "a sidecar that restarts finds out from the status what it needs to go on",
  async (pg) => {
    await using instance = await primary(pg)
    const status = await instance.supervisor.status()
    assert.equal(status?.running.kind, "primary")
    assert.equal(status.running.term, 1)
    assert.ok(status.deadline !== undefined && status.deadline > uptimeNow())
    await instance.order({ kind: "arm", term: term(1), deadline: uptimeNow() + 90_000 })
    assert.equal(await postmasterOf(instance), status.running.postmaster)
  },
)
