/** From raw lines of one source to what its watcher gets: without passwords, with a level, filtered, bounded. */
import { ownLevel } from "./line-level.ts"
import { masked, type MaskMemory, plainMemory } from "./mask.ts"
import { isAtLeast, type LineLevel, type TailFilter, type TailLine, tailBounds } from "./tail.ts"

export type RawLine = {
  readonly at: number | undefined
  readonly text: string
  readonly isCut: boolean
}

export class TailReader {
  readonly #filter: TailFilter
  #memory: MaskMemory = plainMemory
  #level: LineLevel = "info"
  #hasBegun = false

  constructor(filter: TailFilter) {
    this.#filter = filter
  }

  /** Undefined for a line that its watcher does not get. */
  read({ at, text: raw, isCut }: RawLine): TailLine | undefined {
    // A tail may begin in the middle of a statement, where nobody knows what the line before left open.
    if (!this.#hasBegun && raw.startsWith("\t")) return undefined
    this.#hasBegun = true
    const { memory, text } = masked(this.#memory, raw)
    this.#memory = memory
    this.#level = ownLevel(text) ?? this.#level
    const { level, text: wanted } = this.#filter
    if (!isAtLeast(this.#level, level)) return undefined
    if (wanted !== undefined && !text.toLowerCase().includes(wanted.toLowerCase())) return undefined
    const isLong = text.length > tailBounds.lineMax
    const shown = isLong ? text.slice(0, tailBounds.lineMax) : text
    return {
      at,
      level: this.#level,
      // Neither half a character nor a NUL can be told on the wire.
      text: shown.replaceAll("\0", "\u{FFFD}").toWellFormed(),
      isCut: isCut || isLong,
    }
  }
}
