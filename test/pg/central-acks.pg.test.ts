/** What sites answer to their configs is stored for many of them at once, each for its own clusters and never backwards. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { clusterId, configVersion, satelliteId } from "#core/ids.ts"
import type { Database } from "#io/postgres/sql.ts"
import { AckKeeper } from "../../src/central/satellites/acks.ts"
import { rolloutScenes, three } from "../fixtures/rollout-scene.ts"

const { scene } = rolloutScenes()

/** Three sites with a cluster each, at config version 10, without their central; every transaction is counted. */
async function keeper() {
  const { api, withoutCentral } = await scene(three)
  const { items } = await api.ok("listClusters")
  const database = await withoutCentral()
  await database.sql`update cluster set desired_version = 10, acked_version = 5, ack = 'applied'`
  const seen = { transactions: 0 }
  const counted: Database = {
    ...database,
    transaction: (work) => {
      seen.transactions += 1
      return database.transaction(work)
    },
  }
  const acks = new AckKeeper(counted)
  const sites = items.map(({ id, satelliteId: site }) => ({
    clusterId: clusterId(id),
    satellite: satelliteId(site),
  }))
  const [north, south, west] = sites
  assert.ok(north !== undefined && south !== undefined && west !== undefined)
  const stored = async (): Promise<readonly unknown[]> => {
    const rows = await database.sql`select id, acked_version, ack, ack_problem from cluster`
    return sites.map(({ clusterId: wanted }) => {
      const row = rows.find(({ id }) => id === wanted)
      return [row?.["acked_version"], row?.["ack"], row?.["ack_problem"]]
    })
  }
  return { acks, seen, stored, north, south, west }
}

const applied = { kind: "applied" } as const
const refused = { kind: "refused", problems: [{ field: "spec", problem: "no room" }] } as const

test("answers that come together share a transaction, and each cluster has the one to its newest config", async () => {
  const { acks, seen, stored, north, south, west } = await keeper()
  await Promise.all([
    acks.keep({ ...north, version: configVersion(6), outcome: applied }),
    acks.keep({ ...south, version: configVersion(8), outcome: refused }),
    acks.keep({ ...south, version: configVersion(7), outcome: applied }),
    acks.keep({ ...west, version: configVersion(9), outcome: refused }),
    acks.keep({ ...west, version: configVersion(9), outcome: applied }),
  ])
  assert.equal(seen.transactions, 2, "one for the first, one for those that came meanwhile")
  assert.deepEqual(await stored(), [
    [6, "applied", null],
    [8, "refused", "spec: no room"],
    [9, "applied", null],
  ])
})

test("an answer of another site, to an older config, or to one that never was, changes nothing", async () => {
  const { acks, stored, north, south, west } = await keeper()
  const before = await stored()
  await Promise.all([
    acks.keep({ ...north, version: configVersion(4), outcome: refused }),
    acks.keep({ ...south, version: configVersion(11), outcome: refused }),
    acks.keep({ ...west, satellite: north.satellite, version: configVersion(9), outcome: refused }),
  ])
  assert.deepEqual(await stored(), before)
})
