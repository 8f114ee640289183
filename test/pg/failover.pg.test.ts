/**
 * The sidecar on real PostgreSQL.
 *
 *     node --test test/pg/failover.pg.test.ts
 *
 * `PG_SWARM_TEST_VERBOSE=1` prints every line of the sidecars' logs, `PG_SWARM_TEST_KEEP=1` keeps the folders.
 */
import assert from "node:assert/strict"
import { FailoverCluster } from "./failover-cluster.ts"
import { testByVersion } from "./versions.ts"

await testByVersion(
  "a new cluster comes up, fails over when the postmaster is killed, and takes the old primary back",
  async (binaries) => {
    await using cluster = await FailoverCluster.create(binaries, { members: 2 })
    const [first, second] = [cluster.member(0), cluster.member(1)]
    first.start()
    second.start()
    const primary = await cluster.untilPrimary()
    assert.equal(primary.pod, first.pod)
    await cluster.untilStreaming(first)
    await first.query("create table note (id int primary key)")
    await first.query("insert into note values (1)")
    await cluster.until("the synchronous set is recorded", async () => {
      const { syncSet } = await cluster.lease()
      return syncSet.includes(second.pod)
    })
    first.killPostmaster()
    const began = performance.now()
    const next = await cluster.untilPrimary((member) => member !== first)
    const gap = performance.now() - began
    await next.query("insert into note values (2)")
    console.log(`postmaster killed: ${second.pod} was primary after ${Math.round(gap)} ms`)
    assert.equal(next.pod, second.pod)
    await cluster.untilStreaming(second)
    await cluster.until("the old primary has what was written since", async () => {
      const rows = await first.query("select id from note order by id").catch(() => [])
      return rows.length === 2
    })
    await cluster.until("only the new primary is labelled so", async () => {
      const labelled = await cluster.labelled()
      return labelled.length === 1 && labelled[0] === second.pod
    })
    const { term, holder } = await cluster.lease()
    assert.equal(term, 2)
    assert.equal(holder?.pod, second.pod)
  },
)
