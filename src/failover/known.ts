/**
 * The blackboard: the latest of everything that the senses brought in, and the one place where the
 * pieces become an Observation. Senses write, `observe` reads; neither ever waits for the other.
 */
import type { PodName, Term } from "#core/ids.ts"
import { term } from "#core/ids.ts"
import type { Holder } from "#core/failover/holder.ts"
import { heldBy, type Lease, type LeaseContent } from "#core/failover/lease.ts"
import type {
  Consent,
  FenceRequest,
  HandOverRequest,
  Instant,
  LeaseView,
  Observation,
  PeerView,
  PledgeHeld,
  RepairRequest,
  Settings,
  SourceView,
  Stranded,
} from "#core/failover/observation.ts"
import { noPromises, type Promises } from "#core/failover/pledge.ts"
import { wordsFreshFor } from "#core/failover/standing.ts"
import { type RecordsSent, withRecord } from "#core/failover/durability.ts"
import { attempted, confirmed, mayBeInForce, type MemberSets } from "#core/failover/member-sets.ts"
import { deadlineIsFar, type Policy } from "#core/failover/policy.ts"
import { type Millis, seconds } from "#core/units.ts"
import type { Ballot } from "#core/failover/vote.ts"
import type { Clock } from "#io/clock.ts"
import type { MemberPod } from "#io/kube/pods.ts"
import type { Config } from "./config.ts"
import { goesOn } from "./goes-on.ts"
import { KnownServer } from "./known-server.ts"
import type { Lanes } from "./lanes.ts"
import type { Marks } from "./marks.ts"
import type { RunningConfig } from "./running-config.ts"

export class Known {
  readonly server: KnownServer
  readonly #clock: Clock
  readonly #config: Config
  readonly #ring: () => void

  policy: Policy
  settings: Settings
  marks: Marks
  promises: Promises

  lease: LeaseView = { kind: "unread" }
  /**
   * The loop found nothing to be close to: it turns several times a second anyway, and what only goes on as it was does
   * not wake it. Never while anything is awaited or counted down.
   */
  calm = false
  /** Rises with each confirmed write, so that answers to older questions are recognised. */
  leaseWrites = 0
  /** When the last of them was sent. */
  leaseWrittenAt: Instant = -Infinity
  /** The last answered read: only what was asked after a vote can end it. */
  leaseReadFrom: Instant = -Infinity
  #renewal: { readonly at: Instant; readonly by: Holder; readonly lasts: Millis } | undefined
  #sets: MemberSets
  #recordsSent: RecordsSent = []

  pods: ReadonlyMap<PodName, MemberPod> = new Map()
  podsKnown = false
  readonly peers = new Map<PodName, PeerView>()
  readonly pledges = new Map<PodName, PledgeHeld>()
  source: SourceView | undefined
  ballot: Ballot | undefined
  urgedOn: string | undefined
  pledgeAskedAt: Instant | undefined
  handOver: HandOverRequest | undefined
  fence: FenceRequest | undefined
  consent: Consent | undefined
  repair: RepairRequest | undefined
  stranded: Stranded | undefined

  constructor(
    start: {
      readonly clock: Clock
      readonly config: Config
      readonly policy: Policy
      readonly settings: Settings
      readonly marks: Marks
    },
    ring: () => void,
  ) {
    this.#clock = start.clock
    this.#config = start.config
    this.#ring = ring
    this.server = new KnownServer(start.clock, () => this.calm, ring)
    this.policy = start.policy
    this.settings = start.settings
    this.marks = start.marks
    this.#sets = start.marks.memberSets
    // What this member pledged before its sidecar started is forgotten; it keeps to it all the same.
    this.promises = {
      ...noPromises(start.clock.now() + start.policy.pledgeFor),
      vote: start.marks.vote,
    }
  }

  changed(): void {
    this.#ring()
  }

