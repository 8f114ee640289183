/**
 * What a satellite and central say to one another on their stream. `wire/from-*.ts` put it into
 * bytes. Desired state travels whole and carries its version, so that everything may arrive twice.
 */
import type { FleetEvent } from "#core/cluster/events.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { SiteSettings } from "#core/fleet/settings.ts"
import type { ClusterHealth } from "#core/cluster/state.ts"
import type {
  ClusterId,
  ClusterName,
  ConfigVersion,
  EventId,
  Namespace,
  OperationId,
  SatelliteId,
  TailId,
} from "#core/ids.ts"
import type { TailBatch, TailOrder } from "#core/logs/tail.ts"
import type { Problem } from "#core/parsed.ts"
import type { OperationOrder, OperationReport } from "#core/switchover/operation.ts"

export type HeldCluster = {
  readonly clusterId: ClusterId
  readonly version: ConfigVersion
  readonly deleting: boolean
}

export type AckOutcome =
  | { readonly kind: "applied" }
  /** The site will not do this, ever; a new version must mend it. */
  | { readonly kind: "refused"; readonly problems: readonly Problem[] }
  | { readonly kind: "waiting"; readonly reason: string }

export type Hello = {
  readonly protocolVersion: number
  readonly satelliteVersion: string
  readonly kubernetesVersion: string
  readonly labels: Readonly<Record<string, string>>
  readonly clusters: readonly HeldCluster[]
}

/** How far a deletion is at its site. */
export type Removing = {
  readonly gone: boolean
  /** One sentence, while objects remain. */
  readonly detail?: string | undefined
  /** The site does not obey the order of this version (undefined: it named none); nothing was touched. */
  readonly refused?:
    | { readonly version: ConfigVersion | undefined; readonly why: string }
    | undefined
}

/** From the satellite. `hello` comes first, and only then. */
export type FromSatellite =
  | { readonly kind: "hello"; readonly hello: Hello }
  | { readonly kind: "heartbeat"; readonly sequence: number; readonly sentAt: number }
  | { readonly kind: "health"; readonly health: ClusterHealth }
  | {
      readonly kind: "events"
      readonly events: readonly FleetEvent[]
      /** Events that nobody can read. Acknowledged like the others, or they would be sent for ever. */
      readonly unreadable: readonly {
        readonly id: EventId
        readonly problems: readonly Problem[]
      }[]
    }
  | {
      readonly kind: "config-ack"
      readonly clusterId: ClusterId
      readonly version: ConfigVersion
      readonly outcome: AckOutcome
    }
  | ({ readonly kind: "delete-ack"; readonly clusterId: ClusterId } & Removing)
  | {
      readonly kind: "storage-classes"
      readonly names: readonly string[]
      readonly defaultName: string | undefined
    }
  | { readonly kind: "log-level-ack"; readonly level: string }
  /** At each change, and again on each stream until it is acknowledged. */
  | { readonly kind: "operation-update"; readonly report: OperationReport }
  /** PKCS#10 as PEM: asks for a certificate for the next stream. */
  | { readonly kind: "certificate-request"; readonly request: string }
  | { readonly kind: "log-tail"; readonly batch: TailBatch }

/** From central. `welcome` answers `hello` and comes first. */
export type FromCentral =
  | {
      readonly kind: "welcome"
      readonly protocolVersion: number
      readonly centralVersion: string
      readonly name: string
      /** Every cluster that the site should have. What is not named here stays until a `delete-cluster`. */
      readonly clusters: readonly ClusterSpec[]
      /** Undefined: central is older and says nothing. */
      readonly settings?: SiteSettings | undefined
    }
  | { readonly kind: "site-settings"; readonly settings: SiteSettings }
  | { readonly kind: "refresh-storage-classes" }
  | { readonly kind: "heartbeat-ack"; readonly sequence: number }
  | { readonly kind: "config"; readonly spec: ClusterSpec }
  | {
      readonly kind: "delete-cluster"
      readonly clusterId: ClusterId
      readonly name: ClusterName
      readonly namespace: Namespace
      /** The version of its config that was decided about; undefined: an older central does not say. */
      readonly version?: ConfigVersion | undefined
    }
  | { readonly kind: "events-ack"; readonly events: readonly EventId[] }
  | {
      readonly kind: "set-log-level"
      /** `own`: as they usually do. */
      readonly level: string
      /** Then their own again; undefined: until they are told. */
      readonly seconds?: number | undefined
      /** Sidecars of that cluster; undefined: the satellite itself. */
      readonly clusterId?: ClusterId | undefined
    }
  /** Every operation of the site that is not over, once on each stream: one that is known is not begun again. */
  | { readonly kind: "start-operation"; readonly order: OperationOrder }
  /** One that never began is cancelled at once, and will not begin. */
  | {
      readonly kind: "cancel-operation"
      readonly operation: OperationId
      readonly clusterId: ClusterId
    }
  | {
      readonly kind: "operation-ack"
      readonly operation: OperationId
      readonly revision: number
    }
  /** Stored beside the present token, then used; used once, it is the only one. */
  | { readonly kind: "new-token"; readonly token: string }
  | { readonly kind: "certificate"; readonly issued: IssuedCertificate }
  /** Answered by batches, the first at once. It ends with the stream that asked for it. */
  | { readonly kind: "start-log-tail"; readonly order: TailOrder }
  | { readonly kind: "stop-log-tail"; readonly tail: TailId }

/** What a satellite shows on its stream, and whom it may trust there. */
export type IssuedCertificate = {
  /** PEM. */
  readonly certificate: string
  /** PEM of every authority that central's certificates may be signed by; undefined where central does not say. */
  readonly authorities: string | undefined
}

export type Registration = {
  readonly site: string
  readonly kubernetesUid: string
  readonly kubernetesVersion: string
  readonly satelliteVersion: string
  readonly protocolVersion: number
  readonly labels: Readonly<Record<string, string>>
}

export type ApprovalCheck = {
  readonly satelliteId: SatelliteId
  readonly registrationToken: string
  /** PKCS#10 as PEM; undefined where the line to central is plain. */
  readonly certificateRequest: string | undefined
}

export type Approval =
  | { readonly kind: "pending" }
  | { readonly kind: "rejected" }
  | {
      readonly kind: "approved"
      /** Who the satellite is from now on: another than it asked as when it takes over from another. */
      readonly satelliteId: SatelliteId
      readonly authToken: string
      readonly name: string
      readonly certificate: IssuedCertificate | undefined
    }

/** History: 1, the first. */
export const satelliteProtocolVersion = 1
