/** The copy of the server's log that rules are matched on: bounded, never in the server's way, and never lost for people. */
import assert from "node:assert/strict"
import { statSync, truncateSync } from "node:fs"
import { join } from "node:path"
import type { FailoverCluster, Member } from "./failover-cluster.ts"
import { started } from "./failover-started.ts"
import { testOnce } from "./versions.ts"

const division = {
  name: "division",
  category: "connection",
  pattern: "^division by zero$",
  action: "event",
  cooldownSeconds: 1,
}

const logOf = (member: Member): string => join(member.folder, "run/log/server.log")

/** Makes the server say it until the watcher hears it: a flood may swallow one. */
async function untilHeard(cluster: FailoverCluster, member: Member): Promise<void> {
  const before = member.said("log.rule-matched").length
  await cluster.until("the watcher hears the server", async () => {
    await assert.rejects(member.query("select 1/0"))
    return member.said("log.rule-matched").length > before
  })
}

await testOnce(
  "a log that is emptied or flooded is followed again, stays small, and people still see it",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 1, durability: "async" })
    await using _ = cluster
    cluster.configure({ durability: "async", recovery: { rules: [division] } })
    await cluster.until(
      "the rules are in force",
      () => primary.said("recovery.rules-changed").length > 0,
    )
    await untilHeard(cluster, primary)
    truncateSync(logOf(primary), 0)
    await untilHeard(cluster, primary)

    // Some twenty megabytes at once: much of it is left out, and what comes after is heard.
    const flood = `do $$ begin for i in 1..100000 loop
      raise log 'noise % %', i, repeat('x', 200); end loop; end $$`
    await primary.query(flood).catch(() => undefined) // a busy machine may take longer than the client waits
    await cluster.until("the copy is cut", () => statSync(logOf(primary)).size < 8 * 1024 * 1024)
    await untilHeard(cluster, primary)
    assert.match(primary.postgresLog, /noise \d+ x|division by zero/)
    assert.ok(statSync(logOf(primary)).size < 8 * 1024 * 1024)
    assert.equal(await primary.role(), "primary")
  },
)

await testOnce("a copier that dies is replaced, and the server goes on", async (binaries) => {
  const { cluster, primary } = await started(binaries, { members: 1, durability: "async" })
  await using _ = cluster
  cluster.configure({ durability: "async", recovery: { rules: [division] } })
  await cluster.until(
    "the rules are in force",
    () => primary.said("recovery.rules-changed").length > 0,
  )
  await untilHeard(cluster, primary)
  const copier = primary.copierPid()
  assert.ok(copier !== undefined)
  process.kill(copier, "SIGKILL")
  await untilHeard(cluster, primary)
  assert.notEqual(primary.copierPid(), copier)
  assert.equal(await primary.role(), "primary")
})
