/** Changes of version as operations, on real PostgreSQL: every one that is open is looked at, however many there are. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { textOf } from "#io/postgres/row.ts"
import type { Database } from "#io/postgres/sql.ts"
import { openChanges } from "../../src/central/store/change-operation.ts"
import { followChanges } from "../../src/central/rollouts/follow-changes.ts"
import { rolloutScenes, three } from "../fixtures/rollout-scene.ts"
import { eventually } from "../fixtures/site.ts"

const { scene } = rolloutScenes()

/** What a central left that stopped while three changes were under way, none of which their sites had in force. */
async function threeOpenChanges(): Promise<Database> {
  const { api, profileId, joined, withoutCentral } = await scene(three)
  for (const site of joined.values()) site.conduct = "never"
  await api.ok("createRollout", { body: { profileId } })
  await eventually("three changes are open", async () => {
    const { items } = await api.ok("listOperations", {
      query: { kind: "change", state: "running" },
    })
    return items.length === 3
  })
  return withoutCentral()
}

test("changes that stay open hold up none of those behind them", async () => {
  const database = await threeOpenChanges()
  // The site of the last one has it in force; its central stopped before it could write that down.
  const [last] = await database.sql`
    update cluster set in_force_version = desired_version where id = (
      select cluster_id from operation where kind = 'change' order by id desc limit 1)
    returning id`
  await followChanges(database, 1)
  const ended = await database.sql`
    select cluster_id as id from operation where kind = 'change' and state = 'succeeded'`
  assert.deepEqual(ended, [last])
})

test("a change of which its site has said nothing is not looked at until it does, however it ends", async () => {
  const database = await threeOpenChanges()
  const { sql } = database
  await sql`update operation set state = 'pending', steps = '[]' where kind = 'change'`
  await sql`update cluster_health set change = null`
  await sql`update cluster set acked_version = null, ack = null, in_force_version = null`
  const looked = async (): Promise<number> =>
    (await openChanges(sql, { after: undefined, limit: 10 })).length
  assert.equal(await looked(), 0)

  const [first, second, third] = (await sql`select id from cluster order by id`).map((row) =>
    textOf(row, "id"),
  )
  await sql`update cluster set in_force_version = desired_version where id = ${first}`
  assert.equal(await looked(), 1)
  await sql`
    update cluster set ack = 'refused', ack_problem = 'no room', acked_version = desired_version
    where id = ${second}`
  assert.equal(await looked(), 2)
  await sql`update cluster set deleting_since = now() where id = ${third}`
  assert.equal(await looked(), 3)
  await followChanges(database)
  const ended = await sql`
    select state from operation where kind = 'change' order by cluster_id`
  assert.deepEqual(
    ended.map(({ state }) => state),
    ["succeeded", "failed", "cancelled"],
  )
})

test("changes that end together are stored and told of together, each to its own cluster", async () => {
  const database = await threeOpenChanges()
  await database.sql`update cluster set in_force_version = desired_version`
  let statements = 0
  const counted: Database = {
    ...database,
    transaction: (work) =>
      database.transaction((sql) =>
        work((strings, ...values) => {
          statements += 1
          return sql(strings, ...values)
        }),
      ),
  }
  await followChanges(counted)
  // What is open, how it stands now, the events, and a notification of each of the two.
  assert.equal(statements, 5)
  const ended = await database.sql`
    select cluster_id from operation where kind = 'change' and state = 'succeeded'
      and ended_at is not null order by cluster_id`
  const told = await database.sql`
    select cluster_id from event where kind = 'cluster.version-in-force'
      and details->>'operation' in (select id::text from operation where cluster_id = event.cluster_id)
    order by cluster_id`
  assert.equal(ended.length, 3)
  assert.deepEqual(told, ended)
  statements = 0
  await followChanges(counted)
  assert.equal(statements, 1, "nothing is open any more")
})
