/** The log of one run of a container: lines with their time, in a file that is turned over at a bound. */
import { EventEmitter } from "node:events"
import {
  type WriteStream,
  createReadStream,
  createWriteStream,
  existsSync,
  renameSync,
  statSync,
} from "node:fs"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"

const fileBytesMax = 10 * 1024 * 1024
const lineBytesMax = 16 * 1024

/** Turned over once: at most two files of the bound. */
const older = (file: string): string => `${file}.1`

export class LogFile extends EventEmitter<{ line: [string]; end: [] }> {
  readonly file: string
  #stream: WriteStream
  #size: number
  #isEnded = false

  constructor(file: string) {
    super()
    this.setMaxListeners(0)
    this.file = file
    this.#size = existsSync(file) ? statSync(file).size : 0
    this.#stream = createWriteStream(file, { flags: "a", mode: 0o640 })
    // A full disk costs log lines, never the container.
    this.#stream.on("error", () => undefined)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Takes in a stream of the container until it ends. */
  take(stream: Readable, name: "stdout" | "stderr"): void {
    let rest = ""
    stream.setEncoding("utf8")
    stream.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) this.#write(name, line)
      if (rest.length > lineBytesMax) {
        this.#write(name, rest)
        rest = ""
      }
    })
    stream.once("close", () => {
      if (rest !== "") this.#write(name, rest)
      rest = ""
    })
    stream.on("error", () => undefined)
  }

  #write(name: string, text: string): void {
    if (this.#isEnded) return
    const line = `${new Date().toISOString()} ${name} ${text}`
    this.#size += Buffer.byteLength(line) + 1
    this.#stream.write(`${line}\n`)
    this.emit("line", line)
    if (this.#size > fileBytesMax) this.#turn()
  }

  #turn(): void {
    this.#stream.end()
    renameSync(this.file, older(this.file))
    this.#stream = createWriteStream(this.file, { flags: "a", mode: 0o640 })
    this.#stream.on("error", () => undefined)
    this.#size = 0
  }

  /** No line comes after this; those written are on disk when it is done. */
  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#stream.end(() => {
      resolve(undefined)
    })
    await promise
    this.emit("end")
  }

  /** Writes out what is buffered, so that a reader of the file sees it. */
  async flush(): Promise<void> {
    if (this.#isEnded) return
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#stream.write("", () => {
      resolve(undefined)
    })
    await promise
  }
}

/** All lines of a log that is on disk, oldest first. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  for (const part of [older(file), file]) {
    if (!existsSync(part)) continue
    yield* createInterface({ input: createReadStream(part, "utf8"), crlfDelay: Infinity })
  }
}
