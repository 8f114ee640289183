/** Steps of a rollout that are broken off, by an outage or with their central: done once, or not at all. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Outage } from "#io/outage.ts"
import { type Database, openDatabase, type Sql } from "#io/postgres/sql.ts"
import { advanceRollout } from "../../src/central/rollouts/advance.ts"
import { quick } from "../fixtures/central.ts"
import { entriesAre, rolloutScenes, stateIs, three } from "../fixtures/rollout-scene.ts"

const { scene, centralOn, start, stop } = rolloutScenes()

/** A database that breaks at the n-th statement of a transaction. */
const breakingAt = (database: Database, n: number): Database => ({
  ...database,
  transaction: (work) =>
    database.transaction((sql) => {
      let left = n
      const counting: Sql = (strings, ...values) => {
        left -= 1
        return left < 0
          ? Promise.reject(new Outage("DATABASE_UNAVAILABLE", "broken off here"))
          : sql(strings, ...values)
      }
      return work(counting)
    }),
})

test("broken off at any statement, a step leaves all as it was, and the next one does it", async () => {
  const { api, profileId, running, url } = await scene({ north: {}, south: {} })
  const rollout = await api.ok("createRollout", { body: { profileId, bakeSeconds: 0 } })
  await stateIs(api, rollout, "finished")
  await stop(running)
  await using database = openDatabase({ url, applicationName: "test" })
  const { sql } = database
  // The same rollout once more, with nobody there who would do it.
  await sql`update cluster set spec_version = 1, in_force_version = null`
  await sql`update rollout_cluster set state = 'waiting', moved_version = null, moved_from = null`
  await sql`update rollout set state = 'running', stage = -1, ended_at = null`
  await sql`delete from operation`
  const all = async (): Promise<string> =>
    JSON.stringify([
      await sql`select spec_version, spec_since, desired_version from cluster order by id`,
      await sql`select * from rollout_cluster order by cluster_id`,
      await sql`select state, reason, stage from rollout`,
      await sql`select cluster_id, state from operation order by cluster_id`,
      await sql`select count(*) from event`,
    ])
  const before = await all()
  let broken = 0
  for (;;) {
    const done = await advanceRollout(breakingAt(database, broken), rollout.id).catch(
      (error: unknown) => {
        assert.ok(error instanceof Outage, String(error))
        return false
      },
    )
    if (done) break
    assert.equal(await all(), before, `nothing is half done after ${broken} statements`)
    broken += 1
  }
  assert.ok(broken > 10, `it was broken off ${broken} times`)
  const moved = await sql`select 1 from cluster where spec_version = 2`
  const operations = await sql`select 1 from operation where state = 'pending'`
  assert.deepEqual([moved.length, operations.length], [2, 2])
})

test("a central that stops in the middle is followed by another, and two do nothing twice", async () => {
  const { api, profileId, running, site, url, joined } = await scene(three)
  for (const name of Object.keys(three)) site(name).conduct = "never"
  const rollout = await api.ok("createRollout", {
    body: { profileId, maxParallel: 1, bakeSeconds: 0 },
  })
  await entriesAre(api, rollout, { north: "applying", south: "waiting", west: "waiting" })
  await stop(running)
  for (const one of joined.values()) await one.disconnect()
  const next = await start(url, { timing: quick })
  const { running: other, api: again } = await centralOn(url, { timing: quick })
  for (const [at, one] of [...joined.values()].entries()) {
    one.conduct = "at-once"
    one.site.turnTo(at === 0 ? other : next)
    await one.connect()
    one.reportAll()
  }
  await stateIs(again, rollout, "finished")
  for (const one of joined.values()) {
    const taken = new Set(one.came.map(({ spec }) => spec.version))
    assert.deepEqual([...taken], [1, 2], `${one.name} was given each version once`)
  }
  const { items } = await again.ok("listOperations", { query: { kind: "change" } })
  assert.deepEqual(
    items.map(({ state }) => state),
    ["succeeded", "succeeded", "succeeded"],
  )
})
