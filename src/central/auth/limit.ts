/** Token buckets by key, in bounded memory: what slows down guessing and flooding. */
export type LimitOptions = {
  /** How many at once. */
  readonly burst: number
  /** How many a second come back. */
  readonly perSecond: number
  /** Most keys that are remembered; the one that was quiet longest is forgotten. */
  readonly keysMax?: number
}

type Bucket = { left: number; at: number }

export class Limit {
  readonly #buckets = new Map<string, Bucket>()
  readonly #options: LimitOptions

  constructor(options: LimitOptions) {
    this.#options = options
  }

  /** Seconds to wait before `take` may succeed; 0 when it may now. */
  wait(key: string, now: number): number {
    const missing = 1 - this.#filled(key, now).left
    return missing <= 0 ? 0 : Math.ceil(missing / this.#options.perSecond)
  }

  /** Takes one; false when there is none. */
  take(key: string, now: number): boolean {
    const bucket = this.#filled(key, now)
    this.#keep(key, bucket)
    if (bucket.left < 1) return false
    bucket.left -= 1
    return true
  }

  /** Gives one back that was taken for what turned out to be no fault. */
  give(key: string, now: number): void {
    const bucket = this.#filled(key, now)
    bucket.left = Math.min(this.#options.burst, bucket.left + 1)
    this.#keep(key, bucket)
  }

  #filled(key: string, now: number): Bucket {
    const { burst, perSecond } = this.#options
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) return { left: burst, at: now }
    const gained = (Math.max(0, now - bucket.at) / 1000) * perSecond
    bucket.left = Math.min(burst, bucket.left + gained)
    bucket.at = now
    return bucket
  }

  #keep(key: string, bucket: Bucket): void {
    // Moved to the end: the first key is the one that was quiet longest.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size <= (this.#options.keysMax ?? 10_000)) return
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
