/**
 * Follows the file that the supervisor copies the server's log to. Never in the server's way, and bounded
 * in all it holds: what comes faster than it can be looked at is left out and counted. The place that was
 * read last is remembered beside the file, so that a restarted sidecar goes on there.
 */
import { statSync } from "node:fs"
import { type FileHandle, open, readFile, rename, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"

export type LogLook = {
  readonly lines: readonly string[]
  /** Bytes that were left out before `lines`. */
  readonly droppedBytes: number
  /** All that was written is read. */
  readonly atEnd: boolean
}

/** One look takes at most so much; the caller rests between two. */
const lookMax = 128 * 1024
/** Whoever is so far behind goes on near the end. */
const backlogMax = 2 * 1024 * 1024
const keptBacklog = 256 * 1024
/** The rest of a longer line is left out: no rule reads so far. */
export const lineMax = 16 * 1024
/** A file that is read to its end is emptied beyond this; the supervisor does it at four times as much. */
const emptyAbove = 1024 * 1024

const newline = 0x0a
const positionSchema = z.object({ inode: z.number(), offset: z.number().int().min(0) })

export class LogFile implements AsyncDisposable {
  readonly #file: string
  readonly #position: string
  #handle: FileHandle | undefined
  #inode = 0
  #offset = 0
  /** The beginning of a line whose end is not written yet. */
  #part = Buffer.alloc(0)
  /** The rest of the present line is left out. */
  #skips = false
  #saved = ""
  #isFirst = true

  /** `folder`: where the supervisor puts `server.log`. */
  constructor(folder: string) {
    this.#file = join(folder, "server.log")
    this.#position = join(folder, "position.json")
  }

  /** What was written since the last look, as far as one look goes. */
  async look(): Promise<LogLook> {
    if (this.#isCalm()) return { lines: [], droppedBytes: 0, atEnd: true }
    const handle = await this.#opened()
    if (handle === undefined) return { lines: [], droppedBytes: 0, atEnd: true }
    const { size } = await handle.stat()
    if (size < this.#offset) this.#begin(0) // emptied
    const droppedBytes = this.#leaveOut(size)
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.allocUnsafe(Math.min(lookMax, Math.max(0, size - this.#offset))),
      position: this.#offset,
    })
    this.#offset += bytesRead
    const lines = this.#split(buffer.subarray(0, bytesRead))
    const atEnd = this.#offset >= size
    if (atEnd && bytesRead === 0 && size > emptyAbove) await this.#empty(handle, size)
    // A place that is not remembered costs a second look at some lines; the lines themselves are worth more.
    await this.#save().catch(() => undefined)
    return { lines, droppedBytes, atEnd }
  }

  /** Nothing was written. Asked several times a second of a volume in memory, so without another thread. */
  #isCalm(): boolean {
    if (this.#handle === undefined) return false
    const found = statSync(this.#file, { throwIfNoEntry: false })
    return found?.ino === this.#inode && found.size === this.#offset && found.size <= emptyAbove
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  #begin(offset: number): void {
    this.#offset = offset
    this.#part = Buffer.alloc(0)
    this.#skips = false
  }

  async #opened(): Promise<FileHandle | undefined> {
    const found = await stat(this.#file).catch(() => undefined)
    if (found === undefined) return this.#handle
    if (this.#handle !== undefined && found.ino === this.#inode) return this.#handle
    const handle = await open(this.#file, "r+").catch(() => undefined)
    if (handle === undefined) return undefined
    await this.#handle?.close()
    this.#handle = handle
    this.#inode = (await handle.stat()).ino
    this.#begin(this.#isFirst ? await this.#remembered() : 0)
    this.#isFirst = false
    return handle
  }

  /** Bytes that are passed over because there are too many of them. */
  #leaveOut(size: number): number {
    if (size - this.#offset <= backlogMax) return 0
    const dropped = size - keptBacklog - this.#offset
    this.#begin(size - keptBacklog)
    this.#skips = true
    return dropped
  }

  #split(bytes: Buffer): readonly string[] {
    const lines: string[] = []
    let from = 0
    for (;;) {
      const end = bytes.indexOf(newline, from)
      if (end < 0) break
      const piece = bytes.subarray(from, end)
      if (!this.#skips) lines.push(text(Buffer.concat([this.#part, piece])))
      this.#part = Buffer.alloc(0)
      this.#skips = false
      from = end + 1
    }
    this.#keepPart(bytes.subarray(from), lines)
    return lines
  }

  /** A line that is too long is given out without its end, which is skipped when it comes. */
  #keepPart(rest: Buffer, lines: string[]): void {
    if (this.#skips || rest.length === 0) return
    const part = Buffer.concat([this.#part, rest])
    if (part.length < lineMax) {
      this.#part = part
      return
    }
    lines.push(text(part))
    this.#part = Buffer.alloc(0)
    this.#skips = true
  }

  /**
   * Nothing came since the last look: what is written between these two calls is lost, which are
   * microseconds in an idle moment.
   */
  async #empty(handle: FileHandle, size: number): Promise<void> {
    if ((await handle.stat()).size !== size) return
    await handle.truncate(0)
    this.#offset = 0
  }

  async #remembered(): Promise<number> {
    try {
      const { inode, offset } = positionSchema.parse(
        JSON.parse(await readFile(this.#position, "utf8")),
      )
      return inode === this.#inode ? offset : 0
    } catch {
      return 0 // there was no sidecar before this one, or it did not get so far
    }
  }

  async #save(): Promise<void> {
    const offset = this.#offset - this.#part.length
    const content = JSON.stringify({ inode: this.#inode, offset })
    if (content === this.#saved) return
    await writeFile(`${this.#position}.new`, content, { mode: 0o600 })
    await rename(`${this.#position}.new`, this.#position)
    this.#saved = content
  }
}

/** Bytes that are no UTF-8 become replacement characters. */
const text = (line: Buffer): string => line.subarray(0, lineMax).toString("utf8")
