/** What sites answer to their configs. A rollout brings thousands of answers at once, which share a transaction. */
import type { Database } from "#io/postgres/sql.ts"
import { SharedTurns } from "#io/shared-turns.ts"
import { notify } from "../store/change.ts"
import { type Ack, keepAcks } from "../store/desired.ts"

/** Answers in one statement: it locks so many clusters at most. */
const togetherMax = 200

export class AckKeeper {
  readonly #turns: SharedTurns<Ack, void>

  constructor(database: Database) {
    this.#turns = new SharedTurns(togetherMax, (acks) =>
      database.transaction(async (sql) => {
        const written = await keepAcks(sql, acks)
        if (written.length > 0) await notify(sql, { kind: "clusters", ids: written })
        return () => undefined
      }),
    )
  }

  /** Resolves when it is on disk, or of no use any more. Throws an `Outage` while the database is away. */
  keep(ack: Ack): Promise<void> {
    return this.#turns.ask(ack)
  }
}
