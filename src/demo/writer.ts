/**
 * An application that writes: one row after the other through the cluster's `-rw` service, each in a
 * transaction of its own, and a note of every commit that was acknowledged. What it noted must be in the
 * database afterwards; the longest pause between two notes is how long writes were away.
 */
import { Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { Client, type ClientConfig } from "pg"

export type Database = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** One acknowledged commit: the row's number, when it was sent and when the answer came (monotonic, ms). */
export type Acknowledged = { readonly id: number; readonly sent: number; readonly at: number }

export type Gap = { readonly fromMs: number; readonly toMs: number; readonly ms: number }

const connectMaxMs = 1_000
/** An application with an idea of how long a write may take; a frozen server never answers. */
const writeMaxMs = 1_500
const retryMs = 20
const rowsMax = 1_000_000

export const tableSql = `create table if not exists pg_swarm_writes (
  writer text not null, id bigint not null, at timestamptz not null default now(), primary key (writer, id))`

export class Writer implements AsyncDisposable {
  readonly acknowledged: Acknowledged[] = []
  /** Problems in words with how often they were met: what an application would have seen. */
  readonly errors = new Map<string, number>()
  readonly #name: string
  readonly #database: Database
  readonly #pauseMs: number
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #wake: (() => void)[] = []
  #next = 1

  constructor(name: string, database: Database, pauseMs: number) {
    this.#name = name
    this.#database = database
    this.#pauseMs = pauseMs
    this.#done = this.#run()
  }

  get name(): string {
    return this.#name
  }

  /** When the last acknowledged commit came back; undefined before the first. */
  get last(): Acknowledged | undefined {
    return this.acknowledged.at(-1)
  }

  /** Resolves with the first commit that is *sent* from now on and acknowledged. */
  async nextCommit(withinMs: number): Promise<Acknowledged> {
    const from = performance.now()
    const until = from + withinMs
    for (;;) {
      const found = this.last
      if (found !== undefined && found.sent >= from) return found
      const left = until - performance.now()
      if (left <= 0) throw new Error(`no commit was acknowledged within ${withinMs / 1000} s`)
      const timer = new AbortController()
      const late = sleep(left, undefined, { signal: timer.signal }).catch(() => undefined)
      await Promise.race([new Promise<void>((resolve) => this.#wake.push(resolve)), late])
      timer.abort()
    }
  }

  /** The longest pause between acknowledged commits that touches the time from `since` on. */
  longestGap(since: number): Gap {
    let longest: Gap = { fromMs: since, toMs: since, ms: 0 }
    let before: Acknowledged | undefined
    for (const commit of this.acknowledged) {
      if (before !== undefined && commit.at >= since && commit.at - before.at > longest.ms)
        longest = { fromMs: before.at, toMs: commit.at, ms: commit.at - before.at }
      before = commit
    }
    return longest
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Acknowledged rows that the database does not have: lost commits. `database` reads from the primary of now. */
  async lost(database: Database = this.#database): Promise<readonly number[]> {
    // Taken before the question: what is acknowledged while the answer is on its way is not in it.
    const noted = this.acknowledged.map(({ id }) => id)
    const { client, close } = await opened(database, 30_000)
    try {
      const { rows } = await client.query<{ id: string }>(
        "select id from pg_swarm_writes where writer = $1",
        [this.#name],
      )
      const there = new Set(rows.map(({ id }) => Number(id)))
      return noted.filter((id) => !there.has(id))
    } finally {
      close()
    }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#next < rowsMax) {
      try {
        await this.#writeUntilItFails()
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        this.errors.set(text, (this.errors.get(text) ?? 0) + 1)
        await sleep(retryMs)
      }
    }
  }

  async #writeUntilItFails(): Promise<void> {
    const { client, close } = await opened(this.#database, writeMaxMs)
    try {
      while (!this.#stop.signal.aborted && this.#next < rowsMax) {
        // A number is used once: whether a write that was not answered is there, nobody knows.
        const id = this.#next
        this.#next += 1
        const sent = performance.now()
        await client.query("insert into pg_swarm_writes (writer, id) values ($1, $2)", [
          this.#name,
          id,
        ])
        this.acknowledged.push({ id, sent, at: performance.now() })
        for (const wake of this.#wake.splice(0)) wake()
        if (this.#pauseMs > 0) await sleep(this.#pauseMs)
      }
    } finally {
      close()
    }
  }
}

/** A connection whose end is sure: a frozen server is not asked to say goodbye. */
async function opened(
  database: Database,
  queryMaxMs: number,
): Promise<{ readonly client: Client; readonly close: () => void }> {
  let socket: Socket | undefined
  const config: ClientConfig = {
    ...database,
    connectionTimeoutMillis: connectMaxMs,
    query_timeout: queryMaxMs,
    application_name: "pg-swarm-writer",
    stream: () => {
      // The driver connects it; we only keep it, to be able to destroy it.
      socket = new Socket()
      return socket
    },
  }
  const client = new Client(config)
  const close = (): void => void socket?.destroy()
  // A connection that breaks between two writes is found by the next write.
  client.on("error", () => undefined)
  try {
    await client.connect()
    return { client, close }
  } catch (error) {
    close()
    throw error
  }
}
