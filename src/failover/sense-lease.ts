/**
 * Keeps the Lease in sight: a watch for speed, a plain read every half T because watches die silently,
 * and one at once when a decision needs to be sure.
 */
import { type Millis, millis } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { LeaseRead, LeaseStore } from "#io/kube/lease.ts"
import type { Log } from "#io/log.ts"
import { forever, together } from "#io/together.ts"
import { Bell } from "./bell.ts"
import type { Known } from "./known.ts"

const watchAgainAfter = millis(300)

export class LeaseSense {
  readonly #clock: Clock
  readonly #log: Log
  readonly #store: LeaseStore
  readonly #known: Known
  readonly #wanted: Bell
  #reachable = true
  /** Somebody asked for a read that has not begun. */
  #isWanted = false

  constructor(clock: Clock, log: Log, store: LeaseStore, known: Known) {
    this.#clock = clock
    this.#log = log
    this.#store = store
    this.#known = known
    this.#wanted = new Bell(clock)
  }

  /** Asks for a read soon; one that is under way is enough. */
  want(): void {
    this.#isWanted = true
    this.#wanted.ring()
  }

  async run(signal: AbortSignal): Promise<void> {
    await together(
      signal,
      (stop) => this.#readAgain(stop),
      (stop) =>
        forever(
          stop,
          (inner) => this.#store.watch((read) => this.#hear(read, undefined), inner),
          (failure) => this.#log.debug("lease.watch-ended", { why: failure }),
          (_, inner) => this.#clock.sleep(watchAgainAfter, inner),
        ),
    )
  }

  async #readAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isWanted = false
      await this.read(signal)
      do await this.#wanted.wait(this.#every, signal)
      while (this.#mayWait(signal))
    }
  }

  get #every(): Millis {
    return millis(this.#known.policy.expireAfter / 2)
  }

  /** A write that is confirmed says what a read would: nobody else has written. */
  #mayWait(signal: AbortSignal): boolean {
    const since = this.#clock.now() - this.#known.leaseWrittenAt
    return !this.#isWanted && !signal.aborted && since < this.#every
  }

  async read(signal: AbortSignal): Promise<void> {
    const askedAt = this.#clock.now()
    const writes = this.#known.leaseWrites
    try {
      const read = await this.#store.read(signal)
      if (!this.#reachable) this.#log.event("lease.reachable")
      this.#reachable = true
      // An answer that our own write overtook shows the past.
      if (writes === this.#known.leaseWrites) this.#hear(read, askedAt)
    } catch (failure) {
      if (signal.aborted) return
      if (this.#reachable) this.#log.warn("lease.unreachable", { why: failure })
      this.#reachable = false
    }
  }

  get reachable(): boolean {
    return this.#reachable
  }

  #hear(read: LeaseRead, askedAt: number | undefined): void {
    this.#known.heardLease(read.kind === "read" ? read.lease : undefined, askedAt)
  }
}
