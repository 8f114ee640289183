/**
 * From notifications of the database to streams and browsers of this central. Browsers get whole items,
 * read anew at most four times a second, however often they changed.
 */
import { satelliteId } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
import type { LiveMessage } from "#wire/live.ts"
import type { Streams } from "../satellites/streams.ts"
import { type Change, readChange } from "../store/change.ts"
import { findClusters } from "../store/cluster.ts"
import { findEvents } from "../store/event.ts"
import { findOperations } from "../store/operation.ts"
import { findRoleChanges } from "../store/role-change.ts"
import { findSatellites } from "../store/satellite.ts"
import type { Audience } from "./audience.ts"

const flushEvery = millis(250)
/** More changed items than this and a browser is better off reading everything anew. */
const itemsMax = 2000
const idsPerRead = 200

type Resource = Extract<Change, { kind: "list" }>["resource"]

export class Changes {
  readonly #database: Database
  readonly #streams: Streams
  readonly #audience: Audience
  readonly #log: Log
  readonly #satellites = new Set<string>()
  readonly #clusters = new Set<string>()
  readonly #gone = new Set<string>()
  readonly #events = new Set<string>()
  readonly #roleChanges = new Set<string>()
  readonly #operations = new Set<string>()
  readonly #lists = new Set<Resource>()
  #overrun = false

  constructor(database: Database, streams: Streams, audience: Audience, log: Log) {
    this.#database = database
    this.#streams = streams
    this.#audience = audience
    this.#log = log
  }

  /** One notification. */
  hear(payload: string): void {
    const change = readChange(payload)
    if (change === undefined) return
    switch (change.kind) {
      case "desired":
        return this.#streams.wake(change.ids.map(satelliteId))
      case "storage-classes":
        return this.#streams.refreshStorageClasses(change.ids.map(satelliteId))
      case "stream":
        return this.#streams.replaced(satelliteId(change.id), change.serial)
      case "satellites":
        return this.#note(this.#satellites, change.ids)
      case "clusters":
        return this.#note(this.#clusters, change.ids)
      case "clusters-gone":
        return this.#note(this.#gone, change.ids)
      case "events":
        return this.#note(this.#events, change.ids)
      case "role-changes":
        return this.#note(this.#roleChanges, change.ids)
      case "operations":
        return this.#note(this.#operations, change.ids)
      case "list":
        return this.#note(this.#lists, [change.resource])
    }
  }

  /** Notifications may have been missed: everybody looks again. */
  gap(): void {
    this.#streams.wakeAll()
    this.#overrun = this.#audience.size > 0
  }

  #note<T>(set: Set<T>, items: readonly T[]): void {
    if (this.#audience.size === 0) return
    for (const item of items) set.add(item)
    if (set.size > itemsMax) this.#overrun = true
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await systemClock.sleep(flushEvery, signal).catch(() => {})
      try {
        await this.#flush()
      } catch (error) {
        // Nothing was taken out of the sets that was not sent: the next turn tries again.
        if (error instanceof Outage) this.#log.debug("live.waiting", { why: error.message })
        else {
          this.#log.error("live.failed", { error })
          this.#overrun = true
        }
      }
    }
  }

  async #flush(): Promise<void> {
    if (this.#overrun || this.#audience.size === 0) {
      for (const set of [
        this.#satellites,
        this.#clusters,
        this.#gone,
        this.#events,
        this.#roleChanges,
        this.#operations,
        this.#lists,
      ])
        set.clear()
      if (this.#overrun) this.#audience.overrun()
      this.#overrun = false
      return
    }
    const { sql } = this.#database
    await this.#send(this.#satellites, async (ids) =>
      (await findSatellites(sql, ids)).map((satellite) => ({ kind: "satellite", satellite })),
    )
    await this.#send(this.#clusters, async (ids) =>
      (await findClusters(sql, ids)).map((cluster) => ({ kind: "cluster", cluster })),
    )
    await this.#send(this.#gone, (ids) =>
      Promise.resolve(ids.map((id) => ({ kind: "cluster-gone", id }))),
    )
    await this.#send(this.#events, async (ids) => [
      { kind: "events", events: await findEvents(sql, ids) },
    ])
    await this.#send(this.#operations, async (ids) =>
      (await findOperations(sql, ids)).map((operation) => ({ kind: "operation", operation })),
    )
    await this.#send(this.#roleChanges, async (ids) =>
      (await findRoleChanges(sql, ids)).map((roleChange) => ({ kind: "role-change", roleChange })),
    )
    await this.#send(this.#lists, (resources) =>
      Promise.resolve(resources.map((resource) => ({ kind: "refetch", resource }))),
    )
  }

  async #send<T>(
    set: Set<T>,
    read: (items: readonly T[]) => Promise<readonly LiveMessage[]>,
  ): Promise<void> {
    while (set.size > 0) {
      const items = [...set].slice(0, idsPerRead)
      // Taken out before reading: what changes while we read comes again.
      for (const item of items) set.delete(item)
      try {
        for (const message of await read(items)) this.#audience.send(message)
      } catch (error) {
        for (const item of items) set.add(item)
        throw error
      }
    }
  }
}
