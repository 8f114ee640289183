/**
 * Members whose data went another way than the cluster's: they are mended, or stop and say why (L2).
 *
 *     node --test test/pg/chaos/heals.pg.test.ts
 */
import assert from "node:assert/strict"
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { lasting, linksOf, play } from "./scene.ts"

const rows = "select count(*)::int4 as n from stray"

await play(
  "whatever became of a member's data, it streams again",
  { members: 2, durability: "async" },
  [
    {
      name: "ST4 PA6: an old primary that comes back with more WAL is rewound, and what is lost is told",
      loses: true,
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        linksOf(cluster).cut(primary, standby)
        await witnesses.writing()
        await primary.kill()
        linksOf(cluster).forgetHeld()
        linksOf(cluster).mendAll()
        await cluster.untilPrimary((member) => member === standby)
        await witnesses.writing()
        const missing = await witnesses.missingOn(standby)
        assert.notEqual(missing.length, 0)
        say(`async: ${missing.length} acknowledged commits lost`)
        assert.ok(
          standby
            .said("failover.completed")
            .some((event) => JSON.stringify(event).includes('"lossPossible":"true"')),
          "the failover says that commits may be lost",
        )
        const rewound = primary.said("instance.rewound").length
        await primary.rebirth()
        primary.start()
        await cluster.untilStreaming(standby)
        assert.equal(primary.said("instance.rewound").length, rewound + 1)
        await cluster.until("the lost WAL is told", () => primary.said("wal.lost").length > 0)
        const commits = Number(primary.said("wal.lost").at(-1)?.["commits"])
        assert.ok(commits >= missing.length, `${commits} commits are told of ${missing.length}`)
        const [left] = await primary.query(
          "select count(*)::int4 as n from written where id = any($1)",
          [missing.map(({ id }) => id)],
        )
        assert.deepEqual(left, { n: 0 })
      },
    },
    {
      name: "AF11 OW10 MG10 ST6: a standby that somebody promoted by hand is stopped, rewound and follows again",
      // A person made a second writer here. It must not last.
      loses: true,
      async play({ cluster, primary, others, witnesses, say }) {
        const [standby] = others
        assert(standby !== undefined)
        const { term } = await cluster.lease()
        const began = performance.now()
        await standby.query("select pg_promote(false)")
        await standby
          .query("create table stray as select generate_series(1, 1000) as id")
          .catch(() => "the sidecar was quicker")
        await cluster.until("the stray server is stopped", async () => {
          return (await standby.role()) !== "primary"
        })
        await cluster.untilStreaming(primary)
        await witnesses.writing()
        assert.equal((await cluster.lease()).term, term)
        await assert.rejects(primary.query(rows))
        await assert.rejects(standby.query(rows))
        const stray = witnesses.acks.filter(({ by, at }) => by === standby.pod && at > began)
        const ms = Math.round((stray.at(-1)?.at ?? began) - began)
        say(`promoted by hand: ${stray.length} commits acknowledged in ${ms} ms`)
        assert.ok(ms < 3000)
      },
    },
    {
      name: "MG4: a standby whose connection settings were cleared by hand has them again",
      async play({ cluster, primary, others }) {
        const [standby] = others
        assert(standby !== undefined)
        await standby.query("alter system set primary_conninfo = ''")
        await standby.query("alter system set primary_slot_name = ''")
        await standby.query("select pg_reload_conf()")
        await cluster.untilStreaming(primary)
        await cluster.until("the standby's receiver runs", async () => {
          const receivers = await standby.query("select from pg_stat_wal_receiver")
          const [conninfo] = await standby.query("show primary_conninfo")
          return receivers.length === 1 && conninfo?.["primary_conninfo"] !== ""
        })
      },
    },
    {
      name: "MG5 MG3: a rewind that was interrupted is never started from; the member is cloned",
      async play({ cluster, primary, others }) {
        const [standby] = others
        assert(standby !== undefined)
        const cloned = standby.said("instance.cloned").length
        await standby.kill()
        const marker = join(standby.folder, "data/pg-swarm/rewinding")
        writeFileSync(marker, "")
        standby.cluster.own(marker)
        await standby.rebirth()
        standby.start()
        await cluster.untilStreaming(primary)
        assert.equal(standby.said("instance.cloned").length, cloned + 1)
      },
    },
    {
      name: "MG7: a standby with a broken control file is cloned",
      async play({ cluster, primary, others }) {
        const [standby] = others
        assert(standby !== undefined)
        await standby.kill()
        writeFileSync(join(standby.pgdata, "global/pg_control"), "nothing that PostgreSQL can read")
        await standby.rebirth()
        standby.start()
        await cluster.untilStreaming(primary)
      },
    },
    {
      name: "MG3 OW17: when a rewind can not succeed, the old primary is cloned",
      loses: true,
      async play({ cluster, primary, others, witnesses }) {
        const [standby] = others
        assert(standby !== undefined)
        await primary.kill()
        await cluster.untilPrimary((member) => member === standby)
        await witnesses.writing()
        // Without its WAL neither crash recovery nor the search for the point of divergence is possible.
        const wal = join(primary.pgdata, "pg_wal")
        for (const name of readdirSync(wal)) rmSync(join(wal, name), { recursive: true })
        mkdirSync(join(wal, "archive_status"))
        primary.cluster.own(join(wal, "archive_status"))
        const cloned = primary.said("instance.cloned").length
        await primary.rebirth()
        primary.start()
        await cluster.untilStreaming(standby)
        assert.equal(primary.said("instance.cloned").length, cloned + 1)
      },
    },
    {
      name: "CN16: a standby whose volume is lost is cloned",
      async play({ cluster, primary, others }) {
        const [standby] = others
        assert(standby !== undefined)
        await standby.kill()
        standby.loseVolume()
        await standby.rebirth()
        standby.start()
        await cluster.untilStreaming(primary)
      },
    },
    {
      name: "CN14: a primary whose data directory is deleted under it loses the role, and is cloned",
      loses: true,
      async play({ cluster, primary, others, witnesses }) {
        const [standby] = others
        assert(standby !== undefined)
        rmSync(primary.pgdata, { recursive: true, force: true })
        await lasting(100)
        await cluster.untilPrimary((member) => member === standby)
        await witnesses.writing()
        await cluster.untilStreaming(standby)
      },
    },
  ],
)

await play(
  "a standby that was away for too long",
  {
    members: 2,
    durability: "preferred",
    parameters: { max_slot_wal_keep_size: "32MB", wal_keep_size: "0" },
  },
  [
    {
      name: "AF1 CN25: a standby for whom the WAL was not kept any longer is cloned, and fills no disk until then",
      async play({ cluster, primary, others, witnesses }) {
        const [standby] = others
        assert(standby !== undefined)
        const cloned = standby.said("instance.cloned").length
        await standby.kill()
        for (let count = 0; count < 8; count += 1) {
          await primary.query(
            "select pg_logical_emit_message(false, 'chaos', 'x'), pg_switch_wal()",
          )
          await primary.query("checkpoint")
        }
        await witnesses.writing()
        await standby.rebirth()
        standby.start()
        await cluster.untilStreaming(primary)
        assert.equal(standby.said("instance.cloned").length, cloned + 1)
      },
    },
  ],
)
