/**
 * Events on their way to central, on disk: they outlive central's absence and the satellite's restart,
 * and stay until central says that it has them. Bounded: when full, the oldest of little weight goes
 * first, and what went is counted.
 */
import { mkdirSync, renameSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { type FleetEvent, severities } from "#core/cluster/events.ts"
import { roleChangeOf } from "#core/failover/role-change.ts"
import { clusterId, eventId, podName } from "#core/ids.ts"
import * as z from "zod"

const storedEvent = z.object({
  id: z.string(),
  at: z.number(),
  severity: z.enum(severities),
  kind: z.string(),
  message: z.string(),
  clusterId: z.string().optional(),
  pod: z.string().optional(),
  details: z.record(z.string(), z.string()),
})

/** Some weeks of a site that is well, and about 10 MB. */
export const eventsMax = 10_000

/** Events that nobody will read, and when they happened. */
export type Lost = { readonly count: number; readonly first: number; readonly last: number }

/** 1 where losing it costs a person nothing. A role change is history, however well it went. */
const isLight = ({ severity, kind }: FleetEvent): number =>
  (severity === "debug" || severity === "info") && roleChangeOf(kind) === undefined ? 1 : 0

export class Outbox implements Disposable {
  readonly #database: DatabaseSync
  readonly #most: number
  /** When each event happened that was lost and is not counted on disk yet. */
  #unstored: number[] = []
  #wake: () => void = () => {}

  /** Where a file that could not be read was put; undefined when all was well. */
  readonly setAside: string | undefined

  /** `file` may be `:memory:`. One that is damaged is put aside: it must not stop the satellite. */
  constructor(file: string, most = eventsMax) {
    if (file !== ":memory:") mkdirSync(dirname(file), { recursive: true })
    this.#most = most
    try {
      this.#database = opened(file)
    } catch (failure) {
      if (file === ":memory:" || !isDamaged(failure)) throw failure
      this.setAside = `${file}.damaged`
      renameSync(file, this.setAside)
      for (const beside of ["-wal", "-shm"]) rmSync(`${file}${beside}`, { force: true })
      this.#database = opened(file)
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  /** Called after each `put`; one listener. */
  onPut(wake: () => void): void {
    this.#wake = wake
  }

  /** On disk when it returns. Safe to repeat: an id is stored once. Throws where the disk is full. */
  put(events: readonly FleetEvent[]): void {
    if (events.length === 0) return
    this.#transaction(() => {
      this.#insert(events)
      this.#trim()
    })
    this.#wake()
  }

  #insert(events: readonly FleetEvent[]): void {
    const insert = this.#database.prepare(
      "insert into event (id, light, body) values (?, ?, ?) on conflict (id) do nothing",
    )
    for (const event of events) insert.run(event.id, isLight(event), JSON.stringify(event))
  }

  #trim(): void {
    const surplus = this.size - this.#most
    if (surplus <= 0) return
    const gone = this.#database
      .prepare(
        `delete from event where sequence in
           (select sequence from event order by light desc, sequence limit ?)
         returning body`,
      )
      .all(surplus)
      .map((row) => parseStored(String(row["body"])).at)
    this.#count(gone.length, Math.min(...gone), Math.max(...gone))
  }

  #count(lost: number, first: number, last: number): void {
    this.#database
      .prepare(
        `insert into dropped (one, total, untold, first, last) values (1, ?1, ?1, ?2, ?3)
         on conflict (one) do update set
           total = total + ?1, untold = untold + ?1,
           first = case when untold = 0 then ?2 else min(first, ?2) end,
           last = case when untold = 0 then ?3 else max(last, ?3) end`,
      )
      .run(lost, first, last)
  }

  /** An event that could not even be stored. Counted as soon as there is room to count it. */
  lost(at: number): void {
    this.#unstored.push(at)
  }

  /**
   * Puts what was lost into one event, made by `event` of the sum, so that nobody takes what is left for the
   * whole. Stored together with its being told: a crash neither forgets nor repeats it.
   */
  tellLost(event: (lost: Lost) => FleetEvent): void {
    const unstored = this.#unstored
    this.#transaction(() => {
      if (unstored.length > 0)
        this.#count(unstored.length, Math.min(...unstored), Math.max(...unstored))
      const row = this.#database.prepare("select untold, first, last from dropped").get()
      const count = Number(row?.["untold"] ?? 0)
      if (count === 0) return
      this.#insert([event({ count, first: Number(row?.["first"]), last: Number(row?.["last"]) })])
      this.#database.exec("update dropped set untold = 0")
    })
    this.#unstored = []
    this.#wake()
  }

  /** The oldest, at most `count`. */
  oldest(count: number): readonly FleetEvent[] {
    return this.#database
      .prepare("select body from event order by sequence limit ?")
      .all(count)
      .map((row) => parseStored(String(row["body"])))
  }

  /** Central has them. */
  forget(ids: readonly string[]): void {
    const remove = this.#database.prepare("delete from event where id = ?")
    this.#transaction(() => {
      for (const id of ids) remove.run(id)
    })
  }

  #transaction(work: () => void): void {
    this.#database.exec("begin immediate")
    try {
      work()
      this.#database.exec("commit")
    } catch (failure) {
      // SQLite ends the transaction by itself where the disk is full.
      if (this.#database.isTransaction) this.#database.exec("rollback")
      throw failure
    }
  }

  get size(): number {
    return Number(this.#database.prepare("select count(*) as n from event").get()?.["n"] ?? 0)
  }

  /** Lost to the bound or to a full disk, ever. */
  get dropped(): number {
    const row = this.#database.prepare("select total from dropped").get()
    return Number(row?.["total"] ?? 0) + this.#unstored.length
  }
}

function opened(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    database.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      create table if not exists event (
        sequence integer primary key autoincrement,
        id text not null unique,
        light integer not null,
        body text not null
      ) strict;
      create index if not exists event_light on event (light, sequence);
      create table if not exists dropped (
        one integer primary key check (one = 1),
        total integer not null,
        -- Of these central was not told yet; when they happened.
        untold integer not null,
        first integer not null,
        last integer not null
      ) strict;
    `)
    const check = database.prepare("pragma quick_check(1)").get()?.["quick_check"]
    if (check !== "ok") throw new DamagedOutbox(String(check))
    return database
  } catch (failure) {
    database.close()
    throw failure
  }
}

class DamagedOutbox extends Error {
  override readonly name = "DamagedOutbox"
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const isDamaged = (failure: unknown): boolean =>
  failure instanceof DamagedOutbox ||
  (failure instanceof Error &&
    "errcode" in failure &&
    (failure.errcode === 11 || failure.errcode === 26))

function parseStored(body: string): FleetEvent {
  const event = storedEvent.parse(JSON.parse(body))
  return {
    ...event,
    id: eventId(event.id),
    clusterId: event.clusterId === undefined ? undefined : clusterId(event.clusterId),
    pod: event.pod === undefined ? undefined : podName(event.pod),
  }
}
