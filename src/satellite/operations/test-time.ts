/** Time for tests that moves only when nothing else is left to happen, so that a busy machine changes nothing. */
import { type Clock, systemClock } from "#io/clock.ts"
import type { Millis } from "#core/units.ts"

type Wait = { readonly at: number; readonly ring: () => void }

/** More than any test takes; one that goes on for ever comes to an end by it. */
const stepsMax = 10_000

export class TestTime {
  #now = 1_750_000_000_000
  readonly #waits = new Set<Wait>()
  readonly clock: Clock = {
    ...systemClock,
    now: () => this.#now,
    wall: () => this.#now,
    sleep: (duration, signal) => this.#sleep(duration, signal),
    alarm: (duration, ring) => this.#alarm(duration, ring),
  }

  /** Lets things happen and time go on until it is so. False when it never will be. */
  async until(so: () => boolean): Promise<boolean> {
    for (let steps = 0; steps < stepsMax; steps += 1) {
      await systemClock.breath()
      if (so()) return true
      if (!this.#next()) return false
    }
    return false
  }

  async pass(duration: Millis): Promise<void> {
    let isOver = false
    this.#alarm(duration, () => {
      isOver = true
    })
    await this.until(() => isOver)
  }

  /** Ends the next wait, the one that began first where several end together. */
  #next(): boolean {
    let next: Wait | undefined
    for (const wait of this.#waits) if (next === undefined || wait.at < next.at) next = wait
    if (next === undefined) return false
    this.#waits.delete(next)
    this.#now = next.at
    next.ring()
    return true
  }

  #alarm(duration: Millis, ring: () => void): () => void {
    const wait = { at: this.#now + Math.max(0, duration), ring }
    this.#waits.add(wait)
    return () => this.#waits.delete(wait)
  }

  async #sleep(duration: Millis, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const end = this.#alarm(duration, () => resolve(undefined))
    const interrupted = (): void => reject(signal.reason)
    signal.addEventListener("abort", interrupted, { once: true })
    try {
      await promise
    } finally {
      end()
      signal.removeEventListener("abort", interrupted)
    }
  }
}
