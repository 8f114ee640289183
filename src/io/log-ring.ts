/** The last lines of a program's own log, in memory, for whoever asks what it wrote just now, and what it writes. */

export type RingLine = { readonly at: number; readonly text: string }

const linesMax = 1000
const charactersMax = 512 * 1024

export class LogRing {
  readonly #lines: RingLine[] = []
  readonly #listeners = new Set<(line: RingLine) => void>()
  #characters = 0

  /** One line, as it was written; masked already, as all that a `Log` writes. */
  readonly put = (text: string): void => {
    const line = { at: Date.now(), text }
    this.#lines.push(line)
    this.#characters += text.length
    while (this.#lines.length > linesMax || this.#characters > charactersMax) {
      const oldest = this.#lines.shift()
      if (oldest === undefined) break
      this.#characters -= oldest.text.length
    }
    for (const listener of this.#listeners) listener(line)
  }

  /** Tells the last `count` lines, and each new one until the function that it returns is called. */
  follow(count: number, listener: (line: RingLine) => void): () => void {
    for (const line of count === 0 ? [] : this.#lines.slice(-count)) listener(line)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
