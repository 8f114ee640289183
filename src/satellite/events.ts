/** Events that the satellite itself has to tell, minted and put on disk in one step. */
import { randomUUID } from "node:crypto"
import type { FleetEvent, Severity } from "#core/cluster/events.ts"
import { type ClusterId, type PodName, eventId } from "#core/ids.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { eventsMax, type Lost, type Outbox } from "./outbox.ts"

export type Told = {
  readonly severity: Severity
  readonly kind: string
  readonly message: string
  readonly cluster?: ClusterId
  readonly pod?: PodName
  readonly details?: Readonly<Record<string, string>>
}

export type Tell = (told: Told) => void

export const teller =
  (outbox: Outbox, clock: Clock, log: Log): Tell =>
  (told) => {
    const event: FleetEvent = {
      id: eventId(randomUUID()),
      at: clock.wall(),
      severity: told.severity,
      kind: told.kind,
      message: told.message,
      clusterId: told.cluster,
      pod: told.pod,
      details: told.details ?? {},
    }
    log.event(told.kind, { message: told.message, cluster: told.cluster, pod: told.pod })
    try {
      outbox.put([event])
    } catch (failure) {
      // A full disk loses an event; it must not keep the satellite from its clusters.
      outbox.lost(event.at)
      log.error("event.lost", { kind: told.kind, failure })
    }
  }

/** Says once, to central, how many events it will never see. */
export const lostEvents =
  (now: number) =>
  ({ count, first, last }: Lost): FleetEvent => ({
    id: eventId(randomUUID()),
    at: now,
    severity: "warning",
    kind: "events.dropped",
    message: `${count} events were lost while central was away: the site keeps ${eventsMax}, and lets those of little weight go first`,
    clusterId: undefined,
    pod: undefined,
    details: {
      count: String(count),
      first: new Date(first).toISOString(),
      last: new Date(last).toISOString(),
    },
  })
