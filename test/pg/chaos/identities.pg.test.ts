/**
 * Members that are not what they seem: two of one name, old copies of volumes, wrong clocks.
 *
 *     node --test test/pg/chaos/identities.pg.test.ts
 */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { ordinalOf } from "#core/ids.ts"
import { present } from "#core/assert.ts"
import type { Member } from "../failover-member.ts"
import { apiFault } from "./kube.ts"
import { lasting, linksOf, play } from "./scene.ts"

const copyOf = (member: Member): string => join(member.folder, "copy-of-pgdata")

/** A cold copy of the data, as a snapshot of the volume would be. */
const keepCopy = (member: Member): void => {
  execFileSync("cp", ["-a", member.pgdata, copyOf(member)])
}

const restoreCopy = (member: Member): void => {
  rmSync(member.pgdata, { recursive: true })
  execFileSync("cp", ["-a", copyOf(member), member.pgdata])
}

await play("nobody leads by what it once was", { members: 3, durability: "quorum" }, [
  {
    name: "OW6: wall clocks that are wrong by hours, in both directions, change nothing",
    async play({ cluster, primary, others, witnesses, say }) {
      const before = await cluster.lease()
      const at = performance.now()
      primary.signalSidecar("SIGUSR2")
      others[0]?.signalSidecar("SIGHUP")
      await lasting(8000)
      await witnesses.writing()
      const now = await cluster.lease()
      assert.deepEqual([now.term, now.holder], [before.term, before.holder])
      assert.ok(witnesses.gap(at) < 7000, `no write for ${witnesses.gap(at)} ms`)
      primary.killPostmaster()
      // Mostly another one; on a busy machine it may be the same, in a later term.
      await cluster.untilPrimary()
      await witnesses.writing()
      say(`failover with wrong clocks: no write for ${Math.round(witnesses.gap(at))} ms`)
    },
  },
  {
    name: "CN22 PA27: a member that is taken away takes its slot along, a user's slot stays, and one that is added streams from a slot of its own",
    async play({ cluster, primary, others, witnesses }) {
      const ordinal = (member: Member): number => ordinalOf(member.pod) ?? 0
      const last = present(cluster.members.at(-1), "there are members")
      if (primary === last) {
        primary.killPostmaster()
        await cluster.untilPrimary((member) => member !== last)
        await cluster.untilStreaming(present(await cluster.primary(), "somebody leads"))
      }
      const leader = present(await cluster.primary(), "somebody leads")
      const slots = async (): Promise<readonly unknown[]> =>
        (await leader.query("select slot_name from pg_replication_slots order by slot_name")).map(
          (row) => row["slot_name"],
        )
      const slotsOf = (members: readonly Member[]): readonly string[] =>
        members
          .filter((member) => member !== leader)
          .map((member) => `pgswarm_c_${ordinal(member)}`)
          .toSorted()
      const all = [...others, primary]
      await leader.query("select pg_create_physical_replication_slot('of_a_user')")
      await last.kill()
      cluster.configure({ members: 2 })
      const left = all.filter((member) => member !== last)
      await cluster.until("the slot of the member that is gone is gone too", async () => {
        const there = await slots()
        return JSON.stringify(there) === JSON.stringify(["of_a_user", ...slotsOf(left)])
      })
      await cluster.until("the Lease counts two members", async () => {
        return (await cluster.lease()).members.length === 2
      })
      await witnesses.writing()
      cluster.configure({})
      await last.rebirth()
      last.start()
      await cluster.untilStreaming(leader)
      assert.deepEqual(await slots(), ["of_a_user", ...slotsOf(all)])
      const [row] = await leader.query(
        `select active from pg_replication_slots where slot_name = 'pgswarm_c_${ordinal(last)}'`,
      )
      assert.equal(row?.["active"], true)
      await leader.query("select pg_drop_replication_slot('of_a_user')")
    },
  },
  {
    name: "AF11 MG10: in quorum a standby that somebody promoted by hand acknowledges no commit",
    async play({ cluster, primary, others, witnesses, say }) {
      const [standby] = others
      assert(standby !== undefined)
      const { term } = await cluster.lease()
      const began = performance.now()
      await standby.query("select pg_promote(false)")
      const stray = standby
        .query("create table stray as select generate_series(1, 1000) as id")
        .then(
          () => "acknowledged",
          () => "never acknowledged",
        )
      await cluster.until("the stray server is stopped", async () => {
        return (await standby.role()) !== "primary"
      })
      assert.equal(await stray, "never acknowledged")
      await cluster.untilStreaming(primary)
      await witnesses.writing()
      assert.equal((await cluster.lease()).term, term)
      const acks = witnesses.acks.filter(({ by, at }) => by === standby.pod && at > began)
      say(`promoted by hand in quorum: ${acks.length} commits acknowledged`)
      assert.deepEqual(acks, [])
    },
  },
  {
    name: "OW9: a primary whose volume is an old copy when it is back does not lead, and loses nobody's commit",
    async play({ cluster, primary, others, witnesses }) {
      const [standby, third] = others
      assert(standby !== undefined && third !== undefined)
      // The copy is of a time when it followed; then it leads, and then it has the copy.
      await standby.kill()
      keepCopy(standby)
      await standby.rebirth()
      standby.start()
      await cluster.untilStreaming(primary)
      await witnesses.writing()
      // It is the only one that is caught up when the primary crashes.
      linksOf(cluster).isolate(third)
      await cluster.until("the third is not waited for", async () => {
        return !(await cluster.lease()).syncSet.includes(third.pod)
      })
      primary.killPostmaster()
      await cluster.untilPrimary((member) => member === standby)
      linksOf(cluster).mendAll()
      await cluster.untilStreaming(standby)
      await witnesses.writing()
      await standby.kill()
      restoreCopy(standby)
      standby.start()
      await cluster.untilPrimary((member) => member !== standby)
      await witnesses.writing()
    },
  },
  {
    name: "OW8 PA7: of two pods of one name the old one is refused and stops, and the new one follows",
    async play({ cluster, primary, witnesses, say }) {
      const ordinal = present(ordinalOf(primary.pod), "a member has an ordinal")
      const at = performance.now()
      // At first the old one still reaches the API: clients are not sent to the new one for that.
      const twin = await cluster.twin(ordinal)
      witnesses.watch(twin)
      twin.start()
      await cluster.until("the new pod is labelled", async () => {
        const roles = await cluster.roles()
        assert.notEqual(roles.get(twin.pod), "primary")
        return roles.get(twin.pod) === "replica"
      })
      await lasting(3000)
      assert.notEqual((await cluster.roles()).get(twin.pod), "primary")
      const fault = await apiFault(cluster, [primary], { mode: "drop" })
      await cluster.untilPrimary((member) => member.pod !== primary.pod)
      await witnesses.writing()
      await fault[Symbol.asyncDispose]()
      await lasting(5000)
      assert.notEqual(await primary.role(), "primary")
      await primary.kill()
      await cluster.untilStreaming(await cluster.untilPrimary())
      say(`a pod of the same name: no write for ${Math.round(witnesses.gap(at))} ms`)
    },
  },
])
