/**
 * Several transactions made one. Inside `joined`, everything that is asked of this database, from wherever,
 * happens in one transaction: what would have been transactions of their own become savepoints, so that one
 * that fails is undone alone and its caller may decide what to say. One after the other, never side by side.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import type { Database, Sql } from "#io/postgres/sql.ts"

export interface JointDatabase extends Database {
  /** Runs `work` in one transaction with all that it calls; like `transaction`, it may run more than once. */
  joined<T>(work: (sql: Sql) => Promise<T>): Promise<T>
}

/** Work that outlives its transaction (a timer, say) is not part of it any more. */
type Open = { readonly sql: Sql; isOpen: boolean }

export function jointDatabase(database: Database): JointDatabase {
  const storage = new AsyncLocalStorage<Open>()
  const outer = (): Sql | undefined => {
    const open = storage.getStore()
    return open?.isOpen === true ? open.sql : undefined
  }
  return {
    sql: async (strings, ...values) => {
      const sql = outer()
      return sql === undefined
        ? database.sql(strings, ...values)
        : savepoint(sql, () => sql(strings, ...values))
    },
    transaction: async (work) => {
      const sql = outer()
      return sql === undefined ? database.transaction(work) : savepoint(sql, () => work(sql))
    },
    session: (work) => database.session(work),
    joined: (work) =>
      database.transaction(async (sql) => {
        const open: Open = { sql, isOpen: true }
        try {
          return await storage.run(open, () => work(sql))
        } finally {
          open.isOpen = false
        }
      }),
    [Symbol.asyncDispose]: async () => database[Symbol.asyncDispose](),
  }
}

async function savepoint<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  // The same name each time: the newest of a name is the one that is meant.
  await sql`savepoint joined`
  try {
    const result = await work()
    await sql`release savepoint joined`
    return result
  } catch (error) {
    // Fails where the connection is gone; the transaction is lost then, and its owner is told why below.
    await sql`rollback to savepoint joined`.then(
      () => sql`release savepoint joined`,
      () => undefined,
    )
    throw error
  }
}
