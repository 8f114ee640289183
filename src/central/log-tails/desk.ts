/**
 * Logs that people follow by this central, and batches of sites on their way to them. The satellite's stream may be
 * on another central: then what it sends goes through the database, and a notification says that it is there.
 * Nobody on this way waits for anybody: what does not fit is left out and counted.
 */
import { randomUUID } from "node:crypto"
import type { WebSocket } from "ws"
import { type SatelliteId, type TailId, tailId } from "#core/ids.ts"
import { type TailBatch, tailBounds } from "#core/logs/tail.ts"
import { seconds } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
import { shownBatch } from "#wire/log-tail-live.ts"
import type { Actor } from "../intent/actor.ts"
import { openTail, type TailWish } from "../intent/log-tails.ts"
import type { Guest } from "../live/audience.ts"
import { notify } from "../store/change.ts"
import { deleteTail, presentTails, putBatch, renewTails, takeBatches } from "../store/log-tail.ts"
import { linesIn, type Numbered, queued, withDropped } from "./forwarding.ts"
import { Watcher } from "./watcher.ts"

const tendEvery = seconds(5)
/** Tails of watchers elsewhere: more than all sites of a fleet that are looked at at once. */
const forwardedTailsMax = 500

type Forward = {
  readonly satellite: SatelliteId
  queue: readonly Numbered[]
  /** Lines that did not get through, to be told with the next that do. */
  missing: number
}

export class TailDesk {
  readonly #database: Database
  readonly #log: Log
  readonly #watchers = new Map<TailId, Watcher>()
  readonly #forwards = new Map<TailId, Forward>()
  /** Tails of watchers here about which the database may have news. */
  readonly #toLookAt = new Set<TailId>()
  #wake: () => void = () => {}
  #tendedAt = 0

  constructor(database: Database, log: Log) {
    this.#database = database
    this.#log = log
  }

  get count(): number {
    return this.#watchers.size
  }

