/** Recovery rules on real servers: true messages lead to events and repairs, and never hurt a primary. */
import assert from "node:assert/strict"
import { readFile, realpath } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import { dataExamples } from "#core/recovery/examples-data.ts"
import { serviceExamples } from "#core/recovery/examples-service.ts"
import { port } from "#core/names.ts"
import type { RuleAction } from "#core/recovery/rule.ts"
import type { FailoverCluster, Member } from "./failover-cluster.ts"
import { started } from "./failover-started.ts"
import { testByVersion, testOnce } from "./versions.ts"

/** As `pod.json` carries it: a checkpoint that somebody asked for makes the checkpointer itself say so. */
const onCheckpoint = (name: string, action: RuleAction) => ({
  name,
  category: "wal",
  pattern: "^(checkpoint|restartpoint) starting: .*\\bwait\\b",
  action,
  cooldownSeconds: 3600,
})
const division = {
  name: "division",
  category: "connection",
  pattern: "^division by zero$",
  severities: ["ERROR"],
  action: "event",
  cooldownSeconds: 1,
}

/** Puts rules in force on every member, and waits until they are. */
async function enforce(cluster: FailoverCluster, ...rules: readonly object[]): Promise<void> {
  const before = cluster.members.map((member) => member.said("recovery.rules-changed").length)
  cluster.configure({ recovery: { allowExec: true, rules } })
  await cluster.until("the rules are in force", () =>
    cluster.members.every(
      (member, at) => member.said("recovery.rules-changed").length > (before[at] ?? 0),
    ),
  )
}

const eventsOf = (member: Member, kind: string, rule: string) =>
  member.said(kind).filter((event) => event["rule"] === rule)

async function untilSaid(
  cluster: FailoverCluster,
  member: Member,
  kind: string,
  rule: string,
  count = 1,
): Promise<Readonly<Record<string, unknown>>> {
  await cluster.until(
    `${member.pod} says ${kind} of ${rule}`,
    () => eventsOf(member, kind, rule).length >= count,
  )
  return z.record(z.string(), z.unknown()).parse(eventsOf(member, kind, rule).at(-1))
}

const startOf = async (member: Member): Promise<unknown> =>
  (await member.query("select pg_postmaster_start_time()::text as at"))[0]?.["at"]

/** A restartpoint needs a checkpoint that the standby has not used yet. */
async function checkpointBoth(cluster: FailoverCluster, primary: Member, replica: Member) {
  await primary.query("checkpoint")
  const [row] = await primary.query("select pg_current_wal_lsn()::text as lsn")
  await cluster.until("the checkpoint is replayed", async () => {
    const [is] = await replica.query("select pg_last_wal_replay_lsn() >= $1::pg_lsn as there", [
      row?.["lsn"],
    ])
    return is?.["there"] === true
  })
  await replica.query("checkpoint")
}

const replicaOf = (cluster: FailoverCluster, primary: Member): Member => {
  const found = cluster.members.find((member) => member !== primary)
  assert.ok(found !== undefined)
  return found
}

async function restartSidecar(cluster: FailoverCluster, member: Member): Promise<void> {
  const ready = member.said("failover.ready").length
  member.signalSidecar("SIGKILL")
  member.startSidecar()
  await cluster.until(
    `the sidecar of ${member.pod} is back`,
    () => member.said("failover.ready").length > ready,
  )
}

