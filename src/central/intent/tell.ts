/** Telling people what was done: an event with its actor, stored in the transaction that did it. */
import { randomUUID } from "node:crypto"
import type { FleetEvent, Severity } from "#core/cluster/events.ts"
import { type ClusterId, eventId, type SatelliteId } from "#core/ids.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { notify } from "../store/change.ts"
import { storeEvents } from "../store/event.ts"
import type { Actor } from "./actor.ts"

export type Told = {
  readonly kind: string
  readonly message: string
  readonly severity?: Severity
  readonly clusterId?: ClusterId
  readonly details?: Readonly<Record<string, string>>
}

export async function tell(
  sql: Sql,
  actor: Pick<Actor, "name">,
  satellite: SatelliteId | undefined,
  told: readonly Told[],
): Promise<void> {
  const now = Date.now()
  const events = told.map((one): FleetEvent => ({
    id: eventId(randomUUID()),
    at: now,
    severity: one.severity ?? "info",
    kind: one.kind,
    message: one.message,
    clusterId: one.clusterId,
    pod: undefined,
    details: { actor: actor.name, ...one.details },
  }))
  const stored = await storeEvents(sql, satellite, events, now)
  if (stored.length > 0) await notify(sql, { kind: "events", ids: stored })
}
