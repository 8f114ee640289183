/** Lines that wait to be sent: bounded in number and characters, the oldest left out and counted. */
import { type TailLine, tailBounds } from "./tail.ts"

export type Taken = { readonly dropped: number; readonly lines: readonly TailLine[] }

type Bounds = Pick<
  typeof tailBounds,
  "waitingLines" | "waitingCharacters" | "batchLines" | "batchCharacters"
>

export class Backlog {
  readonly #bounds: Readonly<Record<keyof Bounds, number>>
  readonly #lines: TailLine[] = []
  #characters = 0
  #dropped = 0

  constructor(bounds: Readonly<Record<keyof Bounds, number>> = tailBounds) {
    this.#bounds = bounds
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0 && this.#dropped === 0
  }

  /** As good as no room: whoever reads for it may rest. */
  get isFull(): boolean {
    const { waitingLines, waitingCharacters } = this.#bounds
    return this.#lines.length >= waitingLines || this.#characters >= waitingCharacters
  }

  put(line: TailLine): void {
    this.#lines.push(line)
    this.#characters += line.text.length
    const { waitingLines, waitingCharacters } = this.#bounds
    while (this.#lines.length > waitingLines || this.#characters > waitingCharacters) {
      const oldest = this.#lines.shift()
      if (oldest === undefined) return
      this.#characters -= oldest.text.length
      this.#dropped += 1
    }
  }

  /** Lines that nobody has seen are missing here. */
  lost(lines: number): void {
    this.#dropped += lines
  }

  /** The next batch: at least one line, where there is one. */
  take(): Taken {
    const { batchLines, batchCharacters } = this.#bounds
    let characters = 0
    let count = 0
    for (const { text } of this.#lines) {
      characters += text.length
      if (count > 0 && (count >= batchLines || characters > batchCharacters)) break
      count += 1
    }
    const lines = this.#lines.splice(0, count)
    for (const { text } of lines) this.#characters -= text.length
    const dropped = this.#dropped
    this.#dropped = 0
    return { dropped, lines }
  }
}
