/** Central's way into a database of somebody else's: whatever its password is. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { quoteLiteral } from "#io/postgres/sql.ts"
import { signedIn, startTestCentral } from "../fixtures/central.ts"
import { centrals } from "../fixtures/centrals.ts"
import { query } from "../fixtures/postgres.ts"

const password = `p@ss/w:rd? #1% &'"\\ü`
const { freshDatabase } = centrals()

/** The URL of a new database as `name` with this password is written in it; undefined: without. */
async function databaseOf(name: string, written: string | undefined): Promise<string> {
  const url = await freshDatabase()
  await query(url, `create role ${name} login superuser password ${quoteLiteral(password)}`)
  const [, rest] = url.split("@")
  assert.ok(rest !== undefined)
  return `postgresql://${name}${written === undefined ? "" : `:${written}`}@${rest}`
}

const opens = async (url: string): Promise<void> => {
  await using central = await startTestCentral(url)
  const api = await signedIn(central)
  assert.equal((await api.ok("overview")).satellites.connected, 0)
}

test("D5: a password with any characters is written into the URL percent-encoded", async () => {
  await opens(await databaseOf("encoded", encodeURIComponent(password)))
  await assert.rejects(opens(await databaseOf("mistaken", "another")), /password/)
})

test("D5: a password beside the URL, in PGPASSWORD, needs no encoding", async (t) => {
  const url = await databaseOf("beside", undefined)
  process.env["PGPASSWORD"] = password
  t.after(() => delete process.env["PGPASSWORD"])
  await opens(url)
})
