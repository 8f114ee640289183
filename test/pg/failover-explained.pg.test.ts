/** Every role change on real PostgreSQL is told as one record that says what was seen and where the time went. */
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import {
  parseRoleChange,
  type RoleChange,
  roleChangeEvent,
  type RoleChangeKind,
  roleChangePhases,
} from "#core/failover/role-change.ts"
import { port } from "#core/names.ts"
import type { FailoverCluster, Member } from "./failover-cluster.ts"
import { started } from "./failover-started.ts"
import { testByVersion } from "./versions.ts"

const longest = 60_000

/** The only record of this kind that the member told. */
async function told(
  cluster: FailoverCluster,
  member: Member,
  kind: RoleChangeKind,
): Promise<RoleChange> {
  const event = roleChangeEvent(kind)
  await cluster.until(`${member.pod} tells of a ${kind}`, () => member.said(event).length > 0)
  const [line, ...more] = member.said(event)
  assert.deepEqual(more, [], "it is told once")
  const details = Object.entries(line ?? {}).map(([key, value]) => [key, String(value)] as const)
  const parsed = parseRoleChange(kind, Object.fromEntries(details))
  assert.ok(parsed.kind === "ok", `the record of ${kind} can be read`)
  return parsed.value
}

/** The parts add up to the whole, and none of them is absurd. */
function addsUp({ spans, total }: RoleChange): void {
  const parts = roleChangePhases.flatMap((phase) => spans[phase] ?? [])
  const sum = parts.reduce((all, part) => all + part, 0)
  assert.ok(total !== undefined && total < longest, `the whole took ${total} ms`)
  assert.ok(Math.abs(total - sum) <= roleChangePhases.length, `${parts.join(" + ")} is ${total}`)
}

const unsentOn = async (member: Member): Promise<string> =>
  readFile(join(member.volume, "pg-swarm", "unsent"), "utf8").catch(() => "")

await testByVersion(
  "a first primary, a failover and a restart in place are each explained by one record",
  async (binaries) => {
    const { cluster: made, primary } = await started(binaries, { members: 2 })
    await using cluster = made
    const second = cluster.members.find((member) => member !== primary)
    assert.ok(second !== undefined)

    const first = await told(cluster, primary, "bootstrap")
    assert.deepEqual(
      [first.cause, first.from, first.to, first.term, first.timeline],
      ["new-cluster", undefined, primary.pod, 1, 1],
    )
    assert.equal(first.spans.detect, undefined)
    addsUp(first)

    primary.killPostmaster()
    await cluster.untilPrimary((member) => member === second)
    const failover = await told(cluster, second, "failover")
    assert.deepEqual(
      [failover.cause, failover.from, failover.to, failover.term, failover.timeline],
      ["server-crashed", primary.pod, second.pod, 2, 2],
    )
    assert.equal(failover.lossPossible, false)
    for (const phase of roleChangePhases) assert.notEqual(failover.spans[phase], undefined, phase)
    addsUp(failover)
    const evidence = failover.evidence.join("\n")
    assert.match(evidence, /let go of the Lease of term 1, .*: its server had crashed/)
    assert.match(evidence, /clients could not write for \d+ ms by then/)
    assert.match(evidence, new RegExp(`it named ${second.pod} as its successor`))

    // No satellite runs here: the record waits on the volume, and another sidecar finds it there.
    await cluster.until("the record is on the volume", async () =>
      (await unsentOn(second)).includes('"failover.completed"'),
    )
    await primary.kill()
    // What its sidecar has seen counts, not what the server could tell it.
    await cluster.until(`${second.pod} knows that it is alone`, async () => {
      const [row] = await second.query(
        "select current_setting('synchronous_standby_names') as names",
      )
      return row?.["names"] === ""
    })
    second.killPostmaster()
    const restart = await told(cluster, second, "restart")
    assert.deepEqual(
      [restart.cause, restart.from, restart.to, restart.term],
      ["server-crashed", second.pod, second.pod, 2],
    )
    assert.equal(restart.spans.elect, undefined)
    addsUp(restart)

    const response = await fetch(`http://${second.address}:${port.sidecarHealth}/metrics`)
    const metrics = await response.text()
    for (const kind of ["failover", "restart"])
      assert.match(
        metrics,
        new RegExp(
          `pgswarm_failover_role_changes_total\\{.*kind="${kind}",cause="server-crashed"\\} 1`,
        ),
      )
  },
)
