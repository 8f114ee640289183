/**
 * Work that must be done in order and may have to wait for the database: a bounded queue with one
 * worker. Whoever brings more than fits waits, and so does the peer behind it.
 */
export class Lane<T> {
  readonly #waiting: T[] = []
  readonly #most: number
  readonly #ended: AbortSignal
  #watchers: (() => void)[] = []

  /** `ended` says that nobody works here any more. Thousands of lanes wait most of the time: it is listened to once. */
  constructor(most: number, ended: AbortSignal) {
    this.#most = most
    this.#ended = ended
    ended.addEventListener("abort", () => this.wake(), { once: true })
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Resolves when there was room, or when nobody works here any more. */
  async put(item: T): Promise<void> {
    while (this.#waiting.length >= this.#most && !this.#ended.aborted) await this.change()
    if (this.#ended.aborted) return
    this.#waiting.push(item)
    this.wake()
  }

  take(): T | undefined {
    const item = this.#waiting.shift()
    if (item !== undefined) this.wake()
    return item
  }

  /** Lets everybody who waits for a change look again. */
  wake(): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const look of watchers) look()
  }

  /** Resolves at the next change, or when nobody works here any more. */
  change(): Promise<void> {
    if (this.#ended.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#watchers.push(resolve)
    })
  }
}
