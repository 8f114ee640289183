/**
 * Brings stored secrets under the current key, in batches, by one central at a time, while everything goes
 * on; then says which of the older keys nothing uses any more.
 */
import { booleanOf } from "#io/postgres/row.ts"
import { minutes } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { type SecretBox, SecretUnreadable } from "./secret-box.ts"

/** A column that holds sealed values, as the store that owns its table knows it. */
export type SecretColumn = {
  readonly table: string
  readonly column: string
  /** How many values are sealed under each key. */
  readonly uses: (sql: Sql) => Promise<ReadonlyMap<string, number>>
  /** Values under other keys than `current`, in the order of their rows, locked until the transaction ends. */
  readonly stale: (
    sql: Sql,
    current: string,
    after: readonly string[] | undefined,
    limit: number,
  ) => Promise<readonly SealedValue[]>
  readonly replace: (sql: Sql, row: readonly string[], sealed: string) => Promise<void>
}
export type SealedValue = { readonly row: readonly string[]; readonly sealed: string }

const batch = 100
const passEvery = minutes(10)
/** Any number that is ours alone. */
const rotationLock = 0x7067_7365

export type KeyUse = { readonly id: string; readonly current: boolean; readonly uses: number }

/** Every key that is given or used, with how many values are under it. */
export async function keyUses(
  sql: Sql,
  box: SecretBox,
  columns: readonly SecretColumn[],
): Promise<readonly KeyUse[]> {
  const found = new Map(box.ids.map((id) => [id, 0]))
  for (const column of columns)
    for (const [id, count] of await column.uses(sql)) found.set(id, (found.get(id) ?? 0) + count)
  return [...found].map(([id, uses]) => ({ id, current: id === box.current, uses }))
}

/** Central does not start with secrets that it could not read: it would fail later, one feature at a time. */
export async function refuseMissingKeys(
  sql: Sql,
  box: SecretBox,
  columns: readonly SecretColumn[],
): Promise<void> {
  const missing = (await keyUses(sql, box, columns)).filter(({ id }) => !box.ids.includes(id))
  if (missing.length === 0) return
  const named = missing.map(({ id, uses }) => `${id.slice(0, 40)} (${uses} values)`).join(", ")
  throw new Outage(
    "SECRET_KEY_MISSING",
    `the database holds secrets under keys that central was not given: ${named}; add them to PG_SWARM_SECRET_KEYS, after the current key`,
  )
}

export type Resealed = {
  readonly resealed: number
  /** Values that do not open: changed by hand, or moved. */
  readonly unreadable: number
  /** Another central is at it. */
  readonly busy: boolean
}

export class Rotation {
  readonly #options: {
    readonly database: Database
    readonly log: Log
    readonly box: SecretBox
    readonly columns: readonly SecretColumn[]
  }

  constructor(options: {
    readonly database: Database
    readonly log: Log
    readonly box: SecretBox
    readonly columns: readonly SecretColumn[]
  }) {
    this.#options = options
  }

  /** Looks now and then until `signal`: a central with older keys may have written under them meanwhile. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, box } = this.#options
    while (!signal.aborted && box.current !== undefined) {
      try {
        await this.pass(signal)
      } catch (error) {
        if (error instanceof Outage) log.warn("secrets.waiting", { why: error.message })
        else log.error("secrets.failed", { error })
      }
      await systemClock.sleep(passEvery, signal).catch(() => {})
    }
  }

  /** Once through every column. */
  async pass(signal: AbortSignal): Promise<Resealed> {
    const { columns, database, box, log } = this.#options
    let sum: Resealed = { resealed: 0, unreadable: 0, busy: false }
    for (const column of columns) {
      let after: readonly string[] | undefined
      do {
        const part = await this.#batch(column, after)
        after = part.last
        sum = {
          resealed: sum.resealed + part.resealed,
          unreadable: sum.unreadable + part.unreadable,
          busy: sum.busy || part.busy,
        }
        if (part.resealed > 0)
          log.event("secrets.resealing", {
            column: `${column.table}.${column.column}`,
            done: sum.resealed,
          })
      } while (after !== undefined && !signal.aborted)
    }
    if (sum.resealed > 0 && !sum.busy && !signal.aborted)
      await database.transaction(async (sql) => told(sql, box, columns, sum))
    return sum
  }

  async #batch(
    column: SecretColumn,
    after: readonly string[] | undefined,
  ): Promise<Resealed & { readonly last: readonly string[] | undefined }> {
    const { database, box, log } = this.#options
    const current = box.current ?? ""
    return database.transaction(async (sql) => {
      const [turn] = await sql`select pg_try_advisory_xact_lock(${rotationLock}) as mine`
      if (!booleanOf(turn ?? {}, "mine"))
        return { resealed: 0, unreadable: 0, busy: true, last: undefined }
      const values = await column.stale(sql, current, after, batch)
      let [resealed, unreadable] = [0, 0]
      for (const { row, sealed } of values) {
        const place = { table: column.table, column: column.column, row }
        try {
          await column.replace(sql, row, box.seal(place, box.open(place, sealed)))
          resealed += 1
        } catch (error) {
          if (!(error instanceof SecretUnreadable)) throw error
          unreadable += 1
          log.error("secrets.unreadable", { why: error.message })
        }
      }
      const last = values.length < batch ? undefined : values.at(-1)?.row
      return { resealed, unreadable, busy: false, last }
    })
  }
}

async function told(
  sql: Sql,
  box: SecretBox,
  columns: readonly SecretColumn[],
  { resealed, unreadable }: Resealed,
): Promise<void> {
  const unused = (await keyUses(sql, box, columns)).filter(
    ({ current, uses }) => !current && uses === 0,
  )
  const removable =
    unused.length === 0
      ? "older keys are still used"
      : `not used any more, and may be taken out of PG_SWARM_SECRET_KEYS: ${unused.map(({ id }) => id).join(", ")}`
  await tell(sql, central, undefined, [
    {
      kind: "secrets.resealed",
      severity: unreadable > 0 ? "error" : "info",
      message: `${resealed} stored secrets are under key ${box.current} now; ${removable}${
        unreadable > 0 ? `; ${unreadable} could not be opened` : ""
      }`,
    },
  ])
}
