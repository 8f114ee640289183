/** Telling people what was done: an event with its actor, stored in the transaction that did it. */
import { randomUUID } from "node:crypto"
import type { Severity } from "#core/cluster/events.ts"
import { type ClusterId, eventId, type SatelliteId } from "#core/ids.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { notify } from "../store/change.ts"
import { type SiteEvent, storeEvents } from "../store/event.ts"
import type { Actor } from "./actor.ts"

export type Told = {
  readonly kind: string
  readonly message: string
  readonly severity?: Severity
  readonly clusterId?: ClusterId
  readonly details?: Readonly<Record<string, string>>
}

export const tell = (
  sql: Sql,
  actor: Pick<Actor, "name">,
  satellite: SatelliteId | undefined,
  told: readonly Told[],
): Promise<void> =>
  tellOf(
    sql,
    actor,
    told.map((one) => ({ ...one, satellite })),
  )

const togetherMax = 1000

/** The same about many satellites at once. */
export async function tellOf(
  sql: Sql,
  actor: Pick<Actor, "name">,
  told: readonly (Told & { readonly satellite: SatelliteId | undefined })[],
): Promise<void> {
  const now = Date.now()
  const events = told.map((one): SiteEvent => ({
    id: eventId(randomUUID()),
    at: now,
    severity: one.severity ?? "info",
    kind: one.kind,
    message: one.message,
    satellite: one.satellite,
    clusterId: one.clusterId,
    pod: undefined,
    details: { actor: actor.name, ...one.details },
  }))
  for (let at = 0; at < events.length; at += togetherMax) {
    const stored = await storeEvents(sql, events.slice(at, at + togetherMax), now)
    if (stored.length > 0) await notify(sql, { kind: "events", ids: stored })
  }
}
