/**
 * Heartbeats and health of all streams on their way into the database: the newest of each, written
 * together a few times a second. While the database is away the newest ones wait; nothing else is lost,
 * because the next report says everything again.
 */
import type { ClusterHealth } from "#core/cluster/state.ts"
import type { SatelliteId } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
import { systemClock } from "#io/clock.ts"
import { keepDatabases } from "../intent/database-reports.ts"
import { notify } from "../store/change.ts"
import { keepReports, type Report } from "../store/health.ts"
import { seen } from "../store/satellite.ts"

const flushEvery = millis(200)
const retryAfter = millis(1000)
/** Clusters whose newest report waits. A fleet of 5,000 sites has not that many; more is somebody's mistake. */
const reportsMax = 20_000
/** Few enough that nothing else waits long while they are written down. */
const reportsPerStatement = 100

export class Inbox {
  readonly #database: Database
  readonly #log: Log
  #seen = new Set<SatelliteId>()
  #reports = new Map<string, Report>()

  constructor(database: Database, log: Log) {
    this.#database = database
    this.#log = log
  }

  heard(satellite: SatelliteId): void {
    this.#seen.add(satellite)
  }

  /** False when there is no room: the report is dropped, the next one will say the same. */
  report(satellite: SatelliteId, health: ClusterHealth): boolean {
    const key = `${satellite}/${health.clusterId}`
    if (this.#reports.size >= reportsMax && !this.#reports.has(key)) return false
    this.#reports.set(key, { satellite, health })
    return true
  }

  /** Writes what comes in until `signal`, and what is left then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await systemClock
        .sleep((await this.flush()) ? flushEvery : retryAfter, signal)
        .catch(() => {})
    }
    await this.flush()
  }

  /** False when the database is away: what was taken out is put back, behind anything newer. */
  async flush(): Promise<boolean> {
    const heard = this.#seen
    const reports = this.#reports
    this.#seen = new Set()
    this.#reports = new Map()
    try {
      if (heard.size > 0) await seen(this.#database.sql, [...heard])
      const all = [...reports.values()]
      for (let at = 0; at < all.length; at += reportsPerStatement)
        await this.#write(all.slice(at, at + reportsPerStatement))
      return true
    } catch (error) {
      if (!(error instanceof Outage)) {
        this.#log.error("inbox.dropped", { reports: reports.size, error })
        return true
      }
      // A heartbeat says "now": one that waited longer than the database was away would lie, so it is not put back.
      for (const [key, report] of reports)
        if (!this.#reports.has(key)) this.#reports.set(key, report)
      this.#log.warn("inbox.waiting", { reports: reports.size, why: error.message })
      return false
    }
  }

  async #write(reports: readonly Report[]): Promise<void> {
    await this.#database.transaction(async (sql) => {
      const written = await keepReports(sql, reports)
      if (written.length > 0) await notify(sql, { kind: "clusters", ids: written })
    })
    await keepDatabases(
      this.#database,
      reports.map(({ satellite, health }) => ({
        satellite,
        clusterId: health.clusterId,
        observedAt: health.observedAt,
        databases: health.databases ?? [],
      })),
    )
  }
}
