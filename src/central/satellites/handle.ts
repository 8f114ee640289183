/** Messages of a satellite that become rows. Each may come twice; each is checked against its sender (D7). */
import type { FleetEvent } from "#core/cluster/events.ts"
import type { FromCentral, FromSatellite } from "#core/fleet/satellite.ts"
import type { SatelliteId } from "#core/ids.ts"
import type { Log } from "#io/log.ts"
import { type Database, type Sql, SqlError } from "#io/postgres/sql.ts"
import { keepRemoving } from "../operations/deletion.ts"
import { keepUpdate } from "../operations/operations.ts"
import { notify } from "../store/change.ts"
import type { RoleChangeFigures } from "../role-change-figures.ts"
import { storeEvents } from "../store/event.ts"
import { broughtBy, storeLostWal, storeRoleChanges } from "../store/role-change.ts"
import { keepStorageClasses } from "../store/satellite.ts"
import type { AckKeeper } from "./acks.ts"

export type Slow = Extract<
  FromSatellite,
  { kind: "events" | "config-ack" | "delete-ack" | "storage-classes" | "operation-update" }
>

export type Keeping = {
  readonly database: Database
  readonly log: Log
  readonly figures: RoleChangeFigures
  readonly acks: AckKeeper
}

/** Does what the message says; returns the answer, if it has one. */
export async function handle(
  keeping: Keeping,
  satellite: SatelliteId,
  message: Slow,
): Promise<FromCentral | undefined> {
  const { database, acks } = keeping
  switch (message.kind) {
    case "events":
      return keepEvents(keeping, satellite, message)
    case "config-ack":
      await acks.keep({ satellite, ...message })
      return undefined
    case "delete-ack":
      await keepRemoving(database, satellite, message.clusterId, message)
      return undefined
    case "operation-update": {
      const { operation, revision } = message.report
      await keepUpdate(database, satellite, message.report)
      // Also for one that is of no use here any more: the site may forget it.
      return { kind: "operation-ack", operation, revision }
    }
    case "storage-classes":
      await database.transaction(async (sql) => {
        await keepStorageClasses(sql, satellite, message.names, message.defaultName)
        await notify(sql, { kind: "satellites", ids: [satellite] })
      })
      return undefined
  }
}

async function keepEvents(
  keeping: Keeping,
  satellite: SatelliteId,
  { events, unreadable }: Extract<Slow, { kind: "events" }>,
): Promise<FromCentral> {
  const { log } = keeping
  if (unreadable.length > 0)
    log.warn("events.unreadable", { satellite, first: unreadable[0], count: unreadable.length })
  await storeAll(keeping, satellite, events)
  // After the commit: what is acknowledged is on disk, what is on disk may be forgotten at the site.
  return { kind: "events-ack", events: [...events, ...unreadable].map(({ id }) => id) }
}

async function storeAll(
  keeping: Keeping,
  satellite: SatelliteId,
  events: readonly FleetEvent[],
): Promise<void> {
  const { database, log } = keeping
  if (events.length === 0) return
  try {
    await database.transaction(async (sql) => {
      const stored = new Set(
        await storeEvents(
          sql,
          events.map((event) => ({ ...event, satellite })),
          Date.now(),
        ),
      )
      if (stored.size === 0) return
      await notify(sql, { kind: "events", ids: [...stored] })
      await keepHistory(
        sql,
        keeping,
        satellite,
        events.filter(({ id }) => stored.has(id)),
      )
    })
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    // One event that the database refuses must not keep the others from being stored, for ever.
    const [first] = events
    if (events.length === 1) log.error("event.refused", { satellite, event: first?.id, error })
    else for (const event of events) await storeAll(keeping, satellite, [event])
  }
}

/** Events that tell of role changes and their losses become the history of their clusters. */
async function keepHistory(
  sql: Sql,
  { log, figures }: Keeping,
  satellite: SatelliteId,
  fresh: readonly FleetEvent[],
): Promise<void> {
  const { changes, losses, unreadable } = broughtBy(fresh)
  if (unreadable.length > 0)
    log.warn("role-change.unreadable", {
      satellite,
      first: unreadable[0],
      count: unreadable.length,
    })
  const now = Date.now()
  const stored = await storeRoleChanges(sql, satellite, changes, now)
  const touched = await storeLostWal(sql, satellite, losses, now)
  const ids = [...new Set([...stored, ...touched])]
  if (ids.length > 0) await notify(sql, { kind: "role-changes", ids })
  for (const { event, change } of changes) if (stored.includes(event.id)) figures.changed(change)
  for (const { bytes } of losses) figures.lost(bytes)
}
