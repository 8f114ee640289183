/** All chance of a run comes from here, so that a seed replays exactly. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = (seed * 0x9e3779b1 + 0x7f4a7c15) >>> 0
  }

  /** In [0, 1) (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let value = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }

  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.next() * list.length)]
  }

  /** Picks by weight. */
  weighed<T extends string>(weights: Readonly<Record<T, number>>): T {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of this very record
    const names = Object.keys(weights) as T[]
    let left = this.next() * names.reduce((sum, name) => sum + weights[name], 0)
    for (const name of names) {
      left -= weights[name]
      if (left < 0) return name
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- weights is never empty
    return names[names.length - 1] as T
  }
}
