/**
 * PostgreSQL behind a tagged template: SQL is written as SQL, values travel as parameters, every
 * statement has a deadline on both sides, every pool a bound.
 *
 *     const rows = await sql`select id from cluster where name = ${name}`
 *
 * A database that is away throws an `Outage`; a statement that PostgreSQL refused throws a `SqlError`
 * with its SQLSTATE, which the caller may turn into a refusal.
 */
import pg from "pg"
import type { Millis } from "#core/units.ts"
import { minutes, seconds } from "#core/units.ts"
import { Outage } from "#io/outage.ts"
import type { Row } from "#io/postgres/row.ts"

export type Value =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | null
  | undefined
  | readonly string[]

/** One statement; the answer are its rows. `undefined` becomes NULL. */
export type Sql = (strings: TemplateStringsArray, ...values: readonly Value[]) => Promise<Row[]>

/** PostgreSQL understood and refused. `code` is the SQLSTATE. */
export class SqlError extends Error {
  override readonly name = "SqlError"
  readonly code: string
  readonly constraint: string | undefined

  constructor(code: string, constraint: string | undefined, message: string, cause: unknown) {
    super(message, { cause })
    this.code = code
    this.constraint = constraint
  }
}

/** Whether `error` says that a row would have broken the unique, foreign key or check `constraint`. */
export const violates = (error: unknown, constraint: string): boolean =>
  error instanceof SqlError && error.constraint === constraint

export type DatabaseOptions = {
  readonly url: string
  readonly applicationName: string
  readonly connectionsMax?: number
  /** Longest that one statement may take. */
  readonly statementTimeout?: Millis
  /** Longest that a statement waits for a lock of another. */
  readonly lockTimeout?: Millis
  readonly connectTimeout?: Millis
  /** Told of connections that broke while nobody used them; they are replaced by themselves. */
  readonly onIdleError?: (error: Error) => void
}

export interface Database extends AsyncDisposable {
  readonly sql: Sql
  /**
   * Runs `work` in one transaction and commits, or rolls back when it throws. A transaction that lost
   * to another (serialisation failure, deadlock) is run again, three times at most: `work` must have no
   * effect outside of the database.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
  /**
   * One connection of its own, for what must not go back to the pool: migrations under a lock. `script`
   * runs several statements at once, without parameters.
   */
  session<T>(work: (sql: Sql, script: (text: string) => Promise<void>) => Promise<T>): Promise<T>
}

/** An identifier as SQL text: any name at all, safely. */
export function quoteIdentifier(name: string): string {
  if (name.includes("\0")) throw new TypeError("an identifier holds no NUL")
  return `"${name.replaceAll('"', '""')}"`
}

/** A string literal as SQL text, whatever `standard_conforming_strings` says. */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) throw new TypeError("a literal holds no NUL")
  const quoted = `'${text.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`
  return text.includes("\\") ? `E${quoted}` : quoted
}

/** int8 as a number: nothing here counts past 2^53, and `integerOf` checks. */
const int8 = 20
const integers: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: "text" | "binary") =>
    id === int8 && format !== "binary"
      ? (value: string) => Number(value)
      : // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- pg types the format as a literal per overload
        pg.types.getTypeParser(id, format as "text")) as typeof pg.types.getTypeParser,
}

/** Connection options that every client of ours has: bounded waits, and a dead peer is noticed. */
export function clientConfig(options: DatabaseOptions): pg.ClientConfig {
  const statement = options.statementTimeout ?? seconds(10)
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeout ?? seconds(5),
    statement_timeout: statement,
    // The server ends the statement first; this one is for a server that does not answer at all.
    query_timeout: statement + 2000,
    lock_timeout: options.lockTimeout ?? seconds(5),
    idle_in_transaction_session_timeout: statement + 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: integers,
  }
}

const retriesMax = 3
const scriptTimeout = minutes(15)
/** serialization_failure, deadlock_detected */
const lost = new Set(["40001", "40P01"])

