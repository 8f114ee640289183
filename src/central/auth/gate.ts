/** Lets so many through at once; the others wait in the order in which they came. */
export class Gate {
  readonly #atOnceMax: number
  readonly #waiting: (() => void)[] = []
  #within = 0

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#within >= this.#atOnceMax) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      // Whoever leaves hands its place over: the count stays.
      await promise
    } else this.#within += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#within -= 1
      else next()
    }
  }
}
