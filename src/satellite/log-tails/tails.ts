/**
 * Logs of this site that somebody follows. Each tail is bounded in time, in what waits and in what it sends;
 * all of them belong to the present stream and end with it. Batches are fetched, never pushed: whatever else
 * central should hear goes first.
 */
import type { TailId } from "#core/ids.ts"
import { Backlog } from "#core/logs/backlog.ts"
import { TailReader } from "#core/logs/tail-reader.ts"
import { type TailBatch, tailBounds, type TailOrder, type TailStanding } from "#core/logs/tail.ts"
import { millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import type { Source } from "./source.ts"

export type LogTailsOptions = {
  readonly clock: Clock
  readonly log: Log
  readonly sourceOf: (order: TailOrder) => Source
  /** There may be a batch to fetch. */
  readonly ready: () => void
}

/** A reader whose lines are left out already rests so long between two pieces. */
const restWhenFull = millis(20)

type Tail = {
  readonly order: TailOrder
  readonly backlog: Backlog
  readonly stop: AbortController
  standing: TailStanding
  /** The standing is not told yet. */
  isNews: boolean
  sequence: number
  /** When the last batch was fetched, on the clock. */
  sentAt: number
}

export class LogTails implements Disposable {
  readonly #options: LogTailsOptions
  /** In the order in which they may send next. */
  readonly #tails = new Map<TailId, Tail>()
  readonly #refused = new Map<TailId, TailBatch>()
  #silence: (() => void) | undefined

  constructor(options: LogTailsOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#tails.size
  }

  start(order: TailOrder): void {
    const { ready, clock } = this.#options
    if (this.#tails.has(order.tail)) return
    if (this.#tails.size >= tailBounds.perSatellite) {
      if (this.#refused.size < tailBounds.perSatellite)
        this.#refused.set(order.tail, refusal(order.tail))
      return ready()
    }
    const tail: Tail = {
      order,
      backlog: new Backlog(),
      stop: new AbortController(),
      standing: { kind: "following" },
      isNews: true,
      sequence: 0,
      sentAt: clock.now() - tailBounds.every,
    }
    this.#tails.set(order.tail, tail)
    void this.#run(tail)
    ready()
  }

  stop(id: TailId): void {
    this.#end(id, new Error("nobody watches any more"))
  }

  /** The stream is over, and with it everything that was asked for on it. */
  endAll(): void {
    for (const id of this.#tails.keys()) this.#end(id, new Error("the stream ended"))
    this.#refused.clear()
    this.#silence?.()
    this.#silence = undefined
  }

  [Symbol.dispose](): void {
    this.endAll()
  }

  #end(id: TailId, why: Error): void {
    this.#tails.get(id)?.stop.abort(why)
    this.#tails.delete(id)
  }

  /** What is to be said now, of the tail that has waited longest. */
  next(): TailBatch | undefined {
    for (const [id, batch] of this.#refused) {
      this.#refused.delete(id)
      return batch
    }
    const now = this.#options.clock.now()
    let soonest: number | undefined
    for (const [id, tail] of this.#tails) {
      const due = dueAt(tail)
      if (due > now) {
        soonest = Math.min(soonest ?? due, due)
        continue
      }
      this.#tails.delete(id)
      const batch = fetched(tail, now)
      // Last in the row; a tail that said its end is not there any more.
      if (batch.standing.kind !== "ended") this.#tails.set(id, tail)
      return batch
    }
    if (soonest !== undefined) this.#wakeAfter(soonest - now)
    return undefined
  }

  #wakeAfter(wait: number): void {
    this.#silence?.()
    this.#silence = this.#options.clock.alarm(millis(wait), this.#options.ready)
  }

  async #run(tail: Tail): Promise<void> {
    const { clock, log, sourceOf, ready } = this.#options
    const { order, backlog, stop } = tail
    const stand = (standing: TailStanding): void => {
      // Its end is its last word.
      if (tail.standing.kind === "ended" || stop.signal.aborted) return
      tail.standing = standing
      tail.isNews = true
      ready()
    }
    const reader = new TailReader(order.filter)
    const silence = clock.alarm(seconds(order.seconds), () => {
      stand({
        kind: "ended",
        end: "time-is-up",
        why: `it was followed for ${Math.round(order.seconds / 60)} minutes`,
      })
      stop.abort(new Error("its time is up"))
    })
    try {
      const ended = await sourceOf(order)(
        order.lines,
        {
          line: (raw) => {
            const line = reader.read(raw)
            if (line === undefined || stop.signal.aborted) return
            const wasEmpty = backlog.isEmpty
            backlog.put(line)
            if (wasEmpty) ready()
          },
          following: () => stand({ kind: "following" }),
          waiting: (why) => stand({ kind: "waiting", why }),
          room: async () => {
            if (backlog.isFull) await clock.sleep(restWhenFull, stop.signal)
          },
        },
        stop.signal,
      )
      stand({ kind: "ended", ...ended })
    } catch (failure) {
      if (stop.signal.aborted) return
      log.error("log-tail.failed", { failure, source: order.source.kind })
      const why = failure instanceof Error ? failure.message : "it could not be read"
      stand({ kind: "ended", end: "failed", why: why.slice(0, 500) })
    } finally {
      silence()
    }
  }
}

function dueAt({ backlog, isNews, sentAt }: Tail): number {
  return sentAt + (isNews || !backlog.isEmpty ? tailBounds.every : tailBounds.pulseEvery)
}

function fetched(tail: Tail, now: number): TailBatch {
  const { order, backlog } = tail
  const taken = backlog.take()
  // What was read before the end comes before it.
  const isLast = backlog.isEmpty
  const standing: TailStanding =
    tail.standing.kind === "ended" && !isLast ? { kind: "following" } : tail.standing
  tail.isNews = tail.standing.kind === "ended" && !isLast
  tail.sentAt = now
  tail.sequence += 1
  return { tail: order.tail, sequence: tail.sequence, ...taken, standing }
}

const refusal = (tail: TailId): TailBatch => ({
  tail,
  sequence: 1,
  dropped: 0,
  lines: [],
  standing: {
    kind: "ended",
    end: "too-many",
    why: `${tailBounds.perSatellite} logs of this site are followed already: close one of them`,
  },
})
