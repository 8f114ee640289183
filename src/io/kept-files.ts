/**
 * What was made of small files that somebody else replaces: made anew only when the file system shows a change, for
 * looking is one step and reading is five. One stands for what is read of several files together.
 */
import { type Stats, statSync } from "node:fs"
import { stat } from "node:fs/promises"

/** A file system counts time in steps; what was read in the step of its change may have changed once more in it. */
const stepMax = 100

type Kept<T> = {
  readonly value: T
  readonly stamp: string
  /** When this stamp was first seen, in milliseconds of this process. */
  readonly since: number
  /** It was read so long after that, that any change from then on shows. */
  readonly isSettled: boolean
}

/**
 * How the file system is asked. `beside`, by another thread, wherever it may not answer. `at-once` where it has its
 * answer at hand, as for what Kubernetes mounts into a pod: that takes a tenth of it.
 */
export type Asking = "at-once" | "beside"

export class KeptFiles<T> {
  readonly #files: readonly string[]
  readonly #read: () => Promise<T>
  readonly #asking: Asking
  #kept: Kept<T> | undefined

  /** `read` makes the value of what is in `files` now; where it throws, nothing is kept. */
  constructor(files: readonly string[], read: () => Promise<T>, asking: Asking) {
    this.#files = files
    this.#read = read
    this.#asking = asking
  }

  /** The value as the files are now. */
  async get(): Promise<T> {
    const stamps =
      this.#asking === "at-once"
        ? this.#files.map(stampNow)
        : await Promise.all(this.#files.map(stampOf))
    const stamp = stamps.join("/")
    const before = this.#kept?.stamp === stamp ? this.#kept : undefined
    if (before?.isSettled === true) return before.value
    const now = performance.now()
    const since = before?.since ?? now
    this.#kept = undefined
    const value = await this.#read()
    this.#kept = { value, stamp, since, isSettled: now - since > stepMax }
    return value
  }
}

async function stampOf(file: string): Promise<string> {
  try {
    return inWords(await stat(file))
  } catch {
    return none
  }
}

function stampNow(file: string): string {
  try {
    const found = statSync(file, { throwIfNoEntry: false })
    return found === undefined ? none : inWords(found)
  } catch {
    return none
  }
}

/** Whether that is a failure, reading says. */
const none = "none"
const inWords = ({ ino, size, mtimeMs, ctimeMs }: Stats): string =>
  `${ino} ${size} ${mtimeMs} ${ctimeMs}`
