/**
 * From notifications of the database to streams and browsers of this central. Browsers get whole items,
 * read anew at most four times a second, however often they changed. Events, which never change, go first
 * and wait for nothing else.
 */
import { covers, isWholeFleet, wholeFleet } from "#core/access/scope.ts"
import { satelliteId, tailId } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
import type { LiveMessage } from "#wire/live.ts"
import type { TailDesk } from "../log-tails/desk.ts"
import type { Streams } from "../satellites/streams.ts"
import { type Change, readChange } from "../store/change.ts"
import { findClusters } from "../store/cluster.ts"
import { findEvents } from "../store/event.ts"
import { findOperations } from "../store/operation.ts"
import { findRoleChanges } from "../store/role-change.ts"
import { findSatellites, labelsOf } from "../store/satellite.ts"
import type { Audience } from "./audience.ts"

/** Of everything else a rollout hears in time by itself. */
const movesRollouts = (change: Change): boolean =>
  change.kind === "clusters" ||
  change.kind === "satellites" ||
  change.kind === "operations" ||
  (change.kind === "list" &&
    (change.resource === "rollouts" || change.resource === "freeze-windows"))

const eventsEvery = millis(100)
const itemsEvery = millis(250)
/** More changed items than this and a browser is better off reading everything anew. */
const itemsMax = 2000
/** Few, so that an event does not wait long for a part of thousands. */
const idsPerRead = 50

/** What is told, and on which satellite or cluster it is: null where on none, which is for who sees all. */
type Placed = { readonly message: LiveMessage; readonly on: string | null }

type Resource = Extract<Change, { kind: "list" }>["resource"]

/** What it asks of others. */
type Reached = {
  readonly database: Pick<Database, "sql">
  readonly streams: Pick<
    Streams,
    "wake" | "wakeAll" | "refreshStorageClasses" | "tailsChanged" | "replaced"
  >
  readonly tails: Pick<TailDesk, "look" | "lookAtAll">
}

export class Changes {
  readonly #database: Reached["database"]
  readonly #streams: Reached["streams"]
  readonly #audience: Audience
  readonly #tails: Reached["tails"]
  readonly #log: Log
  readonly #onFleet: () => void
  readonly #satellites = new Set<string>()
  readonly #clusters = new Set<string>()
  readonly #gone = new Set<string>()
  readonly #events = new Set<string>()
  readonly #roleChanges = new Set<string>()
  readonly #operations = new Set<string>()
  readonly #lists = new Set<Resource>()
  readonly #people = new Set<string>()
  #overrun = false
  #relabelled = false
  #reviewAll = false

  /** `onFleet` hears that something changed by which rollouts may go on. */
  constructor(
    database: Reached["database"],
    streams: Reached["streams"],
    audience: Audience,
    tails: Reached["tails"],
    log: Log,
    onFleet: () => void = () => {},
  ) {
    this.#database = database
    this.#streams = streams
    this.#audience = audience
    this.#tails = tails
    this.#log = log
    this.#onFleet = onFleet
  }

  /** One notification. */
  hear(payload: string): void {
    const change = readChange(payload)
    if (change === undefined) return
    if (movesRollouts(change)) this.#onFleet()
    switch (change.kind) {
      case "desired":
        return this.#streams.wake(change.ids.map(satelliteId))
      case "storage-classes":
        return this.#streams.refreshStorageClasses(change.ids.map(satelliteId))
      case "log-tails":
        return this.#streams.tailsChanged(change.ids.map(satelliteId))
      case "log-lines":
        return this.#tails.look(change.ids.map(tailId))
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
      case "relabelled":
        this.#relabelled = true
        return
      case "access":
        return this.#note(this.#people, change.ids)
    }
  }

  /** Notifications may have been missed: everybody looks again. */
  gap(): void {
    this.#streams.wakeAll()
    this.#tails.lookAtAll()
    this.#onFleet()
    this.#overrun = this.#audience.size > 0
    this.#reviewAll = true
  }

  #note<T>(set: Set<T>, items: readonly T[]): void {
    if (this.#audience.size === 0) return
    for (const item of items) set.add(item)
    if (set.size > itemsMax) this.#overrun = true
  }