await testByVersion(
  "what a rule matches becomes an event; a repair mends a replica, once, and no primary",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2 })
    await using _ = cluster
    const replica = replicaOf(cluster, primary)
    await enforce(cluster, division, onCheckpoint("clone-it", "rebasebackup"))
    const since = await startOf(primary)

    // A client's true message: an event with an excerpt, and nothing of its statement.
    await assert.rejects(primary.query("select 1/0 as hunter2"))
    const event = await untilSaid(cluster, primary, "log.rule-matched", "division")
    assert.deepEqual(
      [event["excerpt"], event["process"], event["severity"]],
      ["division by zero", "client backend", "ERROR"],
    )
    assert.ok(!JSON.stringify(primary.events).includes("hunter2"))

    // A client that says what the checkpointer would say changes nothing.
    await replica.query(
      "do $$ begin raise warning 'restartpoint starting: immediate force wait'; end $$",
    )
    const forged = await untilSaid(cluster, replica, "log.rule-suppressed", "clone-it")
    assert.match(String(forged["why"]), /client backend, which can be made to say anything/)
    assert.equal(eventsOf(replica, "log.rule-acted", "clone-it").length, 0)

    // The checkpointer says it on both: the replica is cloned, the primary tells.
    const clones = replica.said("instance.cloned").length
    await checkpointBoth(cluster, primary, replica)
    const told = await untilSaid(cluster, primary, "log.rule-suppressed", "clone-it")
    assert.match(String(told["why"]), /never on a member that may be primary/)
    await untilSaid(cluster, replica, "log.rule-acted", "clone-it")
    await cluster.until(
      "the replica is cloned",
      () => replica.said("instance.cloned").length > clones,
    )
    await cluster.untilStreaming(primary)
    assert.equal(await startOf(primary), since)

    // A sidecar that starts anew keeps to the cooldown.
    await restartSidecar(cluster, replica)
    const acted = eventsOf(replica, "log.rule-acted", "clone-it").length
    await checkpointBoth(cluster, primary, replica)
    await cluster.until("the line is seen and passed over", () =>
      replica
        .said("recovery.silent")
        .some((one) => one["rule"] === "clone-it" && one["by"] === "cooldown"),
    )
    assert.equal(eventsOf(replica, "log.rule-acted", "clone-it").length, acted)
  },
)

await testOnce(
  "C13: restart and rewind mend a replica, a command runs by its name, and bad rules change nothing",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2 })
    await using _ = cluster
    const replica = replicaOf(cluster, primary)
    const before = await startOf(replica)
    await enforce(cluster, onCheckpoint("restart-it", "restart"), {
      ...division,
      name: "look-at-disks",
      action: "exec",
      command: "disk-usage",
      cooldownSeconds: 10,
    })
    await checkpointBoth(cluster, primary, replica)
    await untilSaid(cluster, replica, "log.rule-acted", "restart-it")
    await cluster.untilStreaming(primary)
    assert.notEqual(await startOf(replica), before)

    await assert.rejects(primary.query("select 1/0"))
    const done = await untilSaid(cluster, primary, "log.rule-acted", "look-at-disks")
    assert.equal(done["exitCode"], "0")
    assert.match(String(done["output"]), /pgdata/)

    // Rules that can not be used are told, and those before them stay.
    cluster.configure({ recovery: { rules: [{ ...division, pattern: "(" }] } })
    await cluster.until("the bad rules are told", () =>
      replica.said("log.rules-refused").some((one) => /pattern/.test(String(one["problems"]))),
    )

    // The minute between two repairs is forgotten with the rule that asked for the first.
    cluster.configure({ recovery: { rules: [onCheckpoint("rewind-it", "rewind")] } })
    await restartSidecar(cluster, replica)
    await cluster.untilStreaming(primary)
    await checkpointBoth(cluster, primary, replica)
    await untilSaid(cluster, replica, "log.rule-acted", "rewind-it")
    await cluster.until("the replica is rewound", () => replica.said("instance.rewound").length > 0)
    await cluster.untilStreaming(primary)
    assert.equal(replica.said("instance.rewound").length, 1, "once")
    const figures = await (
      await fetch(`http://${replica.address}:${port.sidecarHealth}/metrics`)
    ).text()
    assert.match(figures, /pgswarm_log_rule_matches_total\{[^}]*rule="rewind-it"\} \d+/)
    assert.match(figures, /pgswarm_log_rule_actions_total\{[^}]*action="rewind",outcome="done"\} 1/)
  },
)

await testByVersion(
  "the words that the built-in rules rest on are the server's own",
  async ({ dir }) => {
    const bin = await realpath(dir)
    const texts = await Promise.all(
      [join(bin, "postgres"), join(bin, "../lib/libpqwalreceiver.so")].map((file) =>
        readFile(file, "latin1"),
      ),
    )
    const missing = [...dataExamples, ...serviceExamples].flatMap(({ rule, catalog }) =>
      catalog
        .filter((words) => !texts.some((text) => text.includes(words)))
        .map((words) => `${rule}: ${words}`),
    )
    assert.deepEqual(missing, [])
  },
)
