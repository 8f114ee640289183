/** Wakes the loop: rung by whatever changed, heard once however often it was rung. */
import type { Millis } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"

export class Bell {
  readonly #clock: Pick<Clock, "alarm">
  #rung = false
  #wake: (() => void) | undefined

  constructor(clock: Pick<Clock, "alarm">) {
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
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        signal.removeEventListener("abort", done)
        this.#wake = undefined
        this.#rung = false
        resolve()
      }
      const cancel = this.#clock.alarm(longest, done)
      signal.addEventListener("abort", done, { once: true })
      this.#wake = done
    })
  }
}
