/** The states that a cluster and its instances are shown in: one word each, the same everywhere. */
import type { DatabaseHealth } from "#core/cluster/databases.ts"
import type {
  ClusterId,
  ConfigVersion,
  PodName,
  SystemIdentifier,
  Term,
  Timeline,
} from "#core/ids.ts"
import type { Lsn } from "#core/lsn.ts"
import type { ConfigChange } from "#core/rollout/change.ts"

export const clusterStates = [
  "creating",
  "healthy",
  "degraded",
  "failing-over",
  "unavailable",
  "paused",
  "deleting",
  "unknown",
] as const
export type ClusterState = (typeof clusterStates)[number]

export const instanceRoles = ["primary", "replica", "unknown"] as const
export type InstanceRole = (typeof instanceRoles)[number]

/**
 * What the member's PostgreSQL is doing, as its sidecar sees it.
 * `held`: the supervisor waits for an order. `quarantined`: needs a person; the reason says why.
 */
export const instancePhases = [
  "held",
  "initialising",
  "cloning",
  "rewinding",
  "starting",
  "streaming",
  "catching-up",
  "primary",
  "stopping",
  "stopped",
  "quarantined",
  "unknown",
] as const
export type InstancePhase = (typeof instancePhases)[number]

/** Why a machine must not decide alone that a member becomes primary: PROTOCOL.md, "a person's word". */
export const questionsAbout = ["pause", "old-data", "lag", "loss"] as const
export type Question = {
  readonly about: (typeof questionsAbout)[number]
  /** WAL that the member is known to lack; more may be missing. */
  readonly missingBytes: number | undefined
}

/** One look at one instance. Absent means not known, never zero. */
export type InstanceHealth = {
  readonly pod: PodName
  readonly role: InstanceRole
  readonly phase: InstancePhase
  readonly ready: boolean
  /** One sentence: why it is in this phase. */
  readonly reason: string | undefined
  readonly timeline: Timeline | undefined
  readonly receivedLsn: Lsn | undefined
  readonly replayedLsn: Lsn | undefined
  /** Bytes behind the primary, replayed; 0 on the primary. */
  readonly lagBytes: number | undefined
  /** Seconds since the last replayed transaction while there is something to replay; 0 on the primary. */
  readonly lagSeconds: number | undefined
  readonly connectionsUsed: number | undefined
  readonly connectionsActive: number | undefined
  readonly connectionsMax: number | undefined
  readonly dataBytes: number | undefined
  readonly walBytes: number | undefined
  readonly diskTotalBytes: number | undefined
  readonly diskFreeBytes: number | undefined
  /** State of the WAL receiver (`pg_stat_wal_receiver.status`), or undefined where there is none. */
  readonly receiver: string | undefined
  /** Milliseconds since 1970 by the site's clock: `pg_postmaster_start_time()`. */
  readonly startedAt: number | undefined
  /** Restarts of the pod's containers as Kubernetes counts them. */
  readonly containerRestarts: number
  /** Whether commits wait for this standby. */
  readonly synchronous: boolean
  /** What a person must decide before this member may become primary. */
  readonly question?: Question | undefined
  /** Why this primary lets no clients in. */
  readonly refusing?: string | undefined
}

/** One look at a whole cluster, as its satellite made it. */
export type ClusterHealth = {
  readonly clusterId: ClusterId
  readonly state: ClusterState
  /** One sentence: why it is in this state. */
  readonly reason: string
  /** The config version that the site's objects were last written from. */
  readonly appliedVersion: ConfigVersion | undefined
  /** Pod that holds the Lease and serves writes. */
  readonly primary: PodName | undefined
  readonly term: Term | undefined
  readonly instances: readonly InstanceHealth[]
  /** Milliseconds since 1970 by the site's clock. */
  readonly observedAt: number
  readonly systemIdentifier: SystemIdentifier | undefined
  /** How far the newest config that the site holds is in force; undefined where there is none. */
  readonly change?: ConfigChange | undefined
  /** Undefined where no primary has said. */
  readonly databases?: readonly DatabaseHealth[] | undefined
}
