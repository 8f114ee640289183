/**
 * What a member's failover sidecar and the satellite of its site say to one another. Nothing in
 * failover waits for this conversation; `wire/sidecar.ts` puts it into bytes.
 */
import type {
  ClusterName,
  EventId,
  Namespace,
  OperationId,
  PodName,
  SystemIdentifier,
  Term,
} from "#core/ids.ts"
import type { DatabaseHealth } from "#core/cluster/databases.ts"
import type { RestartAs } from "#core/failover/restart.ts"
import type { FleetEvent } from "#core/cluster/events.ts"
import type { MemberConfig } from "#core/cluster/member-config.ts"
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
  /** The hand-over that is under way here. */
  readonly handOver: OperationId | undefined
  /** The cluster's databases as this member, being primary, sees them. */
  readonly databases?: readonly DatabaseHealth[] | undefined
  /** What its server has in force; undefined while none runs, or it was not asked yet. */
  readonly config?: MemberConfig | undefined
}

/** In this order. At `release` the way back ends; `await` waits for the successor. */
export const handOverSteps = ["checkpoint", "fence", "stop", "confirm", "release", "await"] as const
export type HandOverStep = (typeof handOverSteps)[number]

export type HandOverOutcome =
  | { readonly kind: "running" }
  /** Another member took the Lease. */
  | { readonly kind: "done"; readonly primary: PodName; readonly term: Term }
  /** Given up or taken back: the member that began it goes on in its term. */
  | { readonly kind: "undone"; readonly reason: string; readonly abandoned: boolean }
  /** The member does not lead any more, and not because it handed over. */
  | { readonly kind: "failed"; readonly reason: string }

/** A step of a hand-over that began, or its end. */
export type HandOverProgress = {
  readonly operation: OperationId
  /** The step that began, or in which it ended. */
  readonly step: HandOverStep
  readonly to: PodName | undefined
  /** Milliseconds of the member's wall clock, for people. */
  readonly at: number
  readonly outcome: HandOverOutcome
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
  /** All of the last hand-over is said again on a new stream. */
  | { readonly kind: "hand-over"; readonly progress: HandOverProgress }

export const logLevels = ["debug", "info", "warn", "error"] as const
export type LogLevel = (typeof logLevels)[number]

/**
 * What a member is asked to do, and answers by a result. None of these can break S1: each is checked by
 * the member against what it knows itself.
 */
export type SidecarRequest =
  | { readonly kind: "get-status" }
  | { readonly kind: "checkpoint" }
  /** Answered when it was begun or refused; the same operation twice is begun once. */
  | {
      readonly kind: "hand-over"
      readonly operation: OperationId
      readonly to: PodName | undefined
      /** Term in which it was decided. */
      readonly term: Term
    }
  | { readonly kind: "abandon-hand-over"; readonly operation: OperationId }
  | { readonly kind: "fence"; readonly reason: string }
  | { readonly kind: "unfence" }
  | {
      readonly kind: "promote"
      readonly acceptLoss: boolean
      /** Term of the vacancy that the person saw; undefined: whichever there is. */
      readonly term?: Term | undefined
    }
  /** Answered when the server has stopped and will start by itself. One that was started since is left alone. */
  | { readonly kind: "restart"; readonly as: RestartAs; readonly startedAt: number }

/** To the sidecar. `events-ack` and `set-log-level` are not answered; the others by a result with the same id. */
export type SidecarCommand =
  | (SidecarRequest & { readonly id: string })
  | {
      readonly kind: "events-ack"
      readonly id: string
      /** On the satellite's disk: the sidecar may forget them. */
      readonly events: readonly EventId[]
    }
  | { readonly kind: "set-log-level"; readonly id: string; readonly level: LogLevel }

/** History: 1, the first. */
export const sidecarProtocolVersion = 1
