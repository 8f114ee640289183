import assert from "node:assert/strict"
import { test } from "node:test"
import { millis } from "#core/units.ts"
import { Outage } from "#io/outage.ts"
import { inTurns } from "#io/postgres/in-turns.ts"
import type { Database } from "#io/postgres/sql.ts"

/** Statements stay open until they are answered, in the order in which they came. */
function slowDatabase(): { readonly database: Database; readonly open: (() => void)[] } {
  const open: (() => void)[] = []
  const unused = (): never => assert.fail("not asked for here")
  return {
    open,
    database: {
      sql: () => new Promise((resolve) => open.push(() => resolve([]))),
      transaction: unused,
      session: unused,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
  }
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test("so many statements run side by side, and the next begins when one ends", async () => {
  const { database, open } = slowDatabase()
  const { sql } = inTurns(database, { sideBySide: 2 })
  const all = [sql`select 1`, sql`select 2`, sql`select 3`]
  await settled()
  assert.equal(open.length, 2)
  open[0]?.()
  await settled()
  assert.equal(open.length, 3)
  for (const answer of open) answer()
  await Promise.all(all)
})

test("the newest goes first", async () => {
  const { database, open } = slowDatabase()
  const { sql } = inTurns(database, { sideBySide: 1 })
  const done: string[] = []
  const all = ["first", "second", "third"].map(async (name) => {
    await sql`select ${name}`
    done.push(name)
  })
  for (let at = 0; at < all.length; at += 1) {
    await settled()
    open[at]?.()
  }
  await Promise.all(all)
  assert.deepEqual(done, ["first", "third", "second"])
})

test("a statement that fails gives its turn away", async () => {
  const { database } = slowDatabase()
  const failing = { ...database, sql: () => Promise.reject(new Error("no such table")) }
  const { sql } = inTurns(failing, { sideBySide: 1 })
  await assert.rejects(sql`select 1`, /no such table/)
  await assert.rejects(sql`select 2`, /no such table/)
})

test("who waits for too long hears of an outage, and does not keep the place", async () => {
  const { database, open } = slowDatabase()
  const { sql } = inTurns(database, { sideBySide: 1, waitMax: millis(1) })
  const first = sql`select 1`
  await assert.rejects(sql`select 2`, Outage)
  open[0]?.()
  await first
  const third = sql`select 3`
  await settled()
  assert.equal(open.length, 2)
  open[1]?.()
  await third
})
