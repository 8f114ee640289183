/** Promotions that nobody saw must not be repeated under their number. Run as failover.pg.test.ts. */
import assert from "node:assert/strict"
import { annotation, objectNames } from "#core/names.ts"
import { present } from "#core/assert.ts"
import { Writer } from "./acknowledged.ts"
import { some, started } from "./failover-started.ts"
import { testByVersion } from "./versions.ts"

await testByVersion(
  "R13: a promotion opens no timeline that somebody else opened unseen, and everybody follows it",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 3, durability: "quorum" })
    await using _ = cluster
    await using writer = await Writer.start(cluster, primary)
    await cluster.until("the client writes", some(writer))
    assert.equal((await cluster.lease()).newestTimeline, 1)
    // As if members that are gone had been promoted to 2, 3, 4 and 5.
    const path = `/apis/coordination.k8s.io/v1/namespaces/${cluster.namespace}/leases/${objectNames(cluster.name).lease}`
    await cluster.api.call(
      {
        method: "PATCH",
        path,
        contentType: "application/merge-patch+json",
        body: { metadata: { annotations: { [annotation.newestTimeline]: "5" } } },
      },
      AbortSignal.timeout(10_000),
    )
    primary.killPostmaster()
    const next = await cluster.untilPrimary((member) => member !== primary)
    await cluster.until("the client writes again", some(writer))
    const [row] = await next.query(
      "select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline",
    )
    assert.equal(row?.["timeline"], "00000006")
    await cluster.untilStreaming(next)
    assert.equal((await cluster.lease()).newestTimeline, 6)
    await writer.finish()
    assert.deepEqual(await writer.missingOn(next), [])
    assert.deepEqual(writer.overlaps(), [])
  },
)

await testByVersion(
  "S2 R9: a standby that starts anew names the timeline of its WAL, also before it made a restart point on it",
  async (binaries) => {
    const { cluster, primary } = await started(binaries, { members: 3, durability: "quorum" })
    await using _ = cluster
    await using writer = await Writer.start(cluster, primary)
    await cluster.until("the client writes", some(writer))
    primary.killPostmaster()
    const next = await cluster.untilPrimary((member) => member !== primary)
    await cluster.untilStreaming(next)
    await cluster.until("the client writes again", some(writer))
    await writer.finish()
    const [row] = await next.query(
      "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int4 as timeline",
    )
    const standby = present(
      cluster.members.find((member) => member !== next && member !== primary),
      "there are three",
    )
    await Promise.all(cluster.members.map((member) => member.kill()))
    const before = standby.said("campaign.begun").length
    await standby.rebirth()
    standby.start()
    // Alone it wins nothing, but it says what it has.
    await cluster.until("it campaigns", () => standby.said("campaign.begun").length > before)
    assert.equal(standby.said("campaign.begun").at(-1)?.["timeline"], row?.["timeline"])
  },
)
