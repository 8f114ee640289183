/**
 * Rollouts go on: woken by what changes in the fleet, and looked at now and then all the same, for what only
 * time brings. Every central does this; each step is done by the one that has the row just then.
 */
import { type Millis, millis, seconds } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
import { openRollouts } from "../store/rollout.ts"
import { advanceRollout } from "./advance.ts"
import { followChanges } from "./follow-changes.ts"

const lookEvery = seconds(2)
const restLeast = millis(250)
const restOfLook = 4
const restMost = seconds(3)

/**
 * Between two looks, however much happens in the fleet: four times what the last one took, so that looking takes a fifth
 * of the time at most. A look that took long because the machine is busy holds a rollout up for a few seconds only.
 */
export const restAfter = (took: number): Millis =>
  millis(Math.min(restMost, Math.max(restLeast, restOfLook * took)))

export class Rollouts {
  readonly #database: Database
  readonly #log: Log
  #waking = new AbortController()

  constructor(database: Database, log: Log) {
    this.#database = database
    this.#log = log
  }

  wake(): void {
    this.#waking.abort()
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#waking = new AbortController()
      const since = performance.now()
      await this.#look()
      await systemClock.sleep(restAfter(performance.now() - since), signal).catch(() => {})
      const woken = AbortSignal.any([signal, this.#waking.signal])
      await systemClock.sleep(lookEvery, woken).catch(() => {})
    }
  }

  /** One that fails does not hold up the others. */
  async #look(): Promise<void> {
    await this.#try("changes", () => followChanges(this.#database))
    const open = (await this.#try("list", () => openRollouts(this.#database.sql))) ?? []
    for (const id of open) await this.#try(id, () => advanceRollout(this.#database, id))
  }

  async #try<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof Outage) this.#log.warn("rollouts.waiting", { what, why: error.message })
      else this.#log.error("rollouts.failed", { what, error })
      return undefined
    }
  }
}
