/** Initialise, clone, rewind, crash recovery: whole or not at all, and nothing lost on the way (S4). */
import assert from "node:assert/strict"
import { access, readdir, readlink, rename } from "node:fs/promises"
import { Instance, eventually, isAlive } from "./instance.ts"
import { testByVersion, testOnce } from "./versions.ts"
import { term } from "#core/ids.ts"
import { keepsOldData, lookAtData, unconfirmedBootstrap } from "#io/postgres/data-directory.ts"
import { serverProcesses } from "#io/postgres/stray-servers.ts"
import { uptimeNow } from "#io/supervisor/uptime.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"

async function booted(binaries: ServerBinaries, wal = false): Promise<Instance> {
  const instance = await Instance.create(binaries, { wal })
  await instance.boot()
  return instance
}

async function primary(binaries: ServerBinaries, wal = false): Promise<Instance> {
  const instance = await booted(binaries, wal)
  await instance.initialise()
  await instance.startPrimary(1)
  await instance.sql("create table rows as select generate_series(1, 1000) as id")
  return instance
}

/** A standby that follows `upstream` and has caught up. */
async function standbyOf(upstream: Instance, wal = false): Promise<Instance> {
  const instance = await booted(upstream.binaries, wal)
  await instance.configure(upstream)
  const { exitCode, output } = await instance.job(
    "clone",
    upstream.source(await upstream.systemIdentifier()),
  )
  assert.equal(exitCode, 0, output)
  await instance.startStandby()
  await caughtUp(instance, upstream)
  return instance
}

async function caughtUp(instance: Instance, upstream: Instance): Promise<void> {
  const wanted = await upstream.sql("select pg_current_wal_lsn()")
  await eventually(
    `${instance.address} reaches ${wanted}: ${instance.output.slice(-1000)}`,
    async () => {
      return (await instance.sql(`select pg_last_wal_replay_lsn() >= '${wanted}'`)) === "true"
    },
  )
}

/** `instance` becomes primary of the next term; the old one is not asked. */
async function promote(instance: Instance, t: number): Promise<void> {
  await instance.order({ kind: "arm", term: term(t), deadline: uptimeNow() + 120_000 })
  await instance.sql("select pg_promote()")
  await instance.sql("checkpoint")
}

