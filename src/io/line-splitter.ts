/** Lines out of bytes as they come, cut anywhere: in the middle of a line, or of a character. */

export type SplitLine = {
  readonly text: string
  /** It was longer than the bound; the rest is left out. */
  readonly isCut: boolean
}

const newline = 0x0a

export class LineSplitter {
  readonly #bytesMax: number
  #part: Buffer = Buffer.alloc(0)
  #isCut = false

  /** The rest of a line beyond `bytesMax` is left out. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Lines that ended with these bytes. */
  push(bytes: Uint8Array): readonly SplitLine[] {
    const lines: SplitLine[] = []
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let from = 0
    for (;;) {
      const end = all.indexOf(newline, from)
      if (end < 0) break
      this.#keep(all.subarray(from, end))
      lines.push(this.#line())
      from = end + 1
    }
    this.#keep(all.subarray(from))
    return lines
  }

  /** The last line, if it has no end. */
  end(): readonly SplitLine[] {
    return this.#part.length === 0 && !this.#isCut ? [] : [this.#line()]
  }

  #keep(bytes: Buffer): void {
    const room = this.#bytesMax - this.#part.length
    if (bytes.length > room) this.#isCut = true
    if (room > 0 && bytes.length > 0)
      this.#part = Buffer.concat([this.#part, bytes.subarray(0, room)])
  }

  #line(): SplitLine {
    const whole = this.#isCut ? withoutHalf(this.#part) : this.#part
    const line = { text: whole.toString("utf8").replace(/\r$/, ""), isCut: this.#isCut }
    this.#part = Buffer.alloc(0)
    this.#isCut = false
    return line
  }
}

/** Without the character that the bound cut in two. */
function withoutHalf(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return bytes
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return back < length ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}