  get self(): Holder | undefined {
    const nonce = this.server.supervisor?.bootNonce
    return nonce === undefined
      ? undefined
      : { pod: this.#config.pod, uid: this.#config.podUid, nonce }
  }

  /** An answer or a watch event shows `lease`. `askedAt`: when the request began; undefined for the watch. */
  heardLease(lease: Lease | undefined, askedAt: Instant | undefined): void {
    const now = this.#clock.now()
    const before = this.lease
    if (lease === undefined) {
      this.lease = { kind: "absent" }
    } else if (before.kind === "read" && before.lease.version === lease.version) {
      this.lease = { ...before, confirmedAt: Math.max(before.confirmedAt, askedAt ?? now) }
      // The watch repeats what was read or written before; a read is what somebody may be waiting for.
      if (askedAt === undefined && this.calm) return
    } else {
      if (askedAt === undefined && before.kind === "read" && isOlder(lease, before.lease)) return
      this.lease = { kind: "read", lease, since: now, confirmedAt: askedAt ?? now }
      this.ballot = undefined
    }
    if (askedAt !== undefined) this.leaseReadFrom = askedAt
    this.changed()
  }

  /** A member answered. In the same words as a moment ago it only goes on counting, which is no news. */
  heardPeer(pod: PodName, view: PeerView & { readonly askedAt: Instant }): void {
    const before = this.peers.get(pod)
    this.peers.set(pod, view)
    const isFresh = before?.askedAt !== undefined && view.askedAt - before.askedAt <= wordsFreshFor
    if (!this.calm || !isFresh || !goesOn(before, view)) this.changed()
  }

  /** A member answered to the question for a pledge; one more in a row is news when the deadline needs it. */
  heardPledge(pod: PodName, pledge: PledgeHeld | undefined): void {
    const before = this.pledges.get(pod)
    if (pledge === undefined) this.pledges.delete(pod)
    else this.pledges.set(pod, pledge)
    const isFar = deadlineIsFar(this.policy, this.#clock.now(), this.server.deadline)
    if (!this.calm || !isFar || before?.term !== pledge?.term) this.changed()
  }

  get memberSets(): MemberSets {
    return this.#sets
  }

  /** A write is about to be sent: its member set may come into force at any moment. */
  attemptLease({ members, syncSet }: LeaseContent): void {
    this.#sets = attempted(this.#sets, members)
    // Before the first that is confirmed, nothing is known of what an earlier sidecar of this pod may have sent.
    if (this.#recordsSent.length > 0) this.#recordsSent = withRecord(this.#recordsSent, syncSet)
  }

  /** Nothing that this member sent while another led can come into force any more. */
  stands(members: readonly PodName[]): void {
    this.#sets = confirmed(members)
  }

  wroteLease(lease: Lease, sentAt: Instant): void {
    this.leaseWrites += 1
    this.leaseWrittenAt = sentAt
    const { self } = this
    this.heardLease(lease, undefined)
    this.#renewal =
      self !== undefined && heldBy(lease, self)
        ? { at: sentAt, by: self, lasts: seconds(lease.durationSeconds) }
        : undefined
    this.#sets = confirmed(lease.members)
    this.#recordsSent = [lease.syncSet]
    this.changed()
  }

  observe(lanes: Lanes, running: RunningConfig): Observation {
    const { lease, self } = this
    const now = this.#clock.now()
    const renewal = this.#countedRenewal(self)
    return {
      now,
      settings: this.settings,
      self,
      term: this.marks.term,
      servedTerm: this.marks.served,
      lease,
      renewedAt: renewal?.at,
      renewedFor: renewal?.lasts,
      memberSets: mayBeInForce(
        this.#sets,
        this.lease.kind === "read" ? this.lease.lease.members : [],
        this.settings.members,
      ),
      recordsSent: this.#recordsSent,
      pledges: [...this.pledges.values()].filter(({ sentAt }) => sentAt > this.server.stoodStillAt),
      promises: this.promises,
      server: this.server.view(),
      lastPrimary: this.server.lastPrimary,
      deadline: this.server.deadline,
      data: this.server.dataView(),
      systemIdentifier: this.server.systemIdentifier(),
      keepsOld: this.server.keepsOld,
      follows: running.follows,
      label: this.pods.get(this.#config.pod)?.role,
      peers: this.peers,
      source: this.source,
      ballot: this.ballot,
      lanes: lanes.states,
      urgedOn: this.urgedOn,
      pledgeAskedAt: this.pledgeAskedAt,
      handOver: this.handOver,
      repair: this.repair,
      stranded: this.stranded,
      fence: this.fence,
      consent: this.consent,
      disk: this.server.disk,
    }
  }

  /** The last renewal, as long as it counts: sent by this run of the supervisor, and since the machine last stood still. */
  #countedRenewal(self: Holder | undefined) {
    const renewal = this.#renewal
    return renewal !== undefined &&
      renewal.at > this.server.stoodStillAt &&
      self?.nonce === renewal.by.nonce
      ? renewal
      : undefined
  }

  get highestTerm(): Term {
    return this.lease.kind === "read" && this.lease.lease.term > this.marks.term
      ? this.lease.lease.term
      : term(this.marks.term)
  }
}

/** Watches may lag behind the answers to our own writes. */
const isOlder = (lease: Lease, than: Lease): boolean => isBefore(lease.version, than.version)

/** Versions of one object grow; where they are no numbers, nothing is before anything. */
export function isBefore(version: string, other: string): boolean {
  const [a, b] = [Number(version), Number(other)]
  return Number.isFinite(a) && Number.isFinite(b) && a < b
}