  async run(signal: AbortSignal): Promise<void> {
    let itemsAt = 0
    while (!signal.aborted) {
      await systemClock.sleep(eventsEvery, signal).catch(() => {})
      const areItemsDue = performance.now() >= itemsAt
      try {
        await this.#flush(areItemsDue)
        if (areItemsDue) itemsAt = performance.now() + itemsEvery
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

  /** Before anything is sent: who may not see any more what is about to be told is gone by then. */
  async #review(): Promise<void> {
    const people = new Set(this.#people)
    if (this.#reviewAll) await this.#audience.review()
    else if (people.size > 0) await this.#audience.review(people)
    this.#reviewAll = false
    for (const id of people) this.#people.delete(id)
    // What left somebody's scope is not known here: who sees by labels looks again.
    if (this.#relabelled) this.#audience.overrun((scope) => !isWholeFleet(scope))
    this.#relabelled = false
  }

  async #flush(areItemsDue: boolean): Promise<void> {
    await this.#review()
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
    await this.#sendEvents()
    if (areItemsDue) await this.#sendItems()
  }

  async #sendEvents(): Promise<void> {
    const read = async (ids: readonly string[]): Promise<readonly Placed[]> => {
      const events = await findEvents(this.#database.sql, ids)
      return [...Map.groupBy(events, ({ satelliteId }) => satelliteId)].map(([on, here]) => ({
        message: { kind: "events", events: here },
        on,
      }))
    }
    await this.#send(this.#events, read, () => Promise.resolve())
  }

  async #sendItems(): Promise<void> {
    const { sql } = this.#database
    await this.#send(this.#satellites, async (ids) =>
      (await findSatellites(sql, wholeFleet, ids)).map((satellite) => ({
        message: { kind: "satellite", satellite },
        on: satellite.id,
      })),
    )
    await this.#send(this.#clusters, async (ids) =>
      (await findClusters(sql, wholeFleet, ids)).map((cluster) => ({
        message: { kind: "cluster", cluster },
        on: cluster.satelliteId,
      })),
    )
    await this.#send(this.#gone, (ids) =>
      Promise.resolve(ids.map((id) => ({ message: { kind: "cluster-gone", id }, on: id }))),
    )
    await this.#send(this.#operations, async (ids) =>
      (await findOperations(sql, wholeFleet, ids)).map((operation) => ({
        message: { kind: "operation", operation },
        on: operation.satelliteId,
      })),
    )
    await this.#send(this.#roleChanges, async (ids) =>
      (await findRoleChanges(sql, ids)).map((roleChange) => ({
        message: { kind: "role-change", roleChange },
        on: roleChange.clusterId,
      })),
    )
    await this.#send(this.#lists, (resources) =>
      Promise.resolve(
        resources.map((resource) => ({ message: { kind: "refetch", resource }, on: "everywhere" })),
      ),
    )
  }

  /** Each to those who may see the satellite that it is about. */
  async #tell(placed: readonly Placed[]): Promise<void> {
    const ids = placed.flatMap(({ on }) => (on === null || on === "everywhere" ? [] : [on]))
    const isScoped = this.#audience.isScoped
    const labels = isScoped ? await labelsOf(this.#database.sql, [...new Set(ids)]) : undefined
    for (const { message, on } of placed) {
      const here = on === null ? undefined : labels?.get(on)
      this.#audience.send(
        message,
        (scope) =>
          on === "everywhere" ||
          isWholeFleet(scope) ||
          // Somebody who came while the labels were read, or a satellite that went: nothing is told.
          (here !== undefined && covers(scope, here)),
      )
    }
  }

  async #send<T>(
    set: Set<T>,
    read: (items: readonly T[]) => Promise<readonly Placed[]>,
    // Of thousands of items some are read at a time; what happened meanwhile is told in between.
    between: () => Promise<void> = () => this.#sendEvents(),
  ): Promise<void> {
    while (set.size > 0) {
      const items = [...set].slice(0, idsPerRead)
      // Taken out before reading: what changes while we read comes again.
      for (const item of items) set.delete(item)
      try {
        await this.#tell(await read(items))
      } catch (error) {
        for (const item of items) set.add(item)
        throw error
      }
      await between()
    }
  }
}
