import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { test } from "node:test"
import { millis } from "#core/units.ts"
import { createdTokenSchema } from "#wire/rest/access.ts"
import type { Central } from "../../src/central/central.ts"
import { openDatabase } from "#io/postgres/sql.ts"
import { pruneIdempotency } from "../../src/central/store/idempotency.ts"
import { type Api, request, restUrl, smallSpec } from "../fixtures/central.ts"
import { query } from "../fixtures/postgres.ts"
import { oneCentral } from "../fixtures/one-central.ts"

let url: string
let central: Central
let api: Api
oneCentral((opened) => {
  ;({ url, central, api } = opened)
})

const post = (path: string, key: string, body: unknown, token = api.token) =>
  request(
    restUrl(central),
    "POST",
    `/api/v1${path}`,
    {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": key,
    },
    JSON.stringify(body),
  )

const profile = (name: string) => ({ name, spec: smallSpec })
const profilesCalled = async (name: string): Promise<number> =>
  (await query(url, "select 1 from profile where name = $1", [name])).length
const told = async (kind: string): Promise<number> =>
  (await query(url, "select 1 from event where kind = $1", [kind])).length

test("a create that is sent again with its key is done once and answered alike, whatever the order of its fields", async () => {
  const key = randomUUID()
  const first = await post("/profiles", key, profile("once"))
  assert.equal(first.status, 201, JSON.stringify(first.body))
  assert.equal(first.headers.get("idempotency-replayed"), null)
  const events = await told("profile.created")
  const again = await post("/profiles", key, { spec: smallSpec, name: "once" })
  assert.equal(again.status, 201)
  assert.equal(again.headers.get("idempotency-replayed"), "true")
  assert.deepEqual(again.body, first.body)
  assert.equal(await profilesCalled("once"), 1)
  assert.equal(await told("profile.created"), events, "and told once")
})

test("the same key with another body or address is refused and changes nothing", async () => {
  const key = randomUUID()
  await post("/profiles", key, profile("mine"))
  for (const other of [
    await post("/profiles", key, profile("other")),
    await post("/tokens", key, { name: "mine" }),
  ]) {
    assert.equal(other.status, 422)
    assert.match(JSON.stringify(other.body), /IDEMPOTENCY_KEY_REUSED.*Idempotency-Key/)
  }
  assert.equal(await profilesCalled("other"), 0)
})

test("duplicates that arrive together have one effect and one answer", async () => {
  const key = randomUUID()
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => post("/tokens", key, { name: "together" })),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array.from({ length: 6 }, () => 201),
  )
  const tokens = new Set(answers.map(({ body }) => createdTokenSchema.parse(body).token))
  assert.equal(tokens.size, 1, "all were given the one token")
  assert.equal((await query(url, "select 1 from api_token where name = 'together'")).length, 1)
  const [token = ""] = tokens
  const kept = await query(url, "select answer from idempotency where answer is not null")
  assert.ok(kept.length > 0)
  for (const { answer } of kept)
    assert.ok(
      answer instanceof Buffer && !answer.includes(Buffer.from(token)),
      "the token is not in the database",
    )
})

test("a refusal keeps nothing: the key is free for a better request, and a failed savepoint harms nobody", async () => {
  await post("/profiles", randomUUID(), profile("taken"))
  const key = randomUUID()
  const refused = await post("/profiles", key, profile("taken"))
  assert.equal(refused.status, 409, JSON.stringify(refused.body))
  assert.equal((await post("/profiles", key, profile("free"))).status, 201)
  assert.equal(await profilesCalled("free"), 1)
})

test("a key is its caller's own", async () => {
  const key = randomUUID()
  const { token } = await api.ok("createToken", { body: { name: "another program" } })
  await post("/profiles", key, profile("by-one"))
  assert.equal((await post("/profiles", key, profile("by-another"), token)).status, 201)
})

test("a key that is none is told, and one without effect on a read is ignored", async () => {
  for (const bad of ["short", "with space inside", "x".repeat(256)]) {
    const answer = await post("/profiles", bad, profile("never"))
    assert.equal(answer.status, 400, bad)
    assert.match(JSON.stringify(answer.body), /"field":"Idempotency-Key"/)
  }
  const read = await request(restUrl(central), "GET", "/api/v1/profiles", {
    authorization: `Bearer ${api.token}`,
    "idempotency-key": "short",
  })
  assert.equal(read.status, 200)
})

test("after 24 hours a key is new again, and forgotten", async () => {
  const key = randomUUID()
  await post("/tokens", key, { name: "old" })
  await query(url, "update idempotency set created_at = now() - interval '25 hours'")
  const anew = await post("/tokens", key, { name: "anew" })
  assert.equal(anew.status, 201, JSON.stringify(anew.body))
  await using database = openDatabase({ url, applicationName: "test" })
  assert.ok((await pruneIdempotency(database.sql, 1000)) > 0)
  assert.equal((await query(url, "select 1 from idempotency")).length, 1)
})

test("a request that dies half-way leaves neither its effect nor its key", async () => {
  const key = randomUUID()
  await using database = openDatabase({ url, applicationName: "holder", lockTimeout: millis(3000) })
  await database.transaction(async (sql) => {
    // The event of the creation waits for this lock, after the profile itself was written.
    await sql`lock table event in exclusive mode`
    const waiting = post("/profiles", key, profile("half"))
    for (;;) {
      const [busy] = await query(
        url,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'pg-swarm-central' and wait_event_type = 'Lock'`,
      )
      if (busy !== undefined) break
    }
    assert.equal((await waiting).status, 503)
  })
  assert.equal(await profilesCalled("half"), 0)
  assert.equal((await post("/profiles", key, profile("half"))).status, 201)
  assert.equal(await profilesCalled("half"), 1)
})
