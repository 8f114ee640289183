/**
 * Waits of what is in no hurry: they all end with the same tick, so that many small tasks cost one awakening of the
 * process. A wait ends with the tick that is nearest to its end, and never at once.
 */
import { type Millis, millis } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"

export type Leisure = Pick<Clock, "sleep">

type Sleeper = { left: number; readonly wake: () => void }

export class Ticks implements Leisure {
  readonly #clock: Pick<Clock, "alarm">
  readonly #every: Millis
  readonly #sleepers = new Set<Sleeper>()
  #ticking = false

  constructor(clock: Pick<Clock, "alarm">, every: Millis) {
    this.#clock = clock
    this.#every = every
  }

  sleep(duration: Millis, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const stop = (): void => {
        this.#sleepers.delete(sleeper)
        reject(signal.reason)
      }
      const sleeper: Sleeper = {
        left: Math.max(1, Math.round(duration / this.#every)),
        wake: () => {
          signal.removeEventListener("abort", stop)
          resolve()
        },
      }
      signal.addEventListener("abort", stop, { once: true })
      this.#sleepers.add(sleeper)
      this.#begin()
    })
  }

  #begin(): void {
    if (this.#ticking) return
    this.#ticking = true
    this.#clock.alarm(this.#every, () => this.#tick())
  }

  #tick(): void {
    this.#ticking = false
    for (const sleeper of this.#sleepers) {
      sleeper.left -= 1
      if (sleeper.left > 0) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
    // Whoever was woken and sleeps again counts from this tick.
    if (this.#sleepers.size > 0) this.#begin()
  }
}

/** A tick of half a second. */
export const atLeisure = (clock: Pick<Clock, "alarm">): Leisure => new Ticks(clock, millis(500))