/** Loses its postmaster and all else at once, as in a power cut of its container. */
async function crash(instance: Instance): Promise<void> {
  await using reports = instance.listen()
  await instance.order({ kind: "stop-immediate" })
  await reports.next("server-gone")
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const data = (instance: Instance): string => instance.path("data")

/** All that is on the WAL volume but the file by which the supervisor looks whether it takes writes. */
const onWalVolume = async (instance: Instance): Promise<readonly string[]> =>
  (await readdir(instance.path("wal"))).filter((name) => name !== "disk-probe")

await testByVersion(
  "initdb makes a data directory with checksums and a role that can rewind",
  async (pg) => {
    await using instance = await primary(pg)
    assert.equal(await instance.sql("show data_checksums"), "on")
    assert.equal(await instance.sql("show server_encoding"), "UTF8")
    assert.equal(
      await instance.sql("select datcollate from pg_database where datname = 'postgres'"),
      "C.UTF-8",
    )
    assert.equal(
      await instance.sql(
        "select rolreplication and not rolsuper from pg_roles where rolname = 'pgswarm_replication'",
      ),
      "true",
    )
    assert.equal(await unconfirmedBootstrap(data(instance)), await instance.systemIdentifier())
    const found = await lookAtData(data(instance))
    assert.equal(found.kind, "present")
    assert.equal(found.major, pg.major)
    assert.equal(found.control.systemIdentifier, await instance.systemIdentifier())
    assert.equal(found.control.state, "in production")
  },
)

await testOnce("an initialised directory is never initialised again", async (pg) => {
  await using instance = await primary(pg)
  await instance.stop()
  const before = await lookAtData(data(instance))
  const again = { kind: "run-job", job: "again", name: "initdb", source: undefined } as const
  assert.match(await instance.refused(again), /never initialised again/)
  assert.deepEqual(await lookAtData(data(instance)), before)
})

await testByVersion("an initdb that is killed at any point leaves nothing, or all", async (pg) => {
  await using instance = await booted(pg)
  const points = [
    "data/pgdata.new",
    "data/pgdata.new/PG_VERSION",
    "data/pgdata.new/global/pg_control",
    "data/pgdata.new/base/4",
    "data/pgdata.new/base/5",
    "data/pg-swarm/bootstrap-unconfirmed",
  ]
  for (const point of points) {
    if ((await lookAtData(data(instance))).kind !== "empty") break
    await instance.order({ kind: "run-job", job: "cut", name: "initdb", source: undefined })
    await eventually(`${point} is there`, async () => {
      return (await exists(instance.path(point))) || (await exists(instance.path("data/pgdata")))
    })
    instance.kill("SIGKILL")
    await instance.ended()
    await instance.boot()
    assert.deepEqual(await serverProcesses(instance.path("data/pgdata.new")), [])
    const found = await lookAtData(data(instance))
    assert.ok(found.kind === "empty" || found.kind === "present", `after ${point}`)
    if (found.kind === "empty")
      assert.match(await instance.refused({ kind: "start-standby" }), /no data/)
  }
  if ((await lookAtData(data(instance))).kind === "empty") await instance.initialise()
  await instance.startPrimary(1)
  assert.equal(await unconfirmedBootstrap(data(instance)), await instance.systemIdentifier())
})

await testByVersion(
  "a clone streams from its source, with its WAL on the WAL volume",
  async (pg) => {
    await using first = await primary(pg, true)
    await using second = await standbyOf(first, true)
    assert.equal(await second.sql("select count(*) from rows"), "1000")
    for (const instance of [first, second]) {
      const [folder, ...others] = await onWalVolume(instance)
      assert.deepEqual(others, [])
      assert.equal(
        await readlink(instance.path("data/pgdata/pg_wal")),
        instance.path("wal", folder ?? ""),
      )
    }
    assert.equal((await lookAtData(data(second))).kind, "present")
  },
)

await testByVersion(
  "a clone keeps the old data until it is told that the new streams",
  async (pg) => {
    await using first = await primary(pg)
    await using second = await standbyOf(first, true)
    await second.stop()
    const old = await readlink(second.path("data/pgdata/pg_wal"))
    assert.equal(await keepsOldData(data(second)), false)
    const sid = await first.systemIdentifier()
    for (const _ of [1, 2]) {
      assert.equal((await second.job("clone", first.source(sid))).exitCode, 0)
      const kept = (await readdir(data(second))).filter((name) => name.startsWith("pgdata"))
      assert.equal(kept.length, 2, kept.join(" "))
      const keptWal = kept.find((name) => name !== "pgdata") ?? ""
      assert.equal(
        await readlink(second.path("data", keptWal, "pg_wal")),
        old,
        "the oldest is kept",
      )
    }
    await second.startStandby()
    await caughtUp(second, first)
    await second.order({ kind: "drop-old" })
    await eventually("the old data is gone", async () => {
      const names = (await readdir(data(second))).filter((name) => name.startsWith("pgdata"))
      return names.length === 1
    })
    assert.equal((await onWalVolume(second)).length, 1, "and its WAL with it")
    assert.equal(await second.sql("select count(*) from rows"), "1000")
  },
)

await testOnce(
  "a clone from a foreign system is refused before anything is touched",
  async (pg) => {
    await using first = await primary(pg)
    await using other = await primary(pg)
    await other.sql("insert into rows values (-1)")
    const sid = await other.systemIdentifier()
    await other.stop()
    const before = await readdir(data(other))
    const { exitCode, output } = await other.job("clone", first.source(sid))
    assert.notEqual(exitCode, 0)
    assert.match(output, /nothing was touched/)
    assert.deepEqual(await readdir(data(other)), before)
    await other.startPrimary(1)
    assert.equal(await other.sql("select count(*) from rows"), "1001")
  },
)

await testOnce("a clone that fails leaves the old data and takes no space", async (pg) => {
  await using first = await primary(pg)
  await using second = await standbyOf(first)
  const sid = await first.systemIdentifier()
  await second.stop()
  await first.stop()
  const { exitCode, output } = await second.job("clone", first.source(sid))
  assert.notEqual(exitCode, 0)
  assert.match(output, /does not answer/)
  assert.equal((await lookAtData(data(second))).kind, "present")
  await second.startStandby()
})

await testByVersion("a job that is cancelled ends as a whole and changes nothing", async (pg) => {
  await using first = await primary(pg)
  await first.sql(
    "create table much as select repeat(md5(g::text), 30) from generate_series(1, 100000) g",
  )
  await using second = await standbyOf(first)
  await second.stop()
  const before = await lookAtData(data(second))
  await using reports = second.listen()
  await second.order({
    kind: "run-job",
    job: "cut",
    name: "clone",
    source: first.source(await first.systemIdentifier()),
  })
  await eventually("it copies", () => exists(second.path("data/pgdata.new/PG_VERSION")))
  assert.match(await second.refused({ kind: "cancel-job", job: "another" }), /does not run/)
  await second.order({ kind: "cancel-job", job: "cut" })
  const ended = await reports.next("job-ended")
  assert.notEqual(ended.exitCode, 0)
  assert.match(ended.output, /cancelled/)
  assert.deepEqual(await lookAtData(data(second)), before)
  await eventually("its leftovers are removed", async () => {
    return (await readdir(data(second))).every((name) => !/new|drop|ready/.test(name))
  })
  await second.startStandby()
})

await testOnce(
  "a clone that was complete when the power went takes its place at the next start",
  async (pg) => {
    await using first = await primary(pg)
    await using second = await standbyOf(first)
    await second.stop()
    second.kill("SIGKILL")
    await second.ended()
    // Between the two renames of the swap.
    await rename(second.path("data/pgdata"), second.path("data/pgdata.ready"))
    await second.boot()
    assert.equal((await lookAtData(data(second))).kind, "present")
    await second.startStandby()
    assert.equal(await second.sql("select count(*) from rows"), "1000")
  },
)

await testByVersion("a crashed primary is rewound to its successor and follows it", async (pg) => {
  await using first = await primary(pg)
  await using second = await standbyOf(first)
  await crash(second) // so that it misses what comes now
  await first.sql("insert into rows select generate_series(2001, 2100)")
  await crash(first)
  await second.startStandby()
  await promote(second, 2)
  await second.sql("insert into rows select generate_series(3001, 3010)")
  const { exitCode, output } = await first.job(
    "rewind",
    second.source(await second.systemIdentifier()),
  )
  assert.equal(exitCode, 0, output)
  assert.ok(
    await exists(first.path("data/pgdata/backup_label")),
    "replay begins before the divergence",
  )
  assert.ok(await exists(first.path("data/pgdata/standby.signal")))
  assert.match(
    await first.refused({ kind: "start-primary", term: term(9), deadline: uptimeNow() + 9000 }),
    /must start as a standby/,
  )
  await first.configure(second)
  await first.startStandby()
  await caughtUp(first, second)
  assert.equal(await first.sql("select count(*) from rows"), "1010")
  assert.equal(await first.sql("select count(*) from rows where id between 2001 and 2100"), "0")
  await first.sql("select count(*) from pg_stat_wal_receiver where status = 'streaming'")
})

await testOnce("a rewind that can not begin changes nothing", async (pg) => {
  await using first = await primary(pg)
  await using foreign = await primary(pg)
  const own = await first.systemIdentifier()
  await crash(first)
  const wrong = await first.job("rewind", foreign.source(own))
  assert.notEqual(wrong.exitCode, 0)
  assert.match(wrong.output, /nothing was touched/)
  const nobody = await first.job("rewind", { host: "127.60.255.254", port: 5432 })
  assert.notEqual(nobody.exitCode, 0)
  assert.match(nobody.output, /nothing was changed/)
  assert.equal((await lookAtData(data(first))).kind, "present")
  await first.startStandby()
})

await testOnce(
  "a standby that crashed is never recovered alone, which could fork its history",
  async (pg) => {
    await using first = await primary(pg)
    await using second = await standbyOf(first)
    await crash(second)
    for (const name of ["crash-recovery", "rewind"] as const) {
      const { exitCode, output } = await second.job(
        name,
        name === "rewind" ? first.source(undefined) : undefined,
      )
      assert.notEqual(exitCode, 0)
      assert.match(output, /not an ex-primary: in archive recovery/)
    }
    await second.startStandby()
    await caughtUp(second, first)
  },
)

await testByVersion(
  "crash recovery of an ex-primary ends in a clean shutdown that starts as a standby",
  async (pg) => {
    await using first = await primary(pg)
    await crash(first)
    assert.equal((await first.job("crash-recovery")).exitCode, 0)
    const found = await lookAtData(data(first))
    assert.ok(found.kind === "present" && found.control.state === "shut down")
    assert.ok(await exists(first.path("data/pgdata/standby.signal")))
  },
)

await testByVersion(
  "an interrupted rewind is recognised, never started, and healed by a clone",
  async (pg) => {
    await using first = await primary(pg)
    await using second = await standbyOf(first)
    await first.sql(
      "create table much as select repeat(md5(g::text), 30) as x from generate_series(1, 60000) g",
    )
    await caughtUp(second, first)
    await crash(second)
    await first.sql("update much set x = upper(x)")
    await crash(first)
    await second.startStandby()
    await promote(second, 2)
    await second.sql("update much set x = x || '.'")
    const source = second.source(await second.systemIdentifier())
    await first.order({ kind: "run-job", job: "cut", name: "rewind", source })
    await eventually("it rewinds", () => exists(first.path("data/pg-swarm/rewinding")))
    first.kill("SIGKILL")
    await first.ended()
    await first.boot()
    assert.equal((await lookAtData(data(first))).kind, "damaged")
    assert.match(await first.refused({ kind: "start-standby" }), /rewind was interrupted/)
    assert.match(
      await first.refused({ kind: "start-primary", term: term(9), deadline: uptimeNow() + 9000 }),
      /rewind was interrupted/,
    )
    assert.match(
      await first.refused({ kind: "run-job", job: "again", name: "rewind", source }),
      /clone it/,
    )
    assert.equal((await first.job("clone", source)).exitCode, 0)
    assert.equal((await lookAtData(data(first))).kind, "present")
    await first.configure(second)
    await first.startStandby()
    await caughtUp(first, second)
  },
)

await testOnce("a supervisor that dies takes its job along at the next start", async (pg) => {
  await using instance = await booted(pg)
  await instance.order({ kind: "run-job", job: "cut", name: "initdb", source: undefined })
  await eventually("it works", () => exists(instance.path("data/pgdata.new/base")))
  const workers = await serverProcesses(instance.path("data/pgdata.new"))
  instance.kill("SIGTERM")
  await instance.ended()
  await eventually("its processes are gone", () => !workers.some(isAlive))
})

await testOnce("one thing at a time: while a job runs nothing else is begun", async (pg) => {
  await using instance = await booted(pg)
  await using reports = instance.listen()
  await instance.order({ kind: "run-job", job: "one", name: "initdb", source: undefined })
  assert.match(await instance.refused({ kind: "start-standby" }), /busy: job initdb/)
  const second = { kind: "run-job", job: "two", name: "initdb", source: undefined } as const
  assert.match(await instance.refused(second), /busy: job initdb/)
  const status = await instance.supervisor.status()
  assert.deepEqual(status?.running, { kind: "job", job: "one", name: "initdb" })
  assert.equal((await reports.next("job-ended")).exitCode, 0)
})
