/** What `decide` returns: things to do, what to remember, and one sentence that says why. */
import type { Severity } from "#core/cluster/events.ts"
import type { HandOverOutcome, HandOverStep } from "#core/cluster/sidecar.ts"
import type { InstancePhase, Question } from "#core/cluster/state.ts"
import type { OperationId, PodName, Term, Timeline } from "#core/ids.ts"
import type { Lsn } from "#core/lsn.ts"
import type { Millis } from "#core/units.ts"
import type { LeaseContent } from "#core/failover/lease.ts"
import type { Instant, Lane } from "#core/failover/observation.ts"
import { noSigns, type Signs, type Story } from "#core/failover/story.ts"
import type { ElectionCause } from "#core/failover/vote.ts"

export type Peer = { readonly pod: PodName; readonly address: string }

/**
 * The order of actions is part of the meaning: each is begun before the next. An action whose lane is
 * busy is dropped, not queued: the next decision will ask again if it is still right. `fence` is the
 * exception: it takes the server lane from whatever runs there.
 */
export type Action =
  /** The term is on disk before anything is done that relies on it. */
  | { readonly kind: "persist-term"; readonly term: Term }
  /** Stops the server at once, clients and all. Never waits for the lane. */
  | { readonly kind: "fence"; readonly reason: string }
  | { readonly kind: "extend-deadline"; readonly deadline: Instant }
  /** Writes `content` if the Lease still has `version`. */
  | {
      readonly kind: "write-lease"
      readonly purpose: "renew" | "take" | "release" | "take-back"
      readonly version: string
      readonly content: LeaseContent
    }
  /** Asks the API now: what is known is too old to act upon. */
  | { readonly kind: "read-lease" }
  /** Binds the own vote on disk, then asks every other member for theirs. */
  | {
      readonly kind: "campaign"
      readonly term: Term
      readonly leaseVersion: string
      readonly cause: ElectionCause
    }
  /** `durable`: names that commits must wait for from the first one on. */
  | {
      readonly kind: "promote"
      readonly term: Term
      /** The one to open: all between the own and this one are somebody else's (R13). */
      readonly timeline: Timeline
      readonly deadline: Instant
      readonly syncNames: readonly PodName[]
    }
  | { readonly kind: "start-standby"; readonly follow: Peer | undefined }
  | {
      readonly kind: "start-primary"
      readonly term: Term
      readonly deadline: Instant
      readonly syncNames: readonly PodName[]
      /** Why no clients are let in at first; undefined lets them in. */
      readonly refusing: string | undefined
    }
  | { readonly kind: "stop"; readonly within: Millis }
  /** Initialises, or takes over what an initialisation that nobody recorded left behind. */
  | { readonly kind: "initdb"; readonly term: Term }
  /** The Lease carries the identifier of the data that was initialised here. */
  | { readonly kind: "confirm-data" }
  /** The clone streams: what was there before it is not needed any more (S4). */
  | { readonly kind: "drop-old" }
  | { readonly kind: "clone"; readonly source: Peer }
  | { readonly kind: "rewind"; readonly source: Peer }
  /** Points a standby at another server, or at none, by reload. */
  | { readonly kind: "follow"; readonly source: Peer | undefined }
  | { readonly kind: "set-sync-names"; readonly names: readonly PodName[] }
  /**
   * Lets clients in, or refuses new logins and ends the sessions that are there. Done when a login was
   * seen to be let in or refused, and no session is left. Replication and the sidecar are never refused.
   */
  | { readonly kind: "admit"; readonly clients: true }
  | { readonly kind: "admit"; readonly clients: false; readonly why: string }
  | { readonly kind: "label"; readonly role: "primary" | "replica" }
  /** Roles, grants and the row of this term in the new primary's own table. */
  | { readonly kind: "record-term"; readonly term: Term; readonly cause: string }
  | { readonly kind: "checkpoint" }
  | {
      readonly kind: "slots"
      readonly create: readonly PodName[]
      readonly drop: readonly PodName[]
    }
  | { readonly kind: "tell"; readonly event: Told }

export type Told = {
  readonly kind: string
  readonly severity: Severity
  readonly message: string
  readonly details: Readonly<Record<string, string>>
}

/** Done at once, beside whatever runs. */
export type Immediate = Extract<Action, { kind: "extend-deadline" | "read-lease" | "tell" }>
/** Runs in a lane. */
export type Lasting = Exclude<Action, Immediate>

export const isImmediate = (action: Action): action is Immediate =>
  action.kind === "extend-deadline" || action.kind === "read-lease" || action.kind === "tell"

