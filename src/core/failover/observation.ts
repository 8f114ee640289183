/**
 * Everything that a sidecar knows at one instant. All instants are readings of the own monotonic clock
 * (`now` is the youngest); no instant of another machine ever gets in here.
 */
import type { Durability, OnExcessLag } from "#core/cluster/spec.ts"
import type { Millis } from "#core/units.ts"
import type { OperationId, PodName, SystemIdentifier, Term, Timeline } from "#core/ids.ts"
import type { Lsn } from "#core/lsn.ts"
import type { Repair } from "#core/recovery/rule.ts"
import type { History } from "#core/timeline.ts"
import type { RecordsSent } from "#core/failover/durability.ts"
import type { Holder } from "#core/failover/holder.ts"
import type { Lease } from "#core/failover/lease.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import type { Promises } from "#core/failover/pledge.ts"
import type { Ballot } from "#core/failover/vote.ts"

export type Instant = number

export type Settings = {
  /** Members that the cluster should have, this one included. */
  readonly members: readonly PodName[]
  readonly durability: Durability
  /** By ordinal; `priorityOf` knows what is not said. */
  readonly priorities: readonly number[]
  readonly lag: LagPolicy
  /** No member becomes primary by itself. */
  readonly paused: boolean
  /** System identifier that the satellite's record knows (S4). */
  readonly systemIdentifier: SystemIdentifier | undefined
}

/**
 * Whether clients are let in to a primary: `admitted` is what a login was seen to get, undefined while
 * nobody tried since the server started; `sessions` are client sessions that are there although nobody is
 * let in any more.
 */
export type ClientsView = {
  readonly admitted: boolean | undefined
  readonly sessions: number
}

/** A person, or an operation, wants no clients on the primary of `term` for a while. */
export type FenceRequest = {
  readonly term: Term
  readonly reason: string
  readonly until: Instant
}

/** How far behind the primary a candidate may be, and what happens when even the best is further. */
export type LagPolicy = {
  /** Undefined: any lag will do. */
  readonly maxBytes: number | undefined
  readonly onExcess: OnExcessLag
  /** A better candidate is waited for first. */
  readonly wait: Millis
}

/**
 * A person's consent that this member becomes primary where a machine must not decide: while paused, and,
 * with `acceptLoss`, where commits may be lost. For the vacancy after `term`, and for some minutes.
 */
export type Consent = {
  readonly term: Term
  readonly acceptLoss: boolean
  readonly until: Instant
}

/** What trial writes to the volumes showed; `hanging` and `failing` since the first that did not end well. */
export type DiskView =
  | { readonly kind: "well" }
  | {
      readonly kind: "hanging" | "failing" | "full"
      readonly volume: "data" | "WAL"
      readonly since: Instant
    }

/** The server does not start with its config, and there is none that it ever ran with. */
export type Stranded = {
  /** In PostgreSQL's words. */
  readonly why: string
  readonly since: Instant
  /** Between one try and the next. */
  readonly rest: Millis
}

export type LeaseView =
  /** Nothing was heard since this sidecar started. */
  | { readonly kind: "unread" }
  /** The API says that there is none. */
  | { readonly kind: "absent" }
  | {
      readonly kind: "read"
      readonly lease: Lease
      /** When this sidecar first saw the present version. */
      readonly since: Instant
      /** When the last request began whose answer, or the last watch event that, showed this version. */
      readonly confirmedAt: Instant
    }

/**
 * A primary whose supervisor has no pulse any more: whether it still runs nobody says, and nobody may stop it when
 * its deadline passes.
 */
export type Unwatched = {
  /** The last dead-man deadline that the supervisor was known to have, or may have. */
  readonly deadline: Instant
  /** A login was seen to be refused since. */
  readonly shut: boolean
}

/** What the supervisor and the local server say. */
export type ServerView =
  /** The supervisor has no pulse: nothing can be ordered, nothing is known. */
  | { readonly kind: "lost"; readonly unwatched?: Unwatched | undefined }
  /** No server and no job: the supervisor waits for an order. */
  | { readonly kind: "down"; readonly exit: Exit | undefined }
  | { readonly kind: "job"; readonly name: string }
  | { readonly kind: "stopping" }
  /** A server runs and says that it does not serve yet: it starts or recovers. */
  | { readonly kind: "starting"; readonly armed: Term | undefined; readonly since: Instant }
  /** A server runs and does not answer at all. */
  | { readonly kind: "silent"; readonly armed: Term | undefined; readonly since: Instant }
  | ({ readonly kind: "standby"; readonly armed: Term | undefined } & StandbyState)
  | ({ readonly kind: "primary"; readonly armed: Term | undefined } & PrimaryState)

/** How the last server ended, since this sidecar or its supervisor started. */
export type Exit = {
  readonly cause: "ordered" | "crashed" | "fenced"
  /** The server was a primary of this term. */
  readonly term: Term | undefined
  readonly at: Instant
}

export type StandbyState = {
  readonly timeline: Timeline
  readonly receivedLsn: Lsn
  readonly replayedLsn: Lsn
  /** `pg_stat_wal_receiver.status`; undefined where no receiver runs. */
  readonly receiver: string | undefined
  readonly receiverSilence: number | undefined
  /** All WAL on its disk was read: `receivedLsn` is not less than what it has. */
  readonly readAll: boolean
  readonly askedAt: Instant
}

export type PrimaryState = {
  readonly timeline: Timeline
  readonly writtenLsn: Lsn
  /** Timeline of the last checkpoint: a rewind may read from here once it is the present one. */
  readonly checkpointTimeline: Timeline
  /** `synchronous_standby_names` as the running server has it, as member names. */
  readonly syncNames: readonly PodName[]
  readonly standbys: readonly StandbyRow[]
  readonly slots: readonly PodName[]
  readonly clients: ClientsView
  /** Highest term in its own table of terms. */
  readonly termRow: Term | undefined
  readonly askedAt: Instant
}

