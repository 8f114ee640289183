/** What an ex-primary has and its successor does not: counted, kept, told once, and never in the way of healing. */
import assert from "node:assert/strict"
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises"
import { discardedWal } from "../../src/failover/discarded-wal.ts"
import { parseLostWal } from "#core/failover/lost-wal.ts"
import { podName, term } from "#core/ids.ts"
import { uptimeNow } from "#io/supervisor/uptime.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { eventually, Instance } from "./instance.ts"
import { testByVersion } from "./versions.ts"

/** A crashed primary of term 1 with three commits that the primary of term 2 never got. */
async function parted(
  binaries: ServerBinaries,
): Promise<{ readonly old: Instance; readonly next: Instance } & AsyncDisposable> {
  const old = await Instance.create(binaries)
  await old.boot()
  await old.initialise()
  await old.startPrimary(1)
  await old.sql("create table rows as select generate_series(1, 1000) as id")
  await writeFile(old.path("data/pg-swarm/served"), "1\n", { mode: 0o644 })
  const next = await Instance.create(binaries)
  await next.boot()
  await next.configure(old)
  const system = await old.systemIdentifier()
  const { exitCode, output } = await next.job("clone", old.source(system))
  assert.equal(exitCode, 0, output)
  await next.startStandby()
  await eventually(
    "the standby has it all",
    async () => (await next.sql("select count(*) from rows").catch(() => "")) === "1000",
  )
  await next.configure(undefined)
  await next.sql("select pg_reload_conf()")
  await eventually(
    "the standby receives nothing any more",
    async () => (await old.sql("select count(*) from pg_stat_replication")) === "0",
  )
  for (const id of [1001, 1002, 1003]) await old.sql(`insert into rows values (${id})`)
  {
    await using reports = old.listen()
    await old.order({ kind: "stop-immediate" })
    await reports.next("server-gone")
  }
  await next.order({ kind: "arm", term: term(2), deadline: uptimeNow() + 120_000 })
  await next.sql("select pg_promote()")
  await next.sql("checkpoint")
  await old.configure(next)
  return {
    old,
    next,
    [Symbol.asyncDispose]: async () => {
      await old[Symbol.asyncDispose]()
      await next[Symbol.asyncDispose]()
    },
  }
}

const note = (of: Instance): Promise<string> =>
  readFile(of.path("data/pg-swarm/wal-lost"), "utf8").catch(() => "")

const detailsOf = (text: string): Readonly<Record<string, string>> => {
  const told = discardedWal(podName("c-0"), text)
  assert.ok(told !== undefined, `a whole note: ${text}`)
  return told.details
}

await testByVersion(
  "before a rewind discards WAL it is counted and kept, and a second try counts nothing again",
  async (binaries) => {
    await using pair = await parted(binaries)
    const { old, next } = pair
    const system = await next.systemIdentifier()
    const { exitCode, output } = await old.job("rewind", next.source(system))
    assert.equal(exitCode, 0, output)
    const details = detailsOf(await note(old))
    const lost = parseLostWal(details)
    assert.ok(lost.kind === "ok" && lost.value.bytes > 0 && lost.value.bytes < 16 * 1024 * 1024)
    assert.deepEqual(
      { term: details["term"], commits: details["commits"], timeline: details["timeline"] },
      { term: "1", commits: "3", timeline: "1" },
    )
    const kept = await readdir(details["kept"] ?? "")
    assert.ok(kept.length >= 1 && kept.every((name) => /^00000001[0-9A-F]{16}$/.test(name)))
    await rename(old.path("data/pg-swarm/wal-lost"), old.path("data/pg-swarm/wal-lost-told"))
    await old.startStandby()
    await eventually(
      "the old primary follows",
      async () => (await next.sql("select count(*) from pg_stat_replication")) === "1",
    )
    assert.equal(await old.sql("select count(*) from rows"), "1000")
    await old.stop()
    assert.equal((await old.job("clone", next.source(system))).exitCode, 0)
    assert.equal(await note(old), "")
  },
)

await testByVersion(
  "an ex-primary that started as a standby first, and found that it cannot follow, is counted all the same",
  async (binaries) => {
    await using pair = await parted(binaries)
    const { old, next } = pair
    await old.startStandby()
    await eventually(
      "it has replayed its own WAL",
      async () => (await old.sql("select count(*) from rows").catch(() => "")) === "1003",
    )
    await old.stop()
    const { exitCode, output } = await old.job("rewind", next.source(await next.systemIdentifier()))
    assert.equal(exitCode, 0, output)
    assert.equal(detailsOf(await note(old))["commits"], "3")
  },
)

await testByVersion(
  "a clone over an ex-primary counts it too, and goes on where nothing can be kept",
  async (binaries) => {
    await using pair = await parted(binaries)
    const { old, next } = pair
    // A file where the folder should be.
    await mkdir(old.path("data/pg-swarm"), { recursive: true })
    await writeFile(old.path("data/pg-swarm/lost-wal"), "")
    const { exitCode, output } = await old.job("clone", next.source(await next.systemIdentifier()))
    assert.equal(exitCode, 0, output)
    const details = detailsOf(await note(old))
    assert.equal(details["commits"], "3")
    assert.equal(details["kept"], "")
    assert.equal(details["reason"], "the copy failed")
  },
)
