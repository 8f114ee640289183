/**
 * Disks that fill up. The members' volumes are small file systems in memory, which takes root.
 *
 *     node --test test/pg/chaos/disks.pg.test.ts
 */
import assert from "node:assert/strict"
import { mebibytes } from "#core/units.ts"
import type { Member } from "../failover-member.ts"
import { long } from "../../long.ts"
import { lasting, play } from "./scene.ts"
import { fillVolume, freeVolume, noSmallVolumes } from "./small-volume.ts"

/** How long nothing can be written anywhere: long enough for roles to change many times if they did. */
const fullMs = long ? 120_000 : 15_000
/** More than a volume holds. */
const segmentsMax = 40

/** New WAL files are needed at once, so that a full volume is met while the act lasts. */
async function useWal(member: Member, segments = segmentsMax): Promise<void> {
  for (let count = 0; count < segments; count += 1) {
    try {
      await member.query("select pg_logical_emit_message(false, 'chaos', 'x'), pg_switch_wal()")
    } catch {
      return
    }
  }
}

await play(
  "a full disk costs what is on it and nothing else",
  {
    members: 3,
    durability: "quorum",
    volume: mebibytes(400),
    skip: noSmallVolumes,
  },
  [
    {
      name: "OW13: a standby whose disk is full holds nobody up, and is back when there is space",
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        const { term } = await cluster.lease()
        const at = performance.now()
        fillVolume(standby.volume)
        // Not more than the primary has room for: it keeps for the standby what that did not get.
        await useWal(primary, 6)
        await lasting(3000)
        await witnesses.writing()
        assert.equal(await cluster.primary(), primary)
        freeVolume(standby.volume)
        await cluster.untilStreaming(primary)
        assert.equal((await cluster.lease()).term, term)
        say(`a standby's disk full: no write for ${Math.round(witnesses.gap(at))} ms`)
      },
    },
    {
      name: "OW13 CN17: a primary whose disk is full gives way to a standby that has space, and follows when it has some",
      async play({ cluster, primary, witnesses, say }) {
        const at = performance.now()
        fillVolume(primary.volume)
        // After a crash it may start again and find old WAL to write over: it is in trouble for as long as it
        // is written to.
        await cluster.until("another leads, which has room", async () => {
          if ((await cluster.lease()).holder?.pod === primary.pod) await useWal(primary)
          const leads = await cluster.primary()
          return leads !== undefined && leads !== primary
        })
        await witnesses.writing()
        say(`the primary's disk full: no write for ${Math.round(witnesses.gap(at))} ms`)
        freeVolume(primary.volume)
      },
    },
    {
      name: "OW13 CN17: with every disk full roles do not go round in circles, and the cluster is back with the space",
      async play({ cluster, primary, witnesses, say }) {
        const { term } = await cluster.lease()
        for (const member of cluster.members) fillVolume(member.volume)
        await useWal(primary)
        await lasting(fullMs)
        const changes = (await cluster.lease()).term - term
        say(`every disk full: ${changes} role changes in ${fullMs / 1000} s`)
        assert.ok(changes <= 4, `${changes} role changes`)
        for (const member of cluster.members) freeVolume(member.volume)
        await cluster.untilPrimary()
        await witnesses.writing()
      },
    },
  ],
)
