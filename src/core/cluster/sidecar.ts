/**
 * What a member's failover sidecar and the satellite of its site say to one another. Nothing in
 * failover waits for this conversation; `wire/sidecar.ts` puts it into bytes.
 */
import type { EventId, Namespace, PodName, SystemIdentifier, Term, ClusterName } from "#core/ids.ts"
import type { FleetEvent } from "#core/cluster/events.ts"
import type { InstanceHealth } from "#core/cluster/state.ts"

export type SidecarIdentity = {
  readonly cluster: ClusterName
  readonly namespace: Namespace
  readonly pod: PodName
  readonly podUid: string
  readonly protocolVersion: number
}

export type SidecarStatus = {
  /** `containerRestarts` is left at 0 by the sidecar: only the satellite can see it. */
  readonly health: InstanceHealth
  readonly term: Term
  readonly holdsLease: boolean
  readonly systemIdentifier: SystemIdentifier | undefined
}

export type CommandOutcome =
  | { readonly kind: "done"; readonly output: string }
  /** `code` is stable and upper case: `NOT_PRIMARY`. */
  | { readonly kind: "failed"; readonly code: string; readonly message: string }

/** From the sidecar. The identity comes first, and only then. */
export type SidecarMessage =
  | { readonly kind: "identity"; readonly identity: SidecarIdentity }
  | { readonly kind: "status"; readonly status: SidecarStatus }
  | { readonly kind: "events"; readonly events: readonly FleetEvent[] }
  | { readonly kind: "result"; readonly id: string; readonly outcome: CommandOutcome }

export const logLevels = ["debug", "info", "warn", "error"] as const
export type LogLevel = (typeof logLevels)[number]

/** To the sidecar. `events-ack` and `set-log-level` are not answered; the others by a result with the same id. */
export type SidecarCommand =
  | { readonly kind: "get-status"; readonly id: string }
  | { readonly kind: "checkpoint"; readonly id: string }
  | {
      readonly kind: "events-ack"
      readonly id: string
      /** On the satellite's disk: the sidecar may forget them. */
      readonly events: readonly EventId[]
    }
  | { readonly kind: "set-log-level"; readonly id: string; readonly level: LogLevel }

/** History: 1, the first. */
export const sidecarProtocolVersion = 1
