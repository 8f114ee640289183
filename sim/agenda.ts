/**
 * The world's time: what happens is kept in order and happens one after the other. After each happening
 * all promises that it settled are followed to their ends before the next, so a run is a function of its seed.
 */
export type Entry = { readonly at: number; readonly order: number; cancelled: boolean }

type Kept = Entry & { readonly run: () => void; readonly quiet: boolean }

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class Agenda {
  now = 0
  happened = 0
  readonly #heap: Kept[] = []
  #order = 0

  /** Does `run` after `delay`; promises that it settles are followed. */
  after(delay: number, run: () => void): Entry {
    return this.#put(delay, run, false)
  }

  /** As `after`, for what settles no promise: saves the look at them. */
  quietly(delay: number, run: () => void): Entry {
    return this.#put(delay, run, true)
  }

  /** Lets the next thing happen. */
  async step(): Promise<void> {
    const next = this.#take()
    if (next === undefined || next.cancelled) return
    this.now = next.at
    this.happened += 1
    next.run()
    if (!next.quiet) await settled()
  }

  #put(delay: number, run: () => void, quiet: boolean): Entry {
    this.#order += 1
    const at = this.now + Math.max(0, delay)
    const entry: Kept = { at, order: this.#order, cancelled: false, run, quiet }
    const heap = this.#heap
    let at_ = heap.length
    heap.push(entry)
    while (at_ > 0) {
      const up = (at_ - 1) >> 1
      const parent = heap[up]
      if (parent === undefined || !before(entry, parent)) break
      heap[at_] = parent
      at_ = up
    }
    heap[at_] = entry
    return entry
  }

  #take(): Kept | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      const [left, right] = [heap[down], heap[down + 1]]
      if (left === undefined) break
      if (right !== undefined && before(right, left)) down += 1
      const child = heap[down]
      if (child === undefined || !before(child, last)) break
      heap[at] = child
      at = down
    }
    heap[at] = last
    return top
  }
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
