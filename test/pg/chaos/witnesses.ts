/**
 * Clients that try to write to every member all the time, over the network and as an ordinary user, and note
 * every commit that was acknowledged: by whom, on which timeline, and when, all on one clock. From that it can
 * be told whether two members ever acknowledged writes at one instant, how long nobody did, and what was lost.
 */
import assert from "node:assert/strict"
import { Socket } from "node:net"
import pg from "pg"
import { port } from "#core/names.ts"
import { type Ack, contradictions, longestGap, type Standstill } from "./acks.ts"

const user = { user: "app", password: "app's secret" }
// Fine enough to see two writers at one instant; more of it takes the processors from the cluster that is watched.
const writePause = 15
const refusedPause = 30
const connectPause = 80
/** A statement that is not answered for so long is left alone (and listened to), and another connection opened. */
const patience = 1000
const forgottenMax = 6

/** A member as its clients see it: a process of this host, or a pod. */
export type Watched = {
  readonly pod: string
  readonly address: string
  readonly query: (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
}
export type WatchedCluster = {
  readonly members: readonly Watched[]
  readonly until: (what: string, so: () => Promise<boolean> | boolean) => Promise<void>
}

/** What a superuser runs on the primary before anybody can be watched; may run again. */
export const witnessSql: readonly string[] = [
  `do $$ begin
     if not exists (select from pg_roles where rolname = 'app') then
       create role app login password 'app''s secret';
     end if;
   end $$`,
  "create table if not exists written (id bigint primary key, by text not null)",
  "grant insert, select on written to app",
]

/** Who may read what was written, and write. */
export const witness = { ...user, database: "postgres" }

/** A statement that was not answered in time. */
type Silent = { readonly settled: Promise<void> }

export class Witnesses implements AsyncDisposable {
  readonly acks: Ack[] = []
  /** Writes that a server was asked for and did not do, by the time of the answer; standbys' refusals are none. */
  readonly failures: { readonly by: string; readonly at: number; readonly why: string }[] = []
  readonly #cluster: WatchedCluster
  readonly #standstills: Standstill[] = []
  readonly #stop = new AbortController()
  readonly #open = new Set<Socket>()
  readonly #running: Promise<void>[] = []
  #next = 0

  private constructor(cluster: WatchedCluster) {
    this.#cluster = cluster
  }

  static async start(cluster: WatchedCluster, primary: Watched): Promise<Witnesses> {
    for (const statement of witnessSql) await primary.query(statement)
    return Witnesses.watching(cluster)
  }

  /** Watches a cluster where `witnessSql` was run. */
  static watching(cluster: WatchedCluster): Witnesses {
    const witnesses = new Witnesses(cluster)
    for (const member of cluster.members) witnesses.watch(member)
    return witnesses
  }

  /** Tries to write to this one too from now on. */
  watch(member: Watched): void {
    this.#running.push(this.#watch(member))
  }

  /** All of a member stood still: what it kept back may be answered as it wakes, if it is not lost. */
  stoodStill(standstill: Standstill): void {
    this.#standstills.push(standstill)
  }

  /** What was acknowledged by now does not count any more: some of it is lost, or was never the cluster's. */
  forget(): void {
    this.acks.length = 0
  }

  /** Stops; what was acknowledged stays to be looked at. */
  async finish(): Promise<void> {
    this.#stop.abort()
    for (const socket of this.#open) socket.destroy()
    await Promise.all(this.#running)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish()
  }

  /** Resolves when `more` commits that were sent from now on are acknowledged. */
  async writing(more = 20): Promise<void> {
    const from = performance.now()
    await this.#cluster.until("clients write", () => {
      let count = 0
      for (let at = this.acks.length - 1; at >= 0 && count < more; at -= 1) {
        if ((this.acks[at]?.sent ?? 0) < from) break
        count += 1
      }
      return count >= more
    })
  }

  /** Longest time without an acknowledged commit that ended after `since`, in milliseconds. */
  gap(since: number): number {
    return longestGap(this.acks, since)
  }

  /** Acknowledged commits that `member` does not have. */
  async missingOn(member: Watched): Promise<readonly Ack[]> {
    // Taken before the question: what is acknowledged while the answer is on its way is not in it.
    const noted = [...this.acks]
    const rows = await member.query("select id::int4 as id from written")
    const there = new Set(rows.map((row) => row["id"]))
    return noted.filter(({ id }) => !there.has(id))
  }

  /** Nothing contradicts S1, and every member comes to have every acknowledged commit (S2). */
  async nothingLost(members: readonly Watched[] = this.#cluster.members): Promise<void> {
    const problems = contradictions(this.acks, this.#standstills)
    assert.equal(problems.length, 0, problems.slice(0, 5).join("\n"))
    for (const member of members) {
      let missing: readonly Ack[] | undefined
      await this.#cluster
        .until(`${member.pod} has every acknowledged commit`, async () => {
          missing = await this.missingOn(member).catch(() => undefined)
          return missing?.length === 0
        })
        .catch((failure: unknown) => {
          const shown = JSON.stringify(missing?.slice(0, 5))
          throw new Error(`${missing?.length ?? "?"} commits are missing: ${shown}`, {
            cause: failure,
          })
        })
    }
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #watch(member: Watched): Promise<void> {
    const forgotten = new Set<Silent>()
    while (!this.#stop.signal.aborted) {
      const silent = await this.#write(member)
      if (silent !== undefined) {
        forgotten.add(silent)
        void silent.settled.then(() => forgotten.delete(silent))
      }
      do await this.#pause(connectPause)
      while (forgotten.size >= forgottenMax && !this.#stopped)
    }
  }

  /** Writes over one connection until it breaks; returns the statement that was not answered in time, if it is that. */
  async #write(member: Watched): Promise<Silent | undefined> {
    // The server may be frozen: it is not asked to say goodbye, its connection is destroyed.
    const socket = new Socket()
    const client = new pg.Client({
      ...witness,
      host: member.address,
      port: port.postgres,
      connectionTimeoutMillis: patience,
      stream: () => socket,
    })
    client.on("error", () => undefined)
    this.#open.add(socket)
    const close = (): void => {
      socket.destroy()
      this.#open.delete(socket)
    }
    try {
      await client.connect()
      while (!this.#stop.signal.aborted) {
        const asked = this.#insert(client, member)
        const done = await Promise.race([asked, this.#pause(patience)])
        // What is answered after all is noted.
        if (done === undefined && !this.#stopped) return { settled: asked.then(close, close) }
        await this.#pause(done === "acknowledged" ? writePause : refusedPause)
      }
    } catch {
      // A broken connection; the next one follows.
    }
    close()
    return undefined
  }

  async #insert(client: pg.Client, member: Watched): Promise<"acknowledged" | "refused"> {
    this.#next += 1
    const id = this.#next
    const sent = performance.now()
    try {
      const { rows } = await client.query<{ timeline: string }>(
        `insert into public.written values ($1, $2)
         returning substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline`,
        [id, member.pod],
      )
      const timeline = rows[0]?.timeline ?? ""
      this.acks.push({ id, by: member.pod, timeline, sent, at: performance.now() })
      return "acknowledged"
    } catch (failure) {
      // A standby, whose connection stays good. Anything else ends the connection.
      if (isReadOnly(failure)) return "refused"
      if (!this.#stop.signal.aborted)
        this.failures.push({ by: member.pod, at: performance.now(), why: String(failure) })
      throw failure
    }
  }

  #pause(ms: number): Promise<undefined> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#stop.signal.removeEventListener("abort", done)
        resolve(undefined)
      }
      const timer = setTimeout(done, ms)
      this.#stop.signal.addEventListener("abort", done, { once: true })
    })
  }
}

const isReadOnly = (failure: unknown): boolean =>
  failure instanceof Error && "code" in failure && failure.code === "25006"
