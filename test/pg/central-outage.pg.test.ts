import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { eventId } from "#core/ids.ts"
import type { Central } from "../../src/central/central.ts"
import { openDatabase, quoteIdentifier, quoteLiteral, SqlError } from "#io/postgres/sql.ts"
import { Outage } from "#io/outage.ts"
import { seconds } from "#core/units.ts"
import { migrate } from "../../src/central/store/migrate.ts"
import { type Api, request, restUrl, rulePut } from "../fixtures/central.ts"
import { query, type TestServer } from "../fixtures/postgres.ts"
import { eventually, Site } from "../fixtures/site.ts"
import { oneCentral } from "../fixtures/one-central.ts"

let server: TestServer
let url: string
let central: Central
let api: Api
oneCentral((opened) => {
  ;({ server, url, central, api } = opened)
})

test("while central's PostgreSQL is away requests fail clearly and streams live on; when it is back nothing is lost", async () => {
  const site = new Site(central, "steady")
  await site.join(api)
  const { stream } = await site.connect()
  await server.stop()

  const failed = await api.raw("listClusters")
  assert.equal(failed.status, 503)
  assert.match(JSON.stringify(failed.body), /DATABASE_UNAVAILABLE/)
  assert.ok(Number(failed.headers.get("retry-after")) > 0)
  assert.equal((await request(restUrl(central), "GET", "/readyz")).status, 503)
  assert.equal((await request(restUrl(central), "GET", "/healthz")).status, 200)

  const event = {
    id: eventId(randomUUID()),
    at: Date.now(),
    severity: "error" as const,
    kind: "failover.completed",
    message: "while nobody was listening",
    clusterId: undefined,
    pod: undefined,
    details: {},
  }
  stream.send({ kind: "events", events: [event], unreadable: [] })
  stream.send({ kind: "heartbeat", sequence: 1, sentAt: Date.now() })
  assert.equal((await stream.next("heartbeat-ack")).sequence, 1)
  assert.ok(
    stream.received.every(({ kind }) => kind !== "events-ack"),
    "not acknowledged before it is stored",
  )

  await server.start()
  assert.deepEqual((await stream.next("events-ack")).events, [event.id])
  await eventually(
    "ready again",
    async () => (await request(restUrl(central), "GET", "/readyz")).status === 200,
  )
  const { items } = await api.ok("listEvents", { query: { severity: "error" } })
  assert.deepEqual(
    items.map(({ id }) => id),
    [event.id],
  )

  // The stream that lived through it all is the one that hears of the new rule.
  await rulePut(api)
  assert.equal((await stream.next("config")).spec.name, "orders")
  await site.close()
})

test("D5: migrations run once however many start at the same time, and a changed or unknown one is refused", async () => {
  const fresh = await server.freshDatabase()
  const options = { url: fresh, applicationName: "test" }
  await using one = openDatabase(options)
  await using two = openDatabase(options)
  const ran = (await Promise.all([migrate(one), migrate(two)])).flat()
  assert.deepEqual(ran.toSorted(), [...new Set(ran)].toSorted())
  assert.ok(ran.length > 0)
  assert.deepEqual(await migrate(one), [])
  const broken = [{ name: "9000_broken.sql", sql: "create table half (a int); select 1 / 0" }]
  await query(fresh, "delete from schema_migration")
  await assert.rejects(migrate(one, broken), SqlError)
  assert.deepEqual(await query(fresh, "select 1 from pg_class where relname = 'half'"), [])
  await query(fresh, "insert into schema_migration (name, checksum) values ('0001_x.sql', 'other')")
  const code = (wanted: string) => (error: unknown) =>
    error instanceof Outage && error.code === wanted
  await assert.rejects(migrate(one, [{ name: "0001_x.sql", sql: "" }]), code("MIGRATION_CHANGED"))
  await assert.rejects(migrate(one, []), code("DATABASE_NEWER"))
})

test("a statement that takes too long, or waits too long for a lock, is an outage and not a hang", async () => {
  await using database = openDatabase({
    url,
    applicationName: "test",
    statementTimeout: seconds(1),
    lockTimeout: seconds(0.3),
  })
  await assert.rejects(database.sql`select pg_sleep(30)`, Outage)
  await database.transaction(async (sql) => {
    await sql`lock table profile in access exclusive mode`
    await assert.rejects(database.sql`select 1 from profile`, Outage)
  })
  assert.deepEqual(await database.sql`select 1 as one`, [{ one: 1 }])
})

test("a transaction whose work fails leaves nothing behind, and one that lost to another is run again", async () => {
  const fresh = await server.freshDatabase()
  await using database = openDatabase({ url: fresh, applicationName: "test" })
  await database.sql`create table t (a int primary key)`
  await assert.rejects(
    database.transaction(async (sql) => {
      await sql`insert into t values (1)`
      await sql`insert into t values (1)`
    }),
    (error: unknown) =>
      error instanceof SqlError && error.code === "23505" && error.constraint === "t_pkey",
  )
  assert.deepEqual(await database.sql`select a from t`, [])
  let runs = 0
  await database.transaction(async (sql) => {
    runs += 1
    if (runs < 3) await sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`
    await sql`insert into t values (2)`
  })
  assert.equal(runs, 3)
})

test("identifiers and literals survive quoting, whatever they are", async () => {
  const fresh = await server.freshDatabase()
  await using database = openDatabase({ url: fresh, applicationName: "test" })
  for (const odd of [
    `a"b`,
    "a b",
    "Ä', \\x",
    "select",
    `";drop table x;--`,
    "a\nb",
    "back\\slash",
  ]) {
    const [row] = await database.session(async (sql, script) => {
      await script(
        `create temp table quoted (${quoteIdentifier(odd)} text); insert into quoted values (${quoteLiteral(odd)})`,
      )
      return sql`select * from quoted`
    })
    assert.deepEqual(row, { [odd]: odd })
  }
  assert.throws(() => quoteIdentifier("a\0b"))
  assert.throws(() => quoteLiteral("a\0b"))
})
