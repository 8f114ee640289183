/** What satellites should hear is read for many of them at once, and what is wrong with one stops no other. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { satelliteId } from "#core/ids.ts"
import { silentLog } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
import { WantsReader } from "../../src/central/satellites/wants.ts"
import { SecretBox } from "../../src/central/secrets/secret-box.ts"
import { testKey } from "../fixtures/central.ts"
import { rolloutScenes, three } from "../fixtures/rollout-scene.ts"

const { scene } = rolloutScenes()

/** Three sites with a cluster each, without their central; every statement is counted. */
async function readers() {
  const { joined, withoutCentral } = await scene(three)
  const database = await withoutCentral()
  const seen = { statements: 0, away: false }
  const counted: Database = {
    ...database,
    sql: (strings, ...values) => {
      seen.statements += 1
      if (seen.away) throw new Outage("DATABASE_UNAVAILABLE", "away")
      return database.sql(strings, ...values)
    },
  }
  const reader = new WantsReader({
    database: counted,
    secrets: new SecretBox([testKey("k1")]),
    log: silentLog,
  })
  const ids = [...joined.values()].map(({ site }) => satelliteId(site.id))
  const read = () => Promise.allSettled(ids.map((id) => reader.read(id)))
  return { database, seen, ids, read }
}

test("who asks while a read is under way shares the next one, and each gets its own", async () => {
  const { seen, read } = await readers()
  await read()
  const ofTwoReads = seen.statements
  const found = await read()
  assert.equal(seen.statements, 2 * ofTwoReads, "one read for the first, one for the other two")
  const names = found.map((one) => one.status === "fulfilled" && one.value?.identity.name)
  assert.deepEqual(names, Object.keys(three))
  for (const one of found) {
    assert.ok(one.status === "fulfilled")
    assert.deepEqual(
      one.value?.clusters.map(({ spec }) => [spec.name, spec.version]),
      [["orders", 1]],
    )
    assert.equal(one.value.settings.satelliteName, one.value.identity.name)
  }
})

test("a satellite that cannot be read stops no other", async () => {
  const { database, ids, read } = await readers()
  await database.sql`update cluster set spec = '{}' where satellite_id = ${ids[1]}`
  assert.deepEqual(
    (await read()).map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  )
})

test("an outage is everybody's, and over when it is over", async () => {
  const { seen, read } = await readers()
  seen.away = true
  for (const one of await read())
    assert.ok(one.status === "rejected" && one.reason instanceof Outage)
  seen.away = false
  for (const { status } of await read()) assert.equal(status, "fulfilled")
})
