/**
 * Work by key, level-triggered: a poke says "look again", never "do this". One pass per key at a time,
 * a poke during a pass makes one more, failures wait longer and longer, and a slow key holds up nobody.
 */
import { backoff } from "#core/backoff.ts"
import { type Millis, millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import { isStop } from "#io/together.ts"

export type Next =
  /** Nothing to do until the next poke. */
  | { readonly kind: "rest" }
  /** Not finished: look again without a poke, soon at first. */
  | { readonly kind: "again" }

export type QueueOptions<Key> = {
  readonly clock: Clock
  readonly work: (key: Key, signal: AbortSignal) => Promise<Next>
  readonly failed: (key: Key, failure: unknown, pause: Millis) => void
  readonly signal: AbortSignal
}

/** Passes of all keys together; the rest wait their turn. */
const passesMax = 4
const passWithin = seconds(60)
/** Between two passes of one key, so that a fight over an object does not become a storm. */
const gap = millis(100)
const bounds = { first: millis(500), longest: seconds(60) }

type Entry = { running: boolean; poked: boolean; attempt: number; wake: AbortController }

/** Asked anew each time: a poke comes while a pass is awaited. */
const isPoked = (entry: Entry): boolean => entry.poked

export class Queue<Key> {
  readonly #options: QueueOptions<Key>
  readonly #entries = new Map<Key, Entry>()
  readonly #workers = new Set<Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #free = passesMax

  constructor(options: QueueOptions<Key>) {
    this.#options = options
  }

  poke(key: Key): void {
    if (this.#options.signal.aborted) return
    const entry = this.#entries.get(key)
    if (entry?.running === true) {
      entry.poked = true
      entry.wake.abort()
      return
    }
    const fresh = { running: true, poked: false, attempt: 0, wake: new AbortController() }
    this.#entries.set(key, fresh)
    const worker = this.#run(key, fresh).finally(() => this.#workers.delete(worker))
    this.#workers.add(worker)
  }

  /** Resolves when every worker has ended; they do once the signal is aborted. */
  async ended(): Promise<void> {
    await Promise.all(this.#workers)
  }

  async #run(key: Key, entry: Entry): Promise<void> {
    const { clock, signal } = this.#options
    while (!signal.aborted) {
      entry.poked = false
      entry.wake = new AbortController()
      const pause = await this.#pass(key, entry)
      if (pause === undefined && !isPoked(entry)) break
      // A poke ends the wait, for it may be what we wait for; the gap stays.
      await sleep(clock, gap, signal)
      if (!isPoked(entry) && pause !== undefined)
        await sleep(clock, pause, AbortSignal.any([signal, entry.wake.signal]))
    }
    entry.running = false
    this.#entries.delete(key)
  }

  /** How long to wait before the next pass; undefined when none is needed. */
  async #pass(key: Key, entry: Entry): Promise<Millis | undefined> {
    const { work, failed, signal } = this.#options
    await this.#turn()
    try {
      const next = await work(key, AbortSignal.any([signal, AbortSignal.timeout(passWithin)]))
      if (next.kind === "rest") {
        entry.attempt = 0
        return undefined
      }
      return this.#longer(entry)
    } catch (failure) {
      if (isStop(failure, signal)) return undefined
      const pause = this.#longer(entry)
      failed(key, failure, pause)
      return pause
    } finally {
      this.#leave()
    }
  }

  #longer(entry: Entry): Millis {
    const pause = backoff(entry.attempt, Math.random(), bounds)
    entry.attempt += 1
    return pause
  }

  async #turn(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}

/** Ends early, and quietly, with the signal. */
async function sleep(clock: Clock, pause: Millis, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(pause, signal)
  } catch (failure) {
    if (!isStop(failure, signal)) throw failure
  }
}
