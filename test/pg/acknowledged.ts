/**
 * A client that writes numbers one after another to whoever is primary and notes each one that was
 * acknowledged, and when: on one clock, so that two primaries at once would show.
 */
import pg from "pg"
import { port, superuser } from "#core/names.ts"
import type { FailoverCluster, Member } from "./failover-cluster.ts"

/** In milliseconds; a client that writes all the time takes the processors from the cluster that it watches. */
const pause = 10

type Acknowledged = { readonly id: number; readonly by: string; readonly at: number }

export class Writer implements AsyncDisposable {
  readonly acknowledged: Acknowledged[] = []
  readonly #cluster: FailoverCluster
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #next = 0
  #client: { readonly member: Member; readonly client: pg.Client } | undefined

  private constructor(cluster: FailoverCluster) {
    this.#cluster = cluster
  }

  static async start(cluster: FailoverCluster, primary: Member): Promise<Writer> {
    await primary.query("create table if not exists written (id bigint primary key)")
    const writer = new Writer(cluster)
    writer.#running = writer.#run()
    return writer
  }

  /** Stops and returns the numbers that were acknowledged. */
  async finish(): Promise<readonly number[]> {
    this.#stop.abort()
    await this.#running
    return this.acknowledged.map(({ id }) => id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish()
  }

  /** Longest time between two acknowledged commits since `since`, in milliseconds. */
  longestGap(since = 0): number {
    const times = this.acknowledged.map(({ at }) => at).filter((at) => at >= since)
    return times.reduce((gap, at, index) => Math.max(gap, at - (times[index - 1] ?? at)), 0)
  }

  /** Acknowledged numbers that `member` does not have. */
  async missingOn(member: Member): Promise<readonly number[]> {
    const rows = await member.query("select id::int4 as id from written")
    const there = new Set(rows.map((row) => row["id"]))
    return this.acknowledged.map(({ id }) => id).filter((id) => !there.has(id))
  }

  /** Commits that a former primary acknowledged after a later one had acknowledged its first. */
  overlaps(): readonly Acknowledged[] {
    const late: Acknowledged[] = []
    const done = new Set<string>()
    let now = this.acknowledged[0]?.by
    for (const entry of this.acknowledged.toSorted((a, b) => a.at - b.at)) {
      if (entry.by !== now) {
        if (now !== undefined) done.add(now)
        now = entry.by
      }
      if (done.has(`${entry.by}`) && entry.by !== now) late.push(entry)
    }
    return late
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#write()
      } catch {
        await this.#close()
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
    await this.#close()
  }

  async #write(): Promise<void> {
    this.#client ??= await this.#connect()
    if (this.#client === undefined) {
      await new Promise((resolve) => setTimeout(resolve, pause))
      return
    }
    this.#next += 1
    const id = this.#next
    await this.#client.client.query("insert into written values ($1)", [id])
    this.acknowledged.push({ id, by: this.#client.member.pod, at: performance.now() })
    await new Promise((resolve) => setTimeout(resolve, pause))
  }

  /** The first member that takes a connection and is no standby. */
  async #connect(): Promise<{ member: Member; client: pg.Client } | undefined> {
    for (const member of this.#cluster.members) {
      const client = new pg.Client({
        host: `${member.folder}/run`,
        port: port.postgres,
        user: superuser,
        password: this.#cluster.superuserPassword,
        database: "postgres",
        connectionTimeoutMillis: 500,
        query_timeout: 2000,
      })
      client.on("error", () => undefined)
      try {
        await client.connect()
        const { rows } = await client.query<{ standby: boolean }>(
          "select pg_is_in_recovery() as standby",
        )
        if (rows[0]?.standby === false) return { member, client }
      } catch {
        // Not this one, or not now.
      }
      await client.end().catch(() => undefined)
    }
    return undefined
  }

  async #close(): Promise<void> {
    const open = this.#client
    this.#client = undefined
    await open?.client.end().catch(() => undefined)
  }
}