export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...clientConfig(options),
    max: options.connectionsMax ?? 10,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 3600,
  })
  pool.on("error", (error) => options.onIdleError?.(error))
  // A connection that breaks while it is lent out fails its query; without a listener it would also end the process.
  pool.on("connect", (client) => client.on("error", () => {}))
  const connect = async (): Promise<pg.PoolClient> => {
    try {
      return await pool.connect()
    } catch (error) {
      throw translated(error)
    }
  }
  return {
    sql: sqlOver((text, values) => pool.query<Row>(text, values)),
    transaction: async (work) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(await connect(), work)
        } catch (error) {
          if (attempt < retriesMax && error instanceof SqlError && lost.has(error.code)) continue
          throw error
        }
      }
    },
    session: async (work) => {
      const client = await connect()
      try {
        return await work(sqlOn(client), async (text) => {
          // A script sets its own limits; this one is for a server that never answers.
          const limited: pg.QueryConfig & { query_timeout: number } = {
            text,
            query_timeout: scriptTimeout,
          }
          await translate(client.query(limited))
        })
      } finally {
        // Whatever the work set on this connection goes with it.
        client.release(true)
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

async function once<T>(client: pg.PoolClient, work: (sql: Sql) => Promise<T>): Promise<T> {
  let broken = false
  try {
    await translate(client.query("begin"))
    const result = await work(sqlOn(client))
    await translate(client.query("commit"))
    return result
  } catch (error) {
    broken = await client.query("rollback").then(
      () => error instanceof Outage,
      () => true,
    )
    throw error
  } finally {
    client.release(broken)
  }
}

export const sqlOn = (client: pg.ClientBase): Sql =>
  sqlOver((text, values) => client.query<Row>(text, values))

/**
 * For a connection that lives long and is asked the same again and again: the server parses and plans each statement
 * once, and its text travels once.
 */
export const preparedOn = (client: pg.ClientBase): Sql =>
  sqlOver((text, values, name) => client.query<Row>({ name, text, values }))

type Run = (text: string, values: unknown[], name: string) => Promise<{ rows: Row[] }>

function sqlOver(run: Run): Sql {
  return async (strings, ...values) => {
    const { text, name } = statementOf(strings)
    const { rows } = await translate(run(text, values.map(parameter), name))
    return rows
  }
}

type Statement = { readonly text: string; readonly name: string }

/** As many as there are places in the code. */
const statements = new WeakMap<TemplateStringsArray, Statement>()
let named = 0

function statementOf(strings: TemplateStringsArray): Statement {
  const known = statements.get(strings)
  if (known !== undefined) return known
  const text = strings.reduce((before, part, at) => `${before}$${at}${part}`)
  named += 1
  const made = { text, name: `pg_swarm_${named}` }
  statements.set(strings, made)
  return made
}

const parameter = (value: Value): unknown =>
  value === undefined ? null : typeof value === "bigint" ? value.toString() : value

async function translate<T>(running: Promise<T>): Promise<T> {
  try {
    return await running
  } catch (error) {
    throw translated(error)
  }
}

/**
 * Classes of SQLSTATE that say "not now" instead of "not this": connection exceptions, resources,
 * operator intervention (shutdown, cancelled by timeout), system errors.
 */
const outageClasses = new Set(["08", "53", "57", "58"])

function translated(error: unknown): Error {
  if (error instanceof Outage || error instanceof SqlError) return error
  if (error instanceof pg.DatabaseError && error.code !== undefined) {
    // 55P03 is a lock that did not come in time.
    if (outageClasses.has(error.code.slice(0, 2)) || error.code === "55P03")
      return new Outage("DATABASE_UNAVAILABLE", `the database cannot answer: ${error.message}`, {
        cause: error,
      })
    return new SqlError(error.code, error.constraint, error.message, error)
  }
  // Everything else that the driver throws comes from the connection: refused, reset, closed, timed out.
  const message = error instanceof Error ? error.message : String(error)
  return new Outage("DATABASE_UNAVAILABLE", `the database is not reachable: ${message}`, {
    cause: error,
  })
}
