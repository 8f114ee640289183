/** Faults on real PostgreSQL under a writing client. Run as failover.pg.test.ts. */
import assert from "node:assert/strict"
import { Writer } from "./acknowledged.ts"
import { some, started } from "./failover-started.ts"
import { testByVersion, testOnce } from "./versions.ts"

await testByVersion("a lost node loses no acknowledged commit in quorum", async (binaries) => {
  const { cluster, primary } = await started(binaries, { members: 3, durability: "quorum" })
  await using _ = cluster
  await using writer = await Writer.start(cluster, primary)
  await cluster.until("the client writes", some(writer))
  const at = performance.now()
  await primary.kill()
  const next = await cluster.untilPrimary((member) => member !== primary)
  await cluster.until("the client writes again", some(writer))
  console.log(`node lost: no write for ${Math.round(writer.longestGap(at - 1000))} ms`)
  await primary.rebirth()
  primary.start()
  await cluster.untilStreaming(next)
  await writer.finish()
  for (const member of cluster.members)
    await cluster.until(`${member.pod} has every acknowledged commit`, async () => {
      return (await writer.missingOn(member).catch(() => [0])).length === 0
    })
  assert.deepEqual(writer.overlaps(), [])
})

await testOnce("without the Kubernetes API nothing happens to the cluster", async (binaries) => {
  const { cluster, primary } = await started(binaries, { members: 3 })
  await using _ = cluster
  await using writer = await Writer.start(cluster, primary)
  await cluster.until("the client writes", some(writer))
  const at = performance.now()
  cluster.freezeApi()
  // Several times longer than every timeout of the preset.
  await cluster.until("half a minute has passed", () => performance.now() - at > 30_000)
  assert.equal(await cluster.primary(), primary)
  cluster.thawApi()
  await cluster.until("the client writes on", some(writer))
  assert.ok(writer.longestGap(at) < 1500, `no write for ${writer.longestGap(at)} ms`)
  await cluster.until("the Lease is renewed again", async () => {
    const before = await cluster.lease()
    return before.holder?.pod === primary.pod && before.term === 1
  })
  assert.equal(await cluster.primary(), primary)
})

await testByVersion("a pod that is stopped hands its role over", async (binaries) => {
  const { cluster, primary } = await started(binaries, { members: 2 })
  await using _ = cluster
  await using writer = await Writer.start(cluster, primary)
  await cluster.until("the client writes", some(writer))
  const at = performance.now()
  await primary.terminate()
  const next = await cluster.untilPrimary((member) => member !== primary)
  await cluster.until("the client writes again", some(writer))
  console.log(`pod stopped: no write for ${Math.round(writer.longestGap(at - 1000))} ms`)
  await primary.rebirth()
  primary.start()
  await cluster.untilStreaming(next)
  await writer.finish()
  assert.deepEqual(await writer.missingOn(next), [])
  assert.deepEqual(primary.said("instance.rewound"), [])
  assert.deepEqual(primary.said("instance.cloned"), [])
})

await testOnce("a frozen sidecar's server is stopped before another serves", async (binaries) => {
  const { cluster, primary } = await started(binaries, { members: 2 })
  await using _ = cluster
  await using writer = await Writer.start(cluster, primary)
  await cluster.until("the client writes", some(writer))
  primary.signalSidecar("SIGSTOP")
  const next = await cluster.untilPrimary((member) => member !== primary)
  await cluster.until("the client writes again", some(writer))
  assert.equal(await primary.role(), "down")
  primary.signalSidecar("SIGCONT")
  await cluster.untilStreaming(next)
  await writer.finish()
  assert.deepEqual(writer.overlaps(), [])
  assert.deepEqual(await writer.missingOn(next), [])
})

await testOnce(
  "after a power cut of everything the cluster comes back with all it had",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 3 })
    await using _ = cluster
    const writer = await Writer.start(cluster, primary)
    await cluster.until("the client writes", some(writer))
    await writer.finish()
    await Promise.all(cluster.members.map((member) => member.kill()))
    for (const member of cluster.members.toReversed()) {
      await member.rebirth()
      member.start()
    }
    const next = await cluster.untilPrimary()
    await cluster.untilStreaming(next)
    for (const member of cluster.members) assert.deepEqual(await writer.missingOn(member), [])
  },
)

await testOnce("an empty volume is cloned and never initialised", async (binaries) => {
  const { cluster, primary } = await started(binaries, { members: 2 })
  await using _ = cluster
  await primary.query("create table kept as select 1 as id")
  const identifier = (await cluster.lease()).systemIdentifier
  assert.notEqual(identifier, undefined)
  await primary.kill()
  primary.loseVolume()
  await primary.rebirth()
  primary.start()
  const next = await cluster.untilPrimary((member) => member !== primary)
  await cluster.untilStreaming(next)
  assert.deepEqual(await primary.query("select id from kept"), [{ id: 1 }])
  assert.equal((await cluster.lease()).systemIdentifier, identifier)
})

await testOnce(
  "a sole member restarts in place, and serves without the Kubernetes API",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 1 })
    await using _ = cluster
    await using writer = await Writer.start(cluster, primary)
    await cluster.until("the client writes", some(writer))
    primary.killPostmaster()
    await cluster.until("the client writes again", some(writer))
    assert.equal((await cluster.lease()).term, 1)
    cluster.freezeApi()
    const at = performance.now()
    await cluster.until("ten seconds have passed", () => performance.now() - at > 10_000)
    await cluster.until("the client writes on", some(writer))
    assert.ok(writer.longestGap(at) < 1500, `no write for ${writer.longestGap(at)} ms`)
  },
)
