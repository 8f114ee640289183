/**
 * Processes that end: backends, postmasters, sidecars, containers, and several of them one after the other.
 *
 *     node --test test/pg/chaos/crashes.pg.test.ts
 */
import assert from "node:assert/strict"
import type { Member } from "../failover-member.ts"
import { play } from "./scene.ts"

/** As the end of a container's first process does it: everything in the container ends with it. */
const endContainer = async (member: Member): Promise<void> => {
  member.signalSupervisor("SIGKILL")
  await member.signalServer("SIGKILL")
}

await play(
  "whatever process ends, one member serves and nothing is lost",
  { members: 3, durability: "quorum" },
  [
    {
      name: "MG1 PA11: a killed postmaster makes a caught-up standby primary",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        primary.killPostmaster()
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        say(`postmaster killed: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "AF14: a killed backend is PostgreSQL's own business: same primary, same term",
      async play({ cluster, primary, witnesses, say }) {
        const { term } = await cluster.lease()
        const [row] = await primary.query(
          "select pid from pg_stat_activity where usename = 'app' limit 1",
        )
        const at = performance.now()
        process.kill(Number(row?.["pid"]), "SIGKILL")
        await witnesses.writing()
        assert.equal(await cluster.primary(), primary)
        assert.equal((await cluster.lease()).term, term)
        say(`backend killed: no write for ${Math.round(witnesses.gap(at))} ms`)
        // Generous: how fast PostgreSQL recovers is the machine's business.
        assert.ok(witnesses.gap(at) < 20_000)
      },
    },
    {
      name: "MG13: a killed standby comes back as a standby, on the timeline of the primary",
      async play({ cluster, primary, others, witnesses }) {
        const [standby] = others
        assert(standby !== undefined)
        const { term } = await cluster.lease()
        standby.killPostmaster()
        await cluster.until("the killed standby is gone", async () => {
          return (await standby.role()) === "down"
        })
        await cluster.untilStreaming(primary)
        await witnesses.writing()
        assert.equal((await cluster.lease()).term, term)
        const [served] = await primary.query(
          "select timeline_id as id from pg_control_checkpoint()",
        )
        const followed = await standby.query("select received_tli as id from pg_stat_wal_receiver")
        assert.deepEqual(followed, [served])
      },
    },
    {
      name: "MG2 OW16: a sidecar that is killed and started again changes nothing",
      async play({ cluster, primary, witnesses, say }) {
        const { term } = await cluster.lease()
        const at = performance.now()
        const ready = primary.said("failover.ready").length
        primary.signalSidecar("SIGKILL")
        primary.startSidecar()
        await cluster.until("the sidecar is back", () => {
          return primary.said("failover.ready").length > ready
        })
        await witnesses.writing()
        say(`sidecar killed: no write for ${Math.round(witnesses.gap(at))} ms`)
        const now = await cluster.lease()
        // On a busy machine the start may take longer than the deadline lets a server run alone.
        if (witnesses.gap(at) < 1500) assert.equal(now.term, term)
      },
    },
    {
      name: "MG2 PA22: a sidecar that is gone for good loses the role, and its server is stopped first",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        primary.signalSidecar("SIGKILL")
        await cluster.untilPrimary((member) => member !== primary)
        assert.equal(await primary.role(), "down")
        await witnesses.writing()
        say(`sidecar gone: no write for ${Math.round(witnesses.gap(at))} ms`)
        primary.startSidecar()
      },
    },
    {
      name: "CN1 PA12: a postgres container that ends and starts again costs no commit",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        await endContainer(primary)
        primary.startSupervisor()
        await cluster.untilPrimary()
        await witnesses.writing()
        say(`container ended: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "AF5 MG12: the new primary is killed as soon as it serves, three times in a row",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        let last = primary
        for (const _ of [1, 2, 3, 4]) {
          last.killPostmaster()
          await cluster.until(`${last.pod} is down`, async () => (await last.role()) !== "primary")
          // Another one, or the same when nobody else was caught up yet.
          last = await cluster.untilPrimary()
        }
        await cluster.untilPrimary()
        await witnesses.writing()
        say(`killed four times in a row: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "CN3: a lost node is replaced, and is a standby when it is back",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        await primary.kill()
        await cluster.untilPrimary((member) => member !== primary)
        await witnesses.writing()
        say(`node lost: no write for ${Math.round(witnesses.gap(at))} ms`)
        await primary.rebirth()
        primary.start()
      },
    },
    {
      name: "OW17 AF3: the primary is lost while a standby is being cloned",
      async play({ cluster, primary, others, witnesses }) {
        const [standby] = others
        assert(standby !== undefined)
        await standby.kill()
        standby.loseVolume()
        await standby.rebirth()
        const said = standby.moods.length
        standby.start()
        await cluster.until("the empty standby clones", () =>
          standby.moods.slice(said).some((mood) => mood.startsWith("cloning")),
        )
        // Until then the lost volume may have held an acknowledged commit alone, and nobody may take over.
        await cluster.until("the lost volume is waited for no longer", async () => {
          const { syncSet } = await cluster.lease()
          const streams = standby.moods.at(-1)?.startsWith("streaming") === true
          return streams || !syncSet.includes(standby.pod)
        })
        await primary.kill()
        await cluster.untilPrimary((member) => member !== primary)
        await primary.rebirth()
        primary.start()
        await witnesses.writing()
      },
    },
    {
      name: "AF12: one of two standbys is promoted by hand: the fork is seen and mended, the primary serves on",
      // A person made a second writer here.
      loses: true,
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        const { term } = await cluster.lease()
        const at = performance.now()
        await standby.query("select pg_promote(false)")
        await cluster.until("the stray server is stopped", async () => {
          return (await standby.role()) === "down"
        })
        await cluster.untilStreaming(primary)
        await witnesses.writing()
        assert.equal((await cluster.lease()).term, term)
        say(`standby promoted by hand: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "MG15: a standby that is told to stop is no reason for anything",
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        const { term } = await cluster.lease()
        const at = performance.now()
        await standby.terminate()
        await witnesses.writing()
        assert.equal(await cluster.primary(), primary)
        assert.equal((await cluster.lease()).term, term)
        say(`standby stopped: no write for ${Math.round(witnesses.gap(at))} ms`)
        assert.ok(witnesses.gap(at) < 15_000)
        await standby.rebirth()
        standby.start()
      },
    },
  ],
)
