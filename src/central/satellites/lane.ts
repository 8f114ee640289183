/**
 * Work that must be done in order and may have to wait for the database: a bounded queue with one
 * worker. Whoever brings more than fits waits, and so does the peer behind it.
 */
export class Lane<T> {
  readonly #waiting: T[] = []
  readonly #most: number
  #changed = Promise.withResolvers<void>()

  constructor(most: number) {
    this.#most = most
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Resolves when there was room, or when `signal` says that nobody works here any more. */
  async put(item: T, signal: AbortSignal): Promise<void> {
    while (this.#waiting.length >= this.#most && !signal.aborted) await this.change(signal)
    if (signal.aborted) return
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
    const changed = this.#changed
    this.#changed = Promise.withResolvers()
    changed.resolve()
  }

  /** Resolves at the next change or abort, whichever is first. */
  async change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const stop = Promise.withResolvers<void>()
    const abort = (): void => stop.resolve()
    signal.addEventListener("abort", abort, { once: true })
    await Promise.race([this.#changed.promise, stop.promise])
    signal.removeEventListener("abort", abort)
  }
}
