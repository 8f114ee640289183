/** Wakes the loop: rung by whatever changed, heard once however often it was rung. */
import type { Millis } from "#core/units.ts"

export class Bell {
  #rung = false
  #wake: (() => void) | undefined

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
        clearTimeout(timer)
        signal.removeEventListener("abort", done)
        this.#wake = undefined
        this.#rung = false
        resolve()
      }
      const timer = setTimeout(done, Math.max(0, longest))
      signal.addEventListener("abort", done, { once: true })
      this.#wake = done
    })
  }
}
