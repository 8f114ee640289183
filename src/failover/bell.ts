/** Wakes the loop: rung by whatever changed, heard once however often it was rung. */
import type { Millis } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"

export class Bell {
  readonly #clock: Pick<Clock, "alarm" | "breath">
  #rung = false
  #wake: (() => void) | undefined
  /** Ends every wait; listened to once, not anew with each of them. */
  #end: AbortSignal | undefined

  constructor(clock: Pick<Clock, "alarm" | "breath">) {
    this.#clock = clock
  }

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when it was rung since the last time, after `longest`, or with `signal`. */
  wait(longest: Millis, signal: AbortSignal): Promise<void> {
    if (this.#rung || signal.aborted) {
      this.#rung = false
      return Promise.resolve()
    }
    if (this.#end !== signal) {
      this.#end = signal
      signal.addEventListener("abort", () => this.#wake?.(), { once: true })
    }
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        this.#wake = undefined
        this.#rung = false
        resolve()
      }
      const cancel = this.#clock.alarm(longest, done)
      this.#wake = done
    })
  }

  /** The same, and hears all that rings in the same breath: news often come two or three at a time. */
  async waitForAll(longest: Millis, signal: AbortSignal): Promise<void> {
    await this.wait(longest, signal)
    await this.#clock.breath()
    this.#rung = false
  }
}
