/**
 * Cables that are pulled: between the members, between a member and the Kubernetes API, in both directions or
 * in one.
 *
 *     node --test test/pg/chaos/partitions.pg.test.ts
 */
import assert from "node:assert/strict"
import { apiFault } from "./kube.ts"
import { lasting, linksOf, play } from "./scene.ts"

/** Longer than every deadline of the preset. */
const cutMs = 10_000

await play(
  "wherever the network is cut, at most one side writes",
  { members: 3, durability: "quorum" },
  [
    {
      name: "OW3 CN6: a primary that reaches neither the API nor its peers stops before another serves",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        {
          await using _ = await apiFault(cluster, [primary], { mode: "drop" })
          linksOf(cluster).isolate(primary)
          await cluster.untilPrimary((member) => member !== primary)
          await witnesses.writing()
          await cluster.until("the old primary is down", async () => {
            return (await primary.role()) !== "primary"
          })
          linksOf(cluster).mendAll()
        }
        say(`primary alone: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "OW4: a primary that reaches the API but no peer keeps the role; commits wait",
      async play({ cluster, primary, witnesses }) {
        const { term } = await cluster.lease()
        linksOf(cluster).isolate(primary)
        await lasting(cutMs)
        assert.equal(await cluster.primary(), primary)
        assert.equal((await cluster.lease()).term, term)
        linksOf(cluster).mendAll()
        await witnesses.writing()
      },
    },
    {
      name: "OW22: with the API and one member on the other side, primary and one member go on",
      async play({ cluster, primary, others, witnesses, say }) {
        const [near, far] = others
        assert(near !== undefined && far !== undefined)
        const { term } = await cluster.lease()
        const at = performance.now()
        {
          await using _ = await apiFault(cluster, [primary, near], { mode: "drop" })
          linksOf(cluster).isolate(far)
          await lasting(cutMs)
          assert.equal(await cluster.primary(), primary)
          assert.equal((await cluster.lease()).term, term)
          await witnesses.writing()
          linksOf(cluster).mendAll()
        }
        say(`API on the other side: no write for ${Math.round(witnesses.gap(at))} ms`)
        assert.equal(await cluster.primary(), primary)
      },
    },
    {
      name: "AF10 AF1: a standby that is cut off holds up no commit for long, and changes no role",
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        const { term } = await cluster.lease()
        const at = performance.now()
        linksOf(cluster).isolate(standby)
        await lasting(cutMs)
        await witnesses.writing()
        linksOf(cluster).mendAll()
        await witnesses.writing()
        assert.equal(await cluster.primary(), primary)
        assert.equal((await cluster.lease()).term, term)
        say(`standby cut off: no write for ${Math.round(witnesses.gap(at))} ms`)
        assert.ok(witnesses.gap(at) < cutMs - 1000)
      },
    },
    {
      name: "OW4: a primary that hears its peers and is not heard by them keeps the role while the API is there",
      async play({ cluster, primary, others, witnesses }) {
        const { term } = await cluster.lease()
        for (const other of others) linksOf(cluster).lose(primary, other)
        await lasting(cutMs)
        assert.equal(await cluster.primary(), primary)
        linksOf(cluster).mendAll()
        await witnesses.writing()
        for (const other of others) linksOf(cluster).lose(other, primary)
        await lasting(cutMs)
        assert.equal(await cluster.primary(), primary)
        linksOf(cluster).mendAll()
        await witnesses.writing()
        assert.equal((await cluster.lease()).term, term)
      },
    },
    {
      name: "OW3: a primary that is heard and hears nothing, and does not reach the API, stops before another serves",
      async play({ cluster, primary, others, witnesses }) {
        await using _ = await apiFault(cluster, [primary], { mode: "drop" })
        for (const other of others) linksOf(cluster).lose(other, primary)
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        linksOf(cluster).mendAll()
      },
    },
  ],
)