  /** Lets somebody follow a log until the socket closes. What stands in the way is told over the socket. */
  async open(
    socket: WebSocket,
    caller: Guest & Actor,
    now: () => Promise<Guest | undefined>,
    wish: TailWish,
  ): Promise<void> {
    const watcher = new Watcher(socket, caller, now, () => systemClock.now())
    if (this.#watchers.size >= tailBounds.perCentral)
      return watcher.end("too-many", "too many logs are followed already; try again later")
    const tail = tailId(randomUUID())
    // Before the row is there: the site may answer as soon as it is.
    this.#watchers.set(tail, watcher)
    const left = Promise.withResolvers<void>()
    socket.once("close", () => left.resolve())
    try {
      const outcome = await openTail(this.#database, tail, wish, caller)
      if (outcome.kind === "not-opened") return watcher.end(outcome.end, outcome.why)
      watcher.begin(outcome.satellite)
      this.look([tail])
      if (socket.readyState !== socket.CLOSED) await left.promise
      await deleteTail(this.#database.sql, tail)
    } catch (error) {
      this.#log.warn("log-tail.failed", { error })
      watcher.end("failed", "central cannot say; try again")
    } finally {
      this.#watchers.delete(tail)
    }
  }

  /** A batch of a satellite whose stream is here. Returns at once, whatever becomes of it. */
  deliver(satellite: SatelliteId, batch: TailBatch): void {
    const numbered = { sequence: batch.sequence, message: shownBatch(batch) }
    const watcher = this.#watchers.get(batch.tail)
    if (watcher === undefined) return this.#forward(satellite, batch.tail, numbered)
    watcher.take(satellite, numbered)
  }

  #forward(satellite: SatelliteId, tail: TailId, numbered: Numbered): void {
    const before = this.#forwards.get(tail)
    if (before === undefined && this.#forwards.size >= forwardedTailsMax) return
    const forward = before ?? { satellite, queue: [], missing: 0 }
    forward.queue = queued(forward.queue, numbered)
    this.#forwards.set(tail, forward)
    this.#wake()
  }

  /** News of these tails may be in the database. */
  look(tails: readonly TailId[]): void {
    for (const tail of tails) if (this.#watchers.has(tail)) this.#toLookAt.add(tail)
    if (this.#toLookAt.size > 0) this.#wake()
  }

  lookAtAll(): void {
    this.look([...this.#watchers.keys()])
  }

  /** Works until `signal`. While the database is away nothing waits for it but what is bounded. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#toLookAt.size === 0 && ![...this.#forwards.values()].some(isWaiting))
        await this.#woken(signal)
      try {
        await this.#putDown()
        await this.#fetch()
        await this.#tend()
      } catch (error) {
        if (error instanceof Outage) this.#log.debug("log-tails.waiting", { why: error.message })
        else this.#log.error("log-tails.failed", { error })
        await systemClock.sleep(seconds(1), signal).catch(() => {})
      }
    }
  }

  async #woken(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const silence = systemClock.alarm(tendEvery, resolve)
      const stop = (): void => resolve()
      signal.addEventListener("abort", stop, { once: true })
      if (signal.aborted) resolve()
      this.#wake = () => {
        silence()
        signal.removeEventListener("abort", stop)
        resolve()
      }
    })
    this.#wake()
    this.#wake = () => {}
  }

  /** Batches for watchers at other centrals. */
  async #putDown(): Promise<void> {
    for (const [tail, forward] of this.#forwards) {
      const [first, ...rest] = forward.queue
      if (first === undefined) continue
      const message = withDropped(first.message, forward.missing)
      // Taken out before anybody is waited for: more comes meanwhile, and may push out what is still there.
      forward.queue = rest
      forward.missing = linesIn(message)
      if (await this.#isPut(forward.satellite, tail, { ...first, message })) forward.missing = 0
      if (message.standing.kind === "ended") this.#forwards.delete(tail)
    }
  }

  #isPut(satellite: SatelliteId, tail: TailId, numbered: Numbered): Promise<boolean> {
    return this.#database.transaction(async (sql) => {
      if (!(await putBatch(sql, { satellite, tail, ...numbered }))) return false
      await notify(sql, { kind: "log-lines", ids: [tail] })
      return true
    })
  }

  /** What other centrals put down for watchers here. */
  async #fetch(): Promise<void> {
    const tails = [...this.#toLookAt].filter((tail) => this.#watchers.get(tail)?.hasBegun === true)
    this.#toLookAt.clear()
    if (tails.length === 0) return
    const { sql } = this.#database
    const batches = await takeBatches(sql, tails)
    for (const { satellite, tail, ...numbered } of batches)
      this.#watchers.get(tail)?.take(satellite, numbered)
    this.#endOthers(tails, await presentTails(sql, tails))
  }

  /** Keeps what is watched here, and ends what is not there any more. */
  async #tend(): Promise<void> {
    const now = systemClock.now()
    if (now - this.#tendedAt < tendEvery) return
    this.#tendedAt = now
    // Tails that nobody follows any more leave nothing behind.
    for (const [tail, { queue }] of this.#forwards)
      if (queue.length === 0) this.#forwards.delete(tail)
    const begun = [...this.#watchers].filter(([, { hasBegun }]) => hasBegun).map(([tail]) => tail)
    if (begun.length > 0) this.#endOthers(begun, await renewTails(this.#database.sql, begun))
    for (const watcher of this.#watchers.values()) watcher.endOverdue()
  }

  /** The row of a tail goes with the stream that brings it. */
  #endOthers(tails: readonly TailId[], there: ReadonlySet<string>): void {
    for (const tail of tails)
      if (!there.has(tail))
        this.#watchers.get(tail)?.end("offline", "the line to the site broke off")
  }

  /** Shows that the lines live, and lets go of those who may not follow a log any more. */
  async pulse(): Promise<void> {
    for (const watcher of this.#watchers.values()) await watcher.pulse()
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close(1001, "central stops")
  }
}

const isWaiting = ({ queue }: Forward): boolean => queue.length > 0