/** A row of `pg_stat_replication` of one of the members. */
export type StandbyRow = {
  readonly pod: PodName
  readonly state: string
  readonly flushLsn: Lsn
  readonly synchronous: boolean
}

/** The data directory, read from files while the server is down. */
export type DataView =
  | { readonly kind: "unknown" }
  | { readonly kind: "empty" }
  | {
      readonly kind: "present"
      readonly systemIdentifier: SystemIdentifier
      readonly timeline: Timeline
      /** Last checkpoint or minimum recovery point, whichever is later: the WAL reaches at least so far. */
      readonly lsn: Lsn
      /** Last ran as a primary. */
      readonly wasPrimary: boolean
      readonly clean: boolean
      /** Initialised, and not yet on record as the cluster's: nobody may take it for that. */
      readonly unconfirmed: boolean
    }
  /** A clone or rewind was cut off. */
  | { readonly kind: "damaged"; readonly reason: string }

export type PeerView = {
  readonly address: string | undefined
  readonly status: MemberStatus | undefined
  /** When the request began that `status` answers. */
  readonly askedAt: Instant | undefined
}

/** What is known of the server that this one should follow; asked of it by SQL over the network. */
export type SourceView = {
  readonly pod: PodName
  readonly primary: boolean
  readonly systemIdentifier: SystemIdentifier
  readonly history: History
  readonly checkpointTimeline: Timeline
  readonly askedAt: Instant
}

/** Work that takes long runs beside the loop, one piece per lane. */
export const lanes = [
  "lease",
  "server",
  "ballot",
  "settings",
  "label",
  "terms",
  "primary",
  "cleanup",
  "clients",
] as const
export type Lane = (typeof lanes)[number]

export type LaneState = {
  /** What runs in the lane now. */
  readonly running: string | undefined
  readonly since: Instant
  /** The last piece that ended, and how often in a row it failed. */
  readonly last:
    | {
        readonly kind: string
        readonly at: Instant
        readonly failure: string | undefined
        readonly failures: number
      }
    | undefined
}

/** A pledge that a member gave to this one as primary. */
export type PledgeHeld = {
  readonly pod: PodName
  readonly term: Term
  readonly sentAt: Instant
  /** For how long it was given. */
  readonly lasts: Millis
}

export type HandOverRequest = {
  readonly since: Instant
  /** `leaving`: the pod is being stopped, so there is no taking back. */
  readonly leaving: boolean
  /** Undefined: whoever is best. */
  readonly to: PodName | undefined
  /** Who asked for it; undefined where nobody waits for an answer. */
  readonly operation: OperationId | undefined
  /** It is wanted no more: undone while that is possible. */
  readonly abandoned: boolean
}

export type Observation = {
  readonly now: Instant
  readonly settings: Settings
  /** This member's identity; undefined while the supervisor has not said its nonce. */
  readonly self: Holder | undefined
  /** Highest term that is safely on this member's disk. */
  readonly term: Term
  /** Term that this member's data last served, or was about to: on disk before the promotion begins. */
  readonly servedTerm: Term | undefined
  readonly lease: LeaseView
  /** When the last write of the Lease was sent that the API confirmed and that names this holder. */
  readonly renewedAt: Instant | undefined
  /** T as that write says it: so long others keep away. */
  readonly renewedFor: Millis | undefined
  /** Every member set that may be in force: pledges must be enough for each. */
  readonly memberSets: readonly (readonly PodName[])[]
  /** Records of whom commits wait for that may be on the Lease; none while no write of this member was confirmed. */
  readonly recordsSent: RecordsSent
  readonly pledges: readonly PledgeHeld[]
  readonly promises: Promises
  readonly server: ServerView
  /** The last reading of the server while it was a primary, kept when it is gone. */
  readonly lastPrimary: PrimaryState | undefined
  /** Dead-man deadline that the supervisor has. */
  readonly deadline: Instant | undefined
  readonly data: DataView
  readonly systemIdentifier: SystemIdentifier | undefined
  /** The data from before the last clone is still kept. */
  readonly keepsOld: boolean
  /** Whom the running configuration makes a standby follow. */
  readonly follows: { readonly pod: PodName; readonly address: string } | undefined
  readonly label: "primary" | "replica" | undefined
  readonly peers: ReadonlyMap<PodName, PeerView>
  readonly source: SourceView | undefined
  readonly ballot: Ballot | undefined
  readonly lanes: Readonly<Record<Lane, LaneState>>
  /** Lease version on which this member refused a vote because it is the better candidate. */
  readonly urgedOn: string | undefined
  /** When another member last asked this one for a pledge, as a primary. */
  readonly pledgeAskedAt: Instant | undefined
  /** Why this member shall give up its role, if it shall. */
  readonly handOver: HandOverRequest | undefined
  /** Who asked that no clients be let in. */
  readonly fence: FenceRequest | undefined
  readonly consent: Consent | undefined
  readonly disk: DiskView
  /** What a recovery rule asks for; see `repair.ts`. */
  readonly repair?: RepairRequest | undefined
  readonly stranded?: Stranded | undefined
}

/** A rule of the log watcher wants this member mended. It is a wish: what is seen now decides whether it comes true. */
export type RepairRequest = {
  readonly kind: Repair
  readonly rule: string
  readonly since: Instant
  /** Its last step was seen; work that came after it may hide that by now. */
  readonly begun?: boolean
}
