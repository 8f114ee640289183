/** Lag, loss and dead disks on real PostgreSQL. Run as failover.pg.test.ts. */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { term } from "#core/ids.ts"
import { configKey } from "#core/names.ts"
import { parseLostWal } from "#core/failover/lost-wal.ts"
import type { OperationWish } from "#core/switchover/operation.ts"
import { seconds } from "#core/units.ts"
import type { Question } from "../../src/satellite/hub/session.ts"
import { Writer } from "./acknowledged.ts"
import type { FailoverCluster } from "./failover-cluster.ts"
import type { Member } from "./failover-member.ts"
import { some, started } from "./failover-started.ts"
import { SiteStandIn } from "./site-stand-in.ts"
import { testByVersion, testOnce } from "./versions.ts"

/** Changes what the satellite tells the sidecars. */
function settle(cluster: FailoverCluster, change: object): void {
  const file = join(cluster.folder, "config", configKey.podConfig)
  const before: unknown = JSON.parse(readFileSync(file, "utf8"))
  assert.ok(typeof before === "object" && before !== null)
  writeFileSync(`${file}.new`, JSON.stringify({ ...before, ...change }), { mode: 0o600 })
  cluster.own(`${file}.new`)
  renameSync(`${file}.new`, file)
}

await testByVersion(
  "a standby that lags asks, takes over when it may, and what was lost is counted, kept and told",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2, durability: "async" })
    await using _ = cluster
    const standby = cluster.members.find((member) => member !== primary)
    assert(standby !== undefined)
    const lag = { maxLagBytes: 1_000_000, onExcessLag: "ask", lagWaitSeconds: 1 }
    settle(cluster, lag)
    await cluster.until(
      "the sidecar knows the policy",
      () => standby.said("config.changed").length > 0,
    )
    await standby.signalServer("SIGSTOP")
    // More than waits in a socket's buffers.
    await primary.query(
      "create table lost as select id, repeat(md5(id::text), 8) as text from generate_series(1, 150000) as id",
    )
    const [row] = await primary.query("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn as at")
    const written = BigInt(String(row?.["at"]))
    await cluster.until("the Lease says how far the primary was", async () => {
      const { position } = await cluster.lease()
      return position !== undefined && position.lsn >= written
    })
    await primary.kill()
    await standby.signalServer("SIGCONT")
    await cluster.until("the standby waits for a person", () =>
      standby.moods.some((mood) => /bytes behind .* a person must decide/.test(mood)),
    )
    assert.equal(await standby.role(), "standby")
    settle(cluster, { ...lag, onExcessLag: "take-best" })
    await cluster.untilPrimary((member) => member === standby)
    await cluster.until(
      "the forced failover is told",
      () => standby.said("failover.forced").length > 0,
    )
    await primary.rebirth()
    primary.start()
    await cluster.untilStreaming(standby)
    await cluster.until("the lost WAL is told", () => primary.said("wal.lost").length > 0)
    const [told] = primary.said("wal.lost")
    assert.ok(told !== undefined)
    const lost = parseLostWal({
      term: String(told["term"]),
      bytes: String(told["bytes"]),
      toLsn: String(told["toLsn"]),
    })
    assert.ok(lost.kind === "ok" && lost.value.term === 1 && lost.value.bytes > 1_000_000)
    assert.ok(Number(told["commits"]) >= 1)
    assert.match(String(told["kept"]), /lost-wal/)
  },
)

await testOnce(
  "S1: a primary whose disk takes no writes gives its role up, and streams again when the disk is back",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2 })
    await using _ = cluster
    await using writer = await Writer.start(cluster, primary)
    await cluster.until("the client writes", some(writer))
    const probe = join(primary.folder, "data/pg-swarm/disk-probe")
    const fifo = `${probe}.hanging`
    execFileSync("mkfifo", ["-m", "666", fifo])
    renameSync(fifo, probe)
    const next = await cluster.untilPrimary((member) => member !== primary)
    await cluster.until("the client writes again", some(writer))
    assert.equal(await primary.role(), "down")
    assert.ok(primary.said("disk.hanging").length === 1)
    execFileSync("bash", ["-c", `exec 3<>"$1"; mv "$1" "$1.gone"`, "bash", probe])
    await cluster.untilStreaming(next)
    await writer.finish()
    assert.deepEqual(writer.overlaps(), [])
    assert.deepEqual(await writer.missingOn(next), [])
  },
)

