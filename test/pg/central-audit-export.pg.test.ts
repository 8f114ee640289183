/** The audit as a file, of any length and by the filters of the list; and how it is forgotten. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { auditEntrySchema } from "#wire/rest/audit.ts"
import { openDatabase } from "#io/postgres/sql.ts"
import { pruneAudit } from "../../src/central/store/audit.ts"
import type { Central } from "../../src/central/central.ts"
import { type Api, request, restUrl } from "../fixtures/central.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { query } from "../fixtures/postgres.ts"

let url: string
let central: Central
let api: Api
oneCentral((opened) => {
  ;({ url, central, api } = opened)
})

const exported = (search: Readonly<Record<string, string>>, token = api.token) =>
  request(
    restUrl(central),
    "GET",
    `/api/v1/audit/export?${new URLSearchParams(search).toString()}`,
    { authorization: `Bearer ${token}` },
  )
const textOf = async (search: Readonly<Record<string, string>>): Promise<string> => {
  const answer = await exported(search)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return String(answer.body)
}
const fill = (count: number, action: string): Promise<unknown> =>
  query(
    url,
    `insert into audit (actor, action, resource, resource_id, resource_name, after)
     select 'ann', '${action}', 'rule', 'r' || n, case when n = 1 then '=cmd()' else 'name "' || n || '"' end,
       jsonb_build_object('n', n, 'filler', repeat('x', 300))
     from generate_series(1, ${count}) n`,
  )

test("every row is there once, newest first, in both formats, by the same filters as the list", async () => {
  await fill(2500, "filled")
  const ndjson = await textOf({ format: "ndjson", action: "filled" })
  const entries = ndjson
    .trimEnd()
    .split("\n")
    .map((line) => auditEntrySchema.parse(JSON.parse(line)))
  assert.deepEqual(
    entries.map(({ after }) => after?.["n"]),
    Array.from({ length: 2500 }, (_, at) => 2500 - at),
  )
  const list = await api.ok("listAudit", { query: { action: "filled", limit: "5" } })
  assert.deepEqual(entries.slice(0, 5), list.items)

  const answer = await exported({ action: "filled" })
  assert.match(answer.headers.get("content-type") ?? "", /^text\/csv/)
  assert.match(
    answer.headers.get("content-disposition") ?? "",
    /^attachment; filename="audit-\d{4}-\d\d-\d\d\.csv"$/,
  )
  const lines = String(answer.body).split("\r\n")
  assert.equal(lines.at(-1), "")
  assert.equal(lines.length, 2500 + 2)
  assert.match(lines[0] ?? "", /^serial,at,actor,.*,before,after$/)
  assert.match(lines[1] ?? "", /,ann,.*,r2500,"name ""2500""",,"\{""n"":2500/)
  assert.match(lines[2500] ?? "", /,r1,'=cmd\(\),/, "a name is no formula")
  assert.equal((await textOf({ action: "nobody" })).split("\r\n").length, 2, "a head alone")
  assert.equal(await textOf({ format: "ndjson", action: "nobody" }), "")
})

test("a file that is left in the middle costs nothing any more, and central goes on", async () => {
  await fill(20_000, "left")
  const stop = new AbortController()
  const answer = await fetch(`${restUrl(central)}/api/v1/audit/export?action=left`, {
    headers: { authorization: `Bearer ${api.token}` },
    signal: stop.signal,
  })
  const reader = answer.body?.getReader()
  assert.ok((await reader?.read())?.value !== undefined)
  stop.abort()
  await assert.rejects(async () => reader?.read())
  assert.equal((await api.ok("listAudit", { query: { limit: "1" } })).items.length, 1)
  const [busy] = await query(
    url,
    "select count(*)::integer as n from pg_stat_activity where query like '%from audit%' and state = 'active' and pid <> pg_backend_pid()",
  )
  assert.ok(Number(busy?.["n"]) <= 1)
})

test("only an admin has it, and wrong words are told by their field", async () => {
  const token = await api.ok("createToken", { body: { name: "operator", role: "operator" } })
  assert.equal((await exported({}, token.token)).status, 403)
  assert.equal((await exported({}, "wrong")).status, 401)
  for (const search of [{ format: "xls" }, { since: "yesterday" }, { limit: "5" }]) {
    const { status, body } = await exported(search)
    assert.equal(status, 400, JSON.stringify(body))
    assert.ok(JSON.stringify(body).includes(Object.keys(search)[0] ?? "-"))
  }
})

test("what is older than the setting goes in bites, by several at once, and the rest stays", async () => {
  await query(url, "delete from audit")
  await fill(100, "old")
  await query(url, "update audit set at = now() - interval '401 days'")
  await fill(7, "young")
  await using database = openDatabase({ url, applicationName: "test" })
  assert.equal(await pruneAudit(database.sql, 402, 30), 0)
  assert.equal(await pruneAudit(database.sql, 400, 30), 30)
  const [[first]] = [
    await query(
      url,
      "select min(resource_id::text) as id from audit where action = 'old' and resource_id = 'r1'",
    ),
  ]
  assert.equal(first?.["id"], null, "the oldest first")
  const together = await Promise.all([1, 2, 3].map(() => pruneAudit(database.sql, 400, 30)))
  let gone = together.reduce((sum, one) => sum + one, 30)
  for (let turn = 0; gone < 100 && turn < 10; turn += 1)
    gone += await pruneAudit(database.sql, 400, 30)
  assert.equal(gone, 100, "each was counted by one of them")
  const left = await query(url, "select action, count(*)::integer as n from audit group by action")
  assert.deepEqual(left, [{ action: "young", n: 7 }])
})
