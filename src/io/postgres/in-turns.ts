/**
 * A database that a crowd shares: so many of its statements and transactions run side by side, the others wait for their
 * turn. Without it a crowd queues for the pool's connections, where all who wait give up together: thousands of satellites
 * that come at once get nothing done, and whoever else needs a connection waits behind them. The newest goes first: it
 * is most often the next step of somebody who has begun, so that some are done early instead of all being done late.
 */
import { type Millis, seconds } from "#core/units.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"

export type TurnsOptions = {
  /** Fewer than the pool has connections: the rest are for everybody else. */
  readonly sideBySide: number
  /** Longest that one waits for its turn; it is told then that the database is away. */
  readonly waitMax?: Millis
}

/** The same database. What runs in a transaction must use the `sql` that it was given: it has its turn already. */
export function inTurns(
  database: Database,
  { sideBySide, waitMax = seconds(20) }: TurnsOptions,
): Database {
  let free = sideBySide
  const waiting: (() => void)[] = []
  const turn = async (): Promise<void> => {
    if (free > 0) {
      free -= 1
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const late = setTimeout(() => {
      waiting.splice(waiting.indexOf(go), 1)
      reject(
        new Outage("DATABASE_UNAVAILABLE", `no turn at the database came within ${waitMax} ms`),
      )
    }, waitMax)
    const go = (): void => {
      clearTimeout(late)
      resolve()
    }
    waiting.push(go)
    return promise
  }
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    await turn()
    try {
      return await work()
    } finally {
      const next = waiting.pop()
      if (next === undefined) free += 1
      else next()
    }
  }
  return {
    sql: (strings, ...values) => inTurn(() => database.sql(strings, ...values)),
    transaction: (work) => inTurn(() => database.transaction(work)),
    session: (work) => database.session(work),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}
