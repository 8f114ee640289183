/**
 * The power of a whole site goes: every process ends at once, and the machines come back in any order.
 *
 *     node --test test/pg/chaos/power.pg.test.ts
 */
import assert from "node:assert/strict"
import type { Member } from "../failover-member.ts"
import { long } from "../../long.ts"
import { type Act, lasting, linksOf, play } from "./scene.ts"

/** Between the starts of the machines: at first more than a failover takes. */
const apartMs = [5000, 1500, 500] as const

/** Places in the order of who was primary, who had everything, who was behind. */
const orders: readonly (readonly [number, number, number])[] = [
  [2, 1, 0],
  [0, 1, 2],
  [2, 0, 1],
  [1, 2, 0],
  [0, 2, 1],
  [1, 0, 2],
]
const roles = ["primary", "standby", "laggard"]

const act = (order: readonly number[], withApi: boolean): Act => ({
  name: `OW15: all at once, then ${order.map((place) => roles[place]).join(", ")}${withApi ? "" : ", at first without the API"}`,
  async play({ cluster, primary, others, witnesses, say }) {
    const [standby, laggard] = others
    assert(standby !== undefined && laggard !== undefined)
    linksOf(cluster).isolate(laggard)
    await cluster.until("the laggard is not waited for", async () => {
      return !(await cluster.lease()).syncSet.includes(laggard.pod)
    })
    await witnesses.writing()
    const { acks } = witnesses
    await Promise.all(cluster.members.map((member) => member.kill()))
    linksOf(cluster).forgetHeld()
    linksOf(cluster).mendAll()
    for (const member of cluster.members) await member.rebirth()
    if (!withApi) cluster.freezeApi()
    const began = performance.now()
    const places: readonly Member[] = [primary, standby, laggard]
    for (const [at, place] of order.entries()) {
      places[place]?.start()
      await lasting(apartMs[at] ?? 0)
    }
    if (!withApi) {
      assert.equal(await cluster.primary(), undefined, "nobody serves who can not read the Lease")
      cluster.thawApi()
    }
    const next = await cluster.untilPrimary()
    // Whoever was behind may have caught up from the old primary, which came back as a standby: then it is as good.
    const missing = await witnesses.missingOn(next)
    assert.deepEqual(missing, [], "the most advanced member wins: it has all that was acknowledged")
    await witnesses.writing()
    const back = acks.find(({ at }) => at > began)?.at ?? Infinity
    say(
      `${roles[places.indexOf(next)]} serves ${Math.round(back - began)} ms after the first start`,
    )
  },
})

// The orders matter to decisions, not to PostgreSQL: every one of them on the newest version, one on the others.
await play(
  "after a power cut the most advanced member leads, whoever starts first",
  { members: 3, durability: "quorum" },
  orders.map((order) => act(order, true)),
)
await play("a power cut", { members: 3, durability: "preferred" }, [
  act([2, 0, 1], false),
  ...(long ? orders.map((order) => act(order, false)) : []),
])
