/** Notices silence: who is late, who is lost, who came back. Also throws away what is too old to keep. */
import type { Severity } from "#core/cluster/events.ts"
import { type Millis, millis, minutes, seconds } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { satelliteChanged } from "../intent/satellites.ts"
import { central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { endExpiredTails } from "../store/log-tail.ts"
import { pruneAudit } from "../store/audit.ts"
import { pruneSessions } from "../store/session.ts"
import { pruneEvents } from "../store/event.ts"
import { pruneIdempotency } from "../store/idempotency.ts"
import { giveUpOperations, type Patience, usualPatience } from "../operations/operations.ts"
import { pruneOperations } from "../store/operation.ts"
import { pruneRollouts } from "../store/rollout.ts"
import { pruneRoleChanges, roleChangesKept } from "../store/role-change.ts"
import type { SatelliteState } from "../store/satellite.ts"
import { judge, keepWatch, type Transition } from "../store/watch.ts"

export type SweeperOptions = {
  readonly database: Database
  readonly log: Log
  readonly every?: Millis
  readonly lateAfter?: Millis
  readonly lostAfter?: Millis
  readonly eventDays?: number
  readonly auditDays?: number | undefined
  readonly operations?: Patience
}

const eventDaysDefault = 90
/** A year, and time to look at it. */
export const auditDaysDefault = 400
const pruneEvery = minutes(10)
const pruneBite = 5000

export class Sweeper {
  readonly #options: Required<SweeperOptions> & { readonly auditDays: number }
  #prunedAt = Number.NEGATIVE_INFINITY

  constructor(options: SweeperOptions) {
    this.#options = {
      every: options.every ?? seconds(5),
      lateAfter: options.lateAfter ?? seconds(30),
      lostAfter: options.lostAfter ?? seconds(120),
      eventDays: options.eventDays ?? eventDaysDefault,
      auditDays: options.auditDays ?? auditDaysDefault,
      operations: options.operations ?? usualPatience,
      database: options.database,
      log: options.log,
    }
  }

  /** Sweeps until `signal`. A database that is away is tried again at the next turn. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.sweep()
        await endExpiredTails(this.#options.database.sql)
        await giveUpOperations(this.#options.database, this.#options.operations)
        await this.#prune()
      } catch (error) {
        if (error instanceof Outage) this.#options.log.warn("sweep.waiting", { why: error.message })
        else this.#options.log.error("sweep.failed", { error })
      }
      await systemClock.sleep(this.#options.every, signal).catch(() => {})
    }
  }

  /** One look at everybody; returns who changed. */
  async sweep(): Promise<readonly Transition[]> {
    const { database, every, lateAfter, lostAfter } = this.#options
    return database.transaction(async (sql) => {
      const since = await keepWatch(sql, millis(every * 2 + 1000))
      const moved = await judge(sql, since, { late: lateAfter, lost: lostAfter })
      for (const transition of moved) await announce(sql, transition)
      return moved
    })
  }

  async #prune(): Promise<void> {
    const now = performance.now()
    if (now - this.#prunedAt < pruneEvery) return
    const { database, eventDays, auditDays, log } = this.#options
    const audited = await pruneAudit(database.sql, auditDays, pruneBite)
    if (audited > 0) log.event("audit.pruned", { pruned: audited, days: auditDays })
    const pruned = await pruneEvents(database.sql, eventDays, pruneBite)
    await pruneSessions(database.sql)
    await pruneIdempotency(database.sql, pruneBite)
    await pruneOperations(database.sql, eventDays, pruneBite)
    await pruneRollouts(database.sql, eventDays, pruneBite)
    await pruneRoleChanges(database.sql, roleChangesKept, pruneBite)
    // A full bite means that there is more: go on at the next turn.
    if (pruned < pruneBite && audited < pruneBite) this.#prunedAt = now
    if (pruned > 0) log.event("events.pruned", { pruned, days: eventDays })
  }
}

const words: Readonly<Record<SatelliteState, readonly [kind: string, severity: Severity, string]>> =
  {
    connected: ["satellite.connected", "info", "is heard again"],
    late: ["satellite.late", "warning", "has not been heard in time"],
    lost: ["satellite.lost", "error", "is lost: its site goes on by itself"],
    pending: ["satellite.waiting", "warning", "waits to be let in anew"],
    offline: ["satellite.offline", "info", "has not connected yet"],
    rejected: ["satellite.rejected", "info", "is rejected"],
  }

async function announce(sql: Sql, { id, name, from, to }: Transition): Promise<void> {
  const [kind, severity, what] = words[to]
  await tell(sql, central, id, [
    { kind, severity, message: `${name} ${what}`, details: { before: from } },
  ])
  await satelliteChanged(sql, id)
}
