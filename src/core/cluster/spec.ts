/**
 * What a cluster should be. Central keeps it, the wire carries it, the satellite builds Kubernetes
 * objects from it. Times, sizes and names are already checked when a value of this type exists
 * (`core/cluster/check.ts`).
 */
import type { Databases, InitialDatabase } from "#core/cluster/databases.ts"
import type { ClusterId, ClusterName, ConfigVersion, Namespace } from "#core/ids.ts"
import type { RuleSet } from "#core/recovery/rule.ts"
import type { ParameterOrders } from "#core/rollout/impact.ts"
import type { Bytes } from "#core/units.ts"

export type Durability = "async" | "preferred" | "quorum"
export type Preset = "fast" | "edge" | "calm"
export const durabilities: readonly Durability[] = ["async", "preferred", "quorum"]
export const presets: readonly Preset[] = ["fast", "edge", "calm"]
export const postgresMajors = [15, 16, 17, 18] as const
export type PostgresMajor = (typeof postgresMajors)[number]

export type VolumeSpec = {
  readonly size: Bytes
  /** StorageClass of the site; undefined means what `tier` means there, or the site's default class. */
  readonly storageClass: string | undefined
  /** Storage tier, which each site maps to a StorageClass of its own; never beside `storageClass`. */
  readonly tier?: string | undefined
}

export type ResourceSpec = {
  /** Kubernetes quantities, e.g. `250m`, `512Mi`; undefined leaves the field out. */
  readonly cpuRequest: string | undefined
  readonly memoryRequest: string | undefined
  readonly cpuLimit: string | undefined
  readonly memoryLimit: string | undefined
}

/** What to do when the best candidate is further behind than `maxLagBytes`, and no better one came in time. */
export type OnExcessLag = "take-best" | "ask"
export const excessLagPolicies: readonly OnExcessLag[] = ["take-best", "ask"]
export const lagWaitDefault = 10
export const priorityDefault = 1
export const prioritiesMax = 100

export type FailoverSpec = {
  readonly preset: Preset
  readonly durability: Durability
  /** Against the last position of the primary that is known; undefined: any lag will do. */
  readonly maxLagBytes?: number | undefined
  /** Undefined: `take-best`, and what may be lost is told. */
  readonly onExcessLag?: OnExcessLag | undefined
  /** Seconds that a better candidate is waited for first. */
  readonly lagWaitSeconds?: number | undefined
  /** By ordinal; 1 where nothing is said. Higher goes first among equals, 0 is never a candidate. */
  readonly priorities?: readonly number[] | undefined
}

export type PostgresSpec = {
  readonly major: PostgresMajor
  readonly image: string
  /** As whom the server runs in the image, and who owns its files; undefined: 999, as in the official ones. */
  readonly uid?: number | undefined
  /** Where central's catalogue had the image from; a site is told the image alone. */
  readonly variant?: string | undefined
  /** Pinned; undefined: the variant's default when the version was made. */
  readonly minor?: string | undefined
}
export const uidDefault = 999

/** The part of a cluster's spec that a profile gives. */
export type ProfileSpec = {
  /** Members of the cluster, primary included: 1 to 9. */
  readonly members: number
  readonly postgres: PostgresSpec
  readonly data: VolumeSpec
  /** A volume of its own for WAL; undefined keeps WAL on the data volume. */
  readonly wal: VolumeSpec | undefined
  readonly resources: ResourceSpec
  /** Parameters of postgresql.conf by name; pg-swarm's own (`core/cluster/parameters.ts`) are refused. */
  readonly parameters: Readonly<Record<string, string>>
  /** Lines of pg_hba.conf, tried after pg-swarm's own. */
  readonly hba: readonly string[]
  readonly failover: FailoverSpec
  /** What central asks for in each cluster of the profile, once; no site hears of it. */
  readonly initialDatabases?: readonly InitialDatabase[] | undefined
  /** What to do when a member's log says something; undefined: the rules that are built in. */
  readonly recovery?: RuleSet | undefined
  /** The set that central keeps apart and fills `recovery` from, by its id. */
  readonly recoveryRuleSetId?: string | undefined
}

export type RestartWish = {
  readonly nonce: string
  /** All together, with the primary in its place; otherwise one after another. */
  readonly full: boolean
}

export type ClusterSpec = ProfileSpec & {
  readonly id: ClusterId
  readonly name: ClusterName
  readonly namespace: Namespace
  readonly profile: string
  readonly version: ConfigVersion
  readonly paused: boolean
  /** A person wants every member to start anew, once for each nonce. Undefined: nobody does. */
  readonly restart?: RestartWish | undefined
  /** Undefined: an older central does not say; as false. */
  readonly deletionProtected?: boolean | undefined
  /** What people decided that changes of parameters ask of members; undefined: nothing. */
  readonly parameterOrders?: ParameterOrders | undefined
  /** Made in the running cluster by its primary's sidecar; undefined: none, and none to be dropped. */
  readonly databases?: Databases | undefined
}