/** The lane that an action runs in. */
export function laneOf(action: Lasting): Lane {
  switch (action.kind) {
    case "persist-term":
    case "confirm-data":
      return "terms"
    case "drop-old":
      return "cleanup"
    case "fence":
    case "promote":
    case "start-standby":
    case "start-primary":
    case "stop":
    case "initdb":
    case "clone":
    case "rewind":
      return "server"
    case "write-lease":
      return "lease"
    case "campaign":
      return "ballot"
    case "follow":
    case "set-sync-names":
      return "settings"
    case "admit":
      return "clients"
    case "label":
      return "label"
    case "record-term":
    case "checkpoint":
    case "slots":
      return "primary"
  }
}

/** What a person should read about this member now. */
export type Mood = {
  readonly phase: InstancePhase
  readonly why: string
  /** What a person must decide. */
  readonly question?: Question | undefined
  /** Why a primary lets no clients in. */
  readonly refusing?: string | undefined
}

export type Decision = {
  readonly memory: Memory
  readonly actions: readonly Action[]
  readonly mood: Mood
}

/** A hand-over on its way; see `hand-over.ts`. */
export type HandOver = {
  /** `since` of the request: one request is one hand-over. */
  readonly asked: Instant
  readonly operation: OperationId | undefined
  readonly step: HandOverStep
  readonly to: PodName | undefined
  readonly since: Instant
  readonly stepSince: Instant
  readonly checkpoint: Lsn | undefined
  /** Since when clients are shut out. */
  readonly shutAt?: Instant | undefined
  /** The successor did not appear, and the Lease is asked for again. */
  readonly takingBack: boolean
  /** Kept when it is over, until the next one begins. */
  readonly outcome: HandOverOutcome
}

export type Memory = {
  readonly startedAt: Instant
  /** When another member was last seen to lead: its Lease changed, or it asked for a pledge. */
  readonly leaderSeenAt: Instant | undefined
  readonly leaseVersion: string | undefined
  /** When this member became a possible candidate in the present election. */
  readonly electingSince: Instant | undefined
  readonly campaignNotBefore: Instant
  /** Start of the ballot that was already found lost. */
  readonly judged: Instant | undefined
  /** When the server was last restarted in place, youngest last. */
  readonly restarts: readonly Instant[]
  readonly heal: Heal
  /** When the server was last stopped because it did not answer. */
  readonly hungAt: Instant | undefined
  /** The setting that became effective, and the WAL position that must be on a member of it. */
  readonly settled:
    | { readonly names: readonly PodName[]; readonly since: Instant; readonly lsn: Lsn | undefined }
    | undefined
  /** The WAL position that must be on a quorum before clients are let in again after a restart. */
  readonly gate: Gate | undefined
  readonly handOver: HandOver | undefined
  /** Version of the Lease on which a release was last tried: while it stands, that may still come about. */
  readonly releasing: string | undefined
  readonly story: Story | undefined
  readonly signs: Signs
  /** The last term whose beginning was told in full. */
  readonly explained: Term | undefined
  /** Keys of what was already told, so that a state is told once. */
  readonly told: readonly string[]
}

/** Clients wait until a quorum has all WAL up to `lsn`; undefined while the term has no row yet. */
export type Gate = { readonly term: Term; readonly lsn: Lsn | undefined }

const toldMax = 30

/** Tells `event` unless the same was told before: what goes on for many turns is told once. */
export function once(
  memory: Memory,
  key: string,
  event: Told,
): { readonly memory: Memory; readonly actions: readonly Action[] } {
  if (memory.told.includes(key)) return { memory, actions: [] }
  const told = [...memory.told.slice(-toldMax), key]
  return { memory: { ...memory, told }, actions: [{ kind: "tell", event }] }
}

export type Heal = {
  /** Since when the member should stream and does not. */
  readonly since: Instant | undefined
  /** How far it had replayed then. */
  readonly replayed?: Lsn | undefined
  /** It streams, since then, and it is not clear yet whether that helps. */
  readonly streamsSince?: Instant | undefined
  readonly rewinds: number
  readonly clones: number
  readonly notBefore: Instant
  /** Why nothing but a clone is left. */
  readonly hopeless?: string | undefined
}

export const healthy: Heal = { since: undefined, rewinds: 0, clones: 0, notBefore: 0 }

export const firstMemory = (now: Instant): Memory => ({
  startedAt: now,
  leaderSeenAt: undefined,
  leaseVersion: undefined,
  electingSince: undefined,
  campaignNotBefore: 0,
  judged: undefined,
  restarts: [],
  heal: healthy,
  hungAt: undefined,
  settled: undefined,
  gate: undefined,
  handOver: undefined,
  releasing: undefined,
  story: undefined,
  signs: noSigns,
  explained: undefined,
  told: [],
})
