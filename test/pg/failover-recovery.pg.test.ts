/** Things that must change nothing, or mend themselves, on real PostgreSQL. Run as failover.pg.test.ts. */
import assert from "node:assert/strict"
import { annotation, objectNames } from "#core/names.ts"
import { term } from "#core/ids.ts"
import { lease } from "#core/manifests/lease.ts"
import { kinds } from "#io/kube/kinds.ts"
import { Writer } from "./acknowledged.ts"
import { some, started } from "./failover-started.ts"
import { testOnce } from "./versions.ts"

await testOnce("sidecars that restart go on where they were", async (binaries) => {
  // The calm preset leaves 10 s for it: a busy machine may need seconds to start two unbundled processes.
  const { cluster, primary } = await started(binaries, { members: 2, preset: "calm" })
  await using _ = cluster
  await using writer = await Writer.start(cluster, primary)
  await cluster.until("the client writes", some(writer))
  const at = performance.now()
  const before = await cluster.lease()
  for (const member of cluster.members) {
    const ready = member.said("failover.ready").length + 1
    const said = member.moods.length
    member.signalSidecar("SIGKILL")
    member.startSidecar()
    await cluster.until(`the sidecar of ${member.pod} is back`, () => {
      const moods = member.moods.slice(said)
      const well = moods.some((mood) => /serves in term|streams from/.test(mood))
      return member.said("failover.ready").length >= ready && well
    })
  }
  await cluster.until("the client writes on", some(writer, 60))
  const after = await cluster.lease()
  assert.deepEqual([after.term, after.holder], [before.term, before.holder])
  assert.equal(await cluster.primary(), primary)
  assert.ok(writer.longestGap(at) < 1500, `no write for ${writer.longestGap(at)} ms`)
})

await testOnce(
  "a server that hangs is stopped, and another member takes over",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2 })
    await using _ = cluster
    await using writer = await Writer.start(cluster, primary)
    await cluster.until("the client writes", some(writer))
    await primary.signalServer("SIGSTOP")
    const next = await cluster.untilPrimary((member) => member !== primary)
    await cluster.until("the client writes again", some(writer))
    await cluster.untilStreaming(next)
    await writer.finish()
    assert.deepEqual(await writer.missingOn(next), [])
    assert.deepEqual(writer.overlaps(), [])
  },
)

await testOnce("a Lease that is wiped or made anew does not move the primary", async (binaries) => {
  const { cluster, primary } = await started(binaries, { members: 2 })
  await using _ = cluster
  await using writer = await Writer.start(cluster, primary)
  await cluster.until("the client writes", some(writer))
  const { api, namespace, name, spec } = cluster
  const place = { name: objectNames(name).lease, namespace }
  const signal = AbortSignal.timeout(60_000)
  const held = async (): Promise<boolean> => (await cluster.lease()).holder?.pod === primary.pod
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${place.name}`
  await api.call(
    {
      method: "PATCH",
      path,
      contentType: "application/merge-patch+json",
      body: { spec: { holderIdentity: "" } },
    },
    signal,
  )
  await cluster.until("the Lease is held again", held)
  const { systemIdentifier, term: before } = await cluster.lease()
  await api.call({ method: "DELETE", path }, signal)
  await api.create(
    kinds.Lease,
    { ...lease(spec, { systemIdentifier, highestTerm: term(0) }) },
    "test",
    signal,
  )
  await cluster.until("the new Lease is held", held)
  await cluster.until("the client writes on", some(writer, 60))
  assert.ok((await cluster.lease()).term >= before)
  assert.equal(await cluster.primary(), primary)
})

await testOnce(
  "a replica with data of another cluster is quarantined, and nothing of it is touched",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 2 })
    await using _ = cluster
    const replica = cluster.members.find((member) => member !== primary)
    assert.ok(replica !== undefined)
    const clones = replica.said("instance.cloned").length
    await replica.kill()
    const path = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases/${objectNames(cluster.name).lease}`
    await primary.kill()
    await cluster.api.call(
      {
        method: "PATCH",
        path,
        contentType: "application/merge-patch+json",
        body: {
          metadata: { annotations: { [annotation.systemIdentifier]: "1234567890123456789" } },
        },
      },
      AbortSignal.timeout(60_000),
    )
    await replica.rebirth()
    replica.start()
    await cluster.until("the replica says why it stands still", () =>
      replica.moods.some((mood) => /^quarantined: .*another cluster/.test(mood)),
    )
    assert.equal(await replica.role(), "down")
    assert.equal(replica.said("instance.cloned").length, clones)
  },
)
