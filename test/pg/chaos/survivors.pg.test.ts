/**
 * More members lost than a cluster can lose: what a machine must not decide alone, and what it may.
 *
 *     node --test test/pg/chaos/survivors.pg.test.ts
 */
import assert from "node:assert/strict"
import { long } from "../../long.ts"
import { lasting, linksOf, play } from "./scene.ts"

/** Longer than a failover takes; with the flag longer than every wait of a campaign. */
const silentMs = long ? 60_000 : 9_000

await play(
  "who survives alone does not take what it can not know",
  { members: 3, durability: "quorum" },
  [
    {
      name: "AF4 PA5: of two lost at once the survivor does not promote itself, says why, and does when one is back",
      async play({ cluster, primary, others, witnesses }) {
        const [lost, survivor] = others
        assert(lost !== undefined && survivor !== undefined)
        const { term } = await cluster.lease()
        const said = survivor.moods.length
        await Promise.all([primary.kill(), lost.kill()])
        await lasting(silentMs)
        assert.equal(await survivor.role(), "standby")
        const moods = survivor.moods.slice(said)
        assert.ok(
          moods.some((mood) => /lost the campaign|refuses to become primary/.test(mood)),
          `it says why: ${moods.join(" | ")}`,
        )
        assert.ok((await cluster.lease()).term <= term, "no term was opened")
        await lost.rebirth()
        lost.start()
        await cluster.untilPrimary()
        await witnesses.writing()
        await primary.rebirth()
        primary.start()
      },
    },
    {
      name: "AF6 MG9: primary and the most advanced standby are lost; the laggard waits for one of them, and follows",
      async play({ cluster, primary, others, witnesses }) {
        const [ahead, laggard] = others
        assert(ahead !== undefined && laggard !== undefined)
        linksOf(cluster).isolate(laggard)
        await cluster.until("the laggard is not waited for", async () => {
          return !(await cluster.lease()).syncSet.includes(laggard.pod)
        })
        await witnesses.writing()
        await Promise.all([primary.kill(), ahead.kill()])
        linksOf(cluster).forgetHeld()
        linksOf(cluster).mendAll()
        await lasting(silentMs)
        assert.equal(await laggard.role(), "standby")
        await ahead.rebirth()
        ahead.start()
        assert.equal(await cluster.untilPrimary(), ahead)
        await witnesses.writing()
        await primary.rebirth()
        primary.start()
      },
    },
    {
      name: "PA8 CN23: with no standby left commits wait in quorum, and go on with the first that returns",
      async play({ cluster, primary, others, witnesses }) {
        const { term } = await cluster.lease()
        await Promise.all(others.map((standby) => standby.kill()))
        // What was on its way when the last standby went may still have been acknowledged.
        await lasting(500)
        const acknowledged = witnesses.acks.length
        await lasting(silentMs / 2)
        assert.equal(witnesses.acks.length, acknowledged, "nothing is acknowledged by one alone")
        assert.equal(await cluster.primary(), primary)
        const [first, second] = others
        assert(first !== undefined && second !== undefined)
        await first.rebirth()
        first.start()
        await witnesses.writing()
        await second.rebirth()
        second.start()
        assert.equal((await cluster.lease()).term, term)
      },
    },
  ],
)

await play(
  "in preferred durability the cluster prefers to serve, and says what that may cost",
  { members: 2, durability: "preferred" },
  [
    {
      name: "CN23 PA1: without its standby the primary serves on, and waits for it again when it is back",
      async play({ cluster, primary, others, witnesses }) {
        const [standby] = others
        assert(standby !== undefined)
        const at = performance.now()
        await standby.kill()
        await witnesses.writing()
        assert.ok(witnesses.gap(at) < 15_000, `no write for ${witnesses.gap(at)} ms`)
        await cluster.until("the standby is not waited for", async () => {
          return (await cluster.lease()).syncSet.length === 0
        })
        assert.equal(await cluster.primary(), primary)
        await standby.rebirth()
        standby.start()
      },
    },
    {
      name: "AF13: the primary is lost after its only standby was: the standby leads, and the loss is told",
      loses: true,
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        linksOf(cluster).cut(primary, standby)
        await cluster.until("the standby is not waited for", async () => {
          return (await cluster.lease()).syncSet.length === 0
        })
        await witnesses.writing()
        await primary.kill()
        linksOf(cluster).forgetHeld()
        linksOf(cluster).mendAll()
        await cluster.untilPrimary((member) => member === standby)
        await witnesses.writing()
        const missing = await witnesses.missingOn(standby)
        say(`${missing.length} acknowledged commits were only on the lost primary`)
        assert.notEqual(missing.length, 0)
        await cluster.until("the loss is told", () =>
          standby
            .said("failover.completed")
            .some((event) => JSON.stringify(event).includes('"lossPossible":"true"')),
        )
        await primary.rebirth()
        primary.start()
      },
    },
  ],
)