await testOnce(
  "S1: while paused nobody takes over by itself, a crash is mended in place, and a person may promote",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2 })
    await using _ = cluster
    await using site = await SiteStandIn.open(cluster)
    const standby = cluster.members.find((member) => member !== primary)
    assert(standby !== undefined)
    const ask = async (member: Member, question: Question): Promise<string> => {
      const session = site.session(member.pod)
      assert(session !== undefined, `${member.pod} is connected`)
      const outcome = await session.ask(question, seconds(30))
      return outcome.kind === "done" ? "done" : outcome.code
    }
    /** As central asks for it; the last word of the site is how it ended. */
    const operate = async (wish: OperationWish): Promise<string> => {
      const { state, error, steps } = await site.over(site.begin(wish))
      return [state, ...steps.map((step) => `${step.name} ${step.state}`), error ?? ""].join(", ")
    }
    assert.equal(await ask(standby, { kind: "fence", reason: "a test" }), "NOT_PRIMARY")
    assert.equal(await operate({ kind: "fence", reason: "a test" }), "succeeded, fence done, ")
    await cluster.until("the fence is told", () => primary.said("clients.refused").length > 0)
    await cluster.until(
      "the site hears why no clients are let in",
      () => site.report(primary.pod)?.health.refusing === "fenced: a test",
    )
    assert.equal(await operate({ kind: "unfence" }), "succeeded, admit done, ")
    assert.equal(
      await operate({ kind: "promote", to: standby.pod, acceptLoss: true }),
      `failed, promote failed, ${primary.pod} holds the Lease: switch over to ${standby.pod}, or wait until it is gone`,
    )
    assert.equal(await ask(primary, { kind: "promote", acceptLoss: true }), "ALREADY_PRIMARY")
    assert.equal(await ask(standby, { kind: "promote", acceptLoss: true }), "HELD")
    const changes = cluster.members.map((member) => member.said("config.changed").length)
    settle(cluster, { paused: true })
    await cluster.until("every sidecar knows of the pause", () =>
      cluster.members.every(
        (member, at) => member.said("config.changed").length > (changes[at] ?? 0),
      ),
    )
    const server = primary.said("server.started").length
    primary.killPostmaster()
    await cluster.until(
      "the primary starts again",
      () => primary.said("server.started").length > server,
    )
    assert.equal(await cluster.untilPrimary(), primary)
    assert.equal((await cluster.lease()).term, 1)
    await cluster.untilStreaming(primary)
    await primary.kill()
    await cluster.until("the standby says what it waits for", () =>
      standby.moods.some((mood) => mood.includes("paused: no member becomes primary by itself")),
    )
    await cluster.until(
      "the site hears what a person must decide",
      () => site.report(standby.pod)?.health.question?.about === "pause",
    )
    const other = { kind: "promote", acceptLoss: false, term: term(7) } as const
    assert.equal(await ask(standby, other), "OVERTAKEN")
    // The satellite that asked dies over it; another asks again, and takes what came about for done.
    const promotion = site.begin({ kind: "promote", to: standby.pod, acceptLoss: false })
    await cluster.until("the standby heard it", () => standby.said("failover.consented").length > 0)
    await site.kill()
    assert.equal(await cluster.untilPrimary(), standby)
    await site.revive()
    const { state, error } = await site.over(promotion)
    assert.deepEqual([state, error], ["succeeded", undefined])
    assert.equal(standby.said("failover.consented").length, 1)
  },
)

await testOnce(
  "S2: a volume that was restored from an older copy is not served again without consent",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 1, durability: "async" })
    await using _ = cluster
    await using site = await SiteStandIn.open(cluster)
    const again = async (): Promise<void> => {
      await primary.rebirth()
      primary.start()
    }
    await primary.query("create table kept as select 1 as id")
    await primary.kill()
    const data = join(primary.folder, "data")
    execFileSync("cp", ["-a", data, `${data}.copy`])
    await again()
    await cluster.untilPrimary()
    await primary.query("create table lost as select 1 as id")
    const [row] = await primary.query("select pg_current_wal_flush_lsn() - '0/0'::pg_lsn as at")
    const written = BigInt(String(row?.["at"]))
    await cluster.until("the Lease says how far the primary was", async () => {
      const { position } = await cluster.lease()
      return position !== undefined && position.lsn >= written
    })
    await primary.kill()
    renameSync(data, `${data}.away`)
    renameSync(`${data}.copy`, data)
    await again()
    await cluster.until("it stops with a name", () =>
      primary.moods.some((mood) => /^quarantined: .*an older copy of the volume/.test(mood)),
    )
    assert.equal(await primary.role(), "standby")
    await cluster.until(
      "the sidecar is connected again",
      () => site.report(primary.pod)?.health.phase === "quarantined",
    )
    const session = site.session(primary.pod)
    assert.ok(session !== undefined)
    const outcome = await session.ask({ kind: "promote", acceptLoss: true }, seconds(30))
    assert.equal(outcome.kind, "done")
    assert.deepEqual(await primary.query("select id from kept"), [{ id: 1 }])
    assert.equal(primary.said("instance.regressed").length, 1)
  },
)
