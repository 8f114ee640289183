/**
 * The Lease of a cluster as the protocol reads and writes it. `io/kube/lease.ts` turns it into the
 * Kubernetes object and back; every write carries the version it was decided on (style rule 14).
 */
import { assert } from "#core/assert.ts"
import {
  type PodName,
  type SystemIdentifier,
  type Term,
  term,
  type Timeline,
  timeline,
} from "#core/ids.ts"
import type { Lsn } from "#core/lsn.ts"
import { recordedWith } from "#core/failover/durability.ts"
import { type Holder, sameHolder } from "#core/failover/holder.ts"

/** Why a holder let go: its server was stopped on purpose, or it had crashed. */
export type ReleaseCause = "hand-over" | "crash" | "stop"

/** What the last holder left behind when it let go, as part of the Lease. */
export type Release = {
  readonly by: Holder
  readonly term: Term
  readonly cause: ReleaseCause
  /** Position of the shutdown checkpoint after a clean stop: a successor that has it lost nothing. */
  readonly checkpoint: Lsn | undefined
  /** Its timeline: beyond the same position on another one lies another history. */
  readonly timeline?: Timeline | undefined
  /** Milliseconds for which clients could not write by then, as the releasing member knows: for the story only. */
  readonly awayFor?: number | undefined
}

export type WalPosition = { readonly timeline: Timeline; readonly lsn: Lsn }

/** All that a holder may write. */
export type LeaseContent = {
  readonly holder: Holder | undefined
  readonly term: Term
  /** T of the holder's policy: observers wait at least so long. */
  readonly durationSeconds: number
  readonly members: readonly PodName[]
  /** Members that may hold the last acknowledged commit, beside the holder. */
  readonly syncSet: readonly PodName[]
  /** Alone may take a released Lease, for a while. */
  readonly successor: PodName | undefined
  readonly systemIdentifier: SystemIdentifier | undefined
  /** How far the holder's WAL was on disk when it last renewed: never more than it really had. */
  readonly position?: WalPosition | undefined
  /**
   * Highest timeline that any holder opened or was about to open (R13). PostgreSQL alone would give two
   * promotions that know nothing of each other the same number, and take their WAL for one.
   */
  readonly newestTimeline?: Timeline | undefined
  /** Who held it last, where nobody does. */
  readonly released: Release | undefined
}

export type Lease = LeaseContent & {
  /** `resourceVersion`: compared for equality only. */
  readonly version: string
}

/** Nobody holds it and the last holder said so itself, after its server was gone. */
export const isReleased = (lease: LeaseContent): boolean =>
  lease.holder === undefined && lease.released !== undefined && lease.released.term === lease.term

export const heldBy = (lease: LeaseContent, self: Holder): boolean =>
  lease.holder !== undefined && sameHolder(lease.holder, self)

/** The pod whose server served last: the holder, or who released it. */
export const lastServing = (lease: LeaseContent): PodName | undefined =>
  lease.holder?.pod ?? lease.released?.by.pod

/** The timeline that a promotion opens: above every one that the Lease or the candidate's own WAL knows of (R13). */
export const nextTimeline = (lease: LeaseContent, own: Timeline): Timeline =>
  timeline(Math.max(lease.newestTimeline ?? 0, own) + 1)

/**
 * A new holder opens a new term, above every term that was ever seen, says which timeline it will open, and adds whom its
 * first commits will wait for to those who may hold the last ones of the term before.
 */
export function taken(
  lease: LeaseContent,
  by: Holder,
  opens: {
    readonly term: Term
    readonly own: Timeline
    readonly durationSeconds: number
    readonly syncNames: readonly PodName[]
  },
): LeaseContent {
  assert(opens.term > lease.term, "S1: a new holder opens a new term")
  return {
    ...lease,
    holder: by,
    term: opens.term,
    newestTimeline: nextTimeline(lease, opens.own),
    syncSet: recordedWith(lease.syncSet, opens.syncNames),
    durationSeconds: opens.durationSeconds,
    successor: undefined,
    // What the former holder had is no measure for the new one.
    position: undefined,
    released: undefined,
  }
}

export const nextTerm = (...seen: readonly Term[]): Term => term(Math.max(0, ...seen) + 1)
