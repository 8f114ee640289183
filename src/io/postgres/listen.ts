/**
 * LISTEN on one channel for as long as the program lives. Notifications are hints, never the truth: while
 * the connection was away some were lost, so each (re)connection calls `onGap` and the caller looks at
 * the tables.
 */
import pg from "pg"
import { backoff } from "#core/backoff.ts"
import { millis, seconds } from "#core/units.ts"
import { clientConfig, type DatabaseOptions, quoteIdentifier } from "#io/postgres/sql.ts"

export type Listener = {
  readonly channel: string
  readonly onMessage: (payload: string) => void
  /** Notifications may have been missed: called after each connection, the first one included. */
  readonly onGap: () => void
  /** The connection is away, why; it is tried again by itself. */
  readonly onAway: (error: Error) => void
}

/** A connection that says nothing is asked this often whether it still lives. */
const checkEvery = seconds(15)
const retry = { first: millis(200), longest: seconds(10) }

/** Listens until `signal` is aborted; resolves then, never rejects. */
export async function listen(
  options: DatabaseOptions,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  let attempt = 0
  while (!signal.aborted) {
    try {
      await connection(options, listener, signal, () => {
        attempt = 0
      })
    } catch (error) {
      listener.onAway(error instanceof Error ? error : new Error(String(error)))
    }
    await pause(backoff(attempt, Math.random(), retry), signal)
    attempt += 1
  }
}

/** One connection, from connecting to its end; throws why it ended unless `signal` ended it. */
async function connection(
  options: DatabaseOptions,
  listener: Listener,
  signal: AbortSignal,
  onUp: () => void,
): Promise<void> {
  const client = new pg.Client(clientConfig(options))
  const ended = Promise.withResolvers<void>()
  // Awaited below; this keeps an early failure from counting as unhandled.
  ended.promise.catch(() => {})
  const stop = (): void => ended.resolve()
  client.on("error", (error) => ended.reject(error))
  client.on("end", () => ended.reject(new Error("the connection was closed")))
  client.on("notification", ({ payload }) => listener.onMessage(payload ?? ""))
  signal.addEventListener("abort", stop, { once: true })
  let check: NodeJS.Timeout | undefined
  try {
    await client.connect()
    await client.query(`listen ${quoteIdentifier(listener.channel)}`)
    onUp()
    listener.onGap()
    check = setInterval(() => {
      client.query("select 1").catch((error: unknown) => ended.reject(error))
    }, checkEvery)
    if (signal.aborted) stop()
    await ended.promise
  } finally {
    clearInterval(check)
    signal.removeEventListener("abort", stop)
    await client.end().catch(() => {})
  }
}

async function pause(wait: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, wait)
  const wake = (): void => resolve()
  signal.addEventListener("abort", wake, { once: true })
  await promise
  clearTimeout(timer)
  signal.removeEventListener("abort", wake)
}
