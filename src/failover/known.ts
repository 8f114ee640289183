/**
 * The blackboard: the latest of everything that the senses brought in, and the one place where the
 * pieces become an Observation. Senses write, `observe` reads; neither ever waits for the other.
 */
import { type DiskMemory, diskNow, diskUnknown } from "#core/failover/disk.ts"
import type { PodName, SystemIdentifier, Term } from "#core/ids.ts"
import { systemIdentifier, timeline, term } from "#core/ids.ts"
import { laterLsn } from "#core/lsn.ts"
import type { Holder } from "#core/failover/holder.ts"
import { heldBy, type Lease, type LeaseContent } from "#core/failover/lease.ts"
import type {
  DataView,
  Consent,
  DiskView,
  Exit,
  FenceRequest,
  HandOverRequest,
  Instant,
  LeaseView,
  Observation,
  PeerView,
  PledgeHeld,
  PrimaryState,
  RepairRequest,
  ServerView,
  Settings,
  SourceView,
  Stranded,
  Unwatched,
} from "#core/failover/observation.ts"
import { noPromises, type Promises } from "#core/failover/pledge.ts"
import { wordsFreshFor } from "#core/failover/standing.ts"
import { seeStandbys, type StandbysSeen, withStandbys } from "#core/failover/standbys.ts"
import { type RecordsSent, withRecord } from "#core/failover/durability.ts"
import { attempted, confirmed, mayBeInForce, type MemberSets } from "#core/failover/member-sets.ts"
import { deadlineIsFar, type Policy } from "#core/failover/policy.ts"
import { type Millis, seconds } from "#core/units.ts"
import type { Ballot } from "#core/failover/vote.ts"
import type { Clock } from "#io/clock.ts"
import type { MemberPod } from "#io/kube/pods.ts"
import type { DataDirectory } from "#io/postgres/data-directory.ts"
import type { SupervisorStatus } from "#io/supervisor/supervisor.ts"
import type { Config } from "./config.ts"
import { goesOn } from "./goes-on.ts"
import type { Lanes } from "./lanes.ts"
import type { Looked, PrimaryLook } from "./local-server.ts"
import type { Marks } from "./marks.ts"
import type { RunningConfig } from "./running-config.ts"

/** What the last try to look at the local server brought. */
export type Glance =
  | { readonly kind: "looked"; readonly looked: Looked }
  /** It says that it starts, or stays silent; since when in a row. */
  | { readonly kind: "starting" | "silent"; readonly since: Instant }

export class Known {
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
  /** When it was heard that the machine had stood still. */
  #stoodStillAt: Instant = -Infinity
  #sets: MemberSets
  #recordsSent: RecordsSent = []

  supervisor: SupervisorStatus | undefined
  /** Kept when the supervisor has ended in good order: its server is gone for certain. */
  ended = false
  exit: Exit | undefined
  /** When a server last ended by itself; a start does not make it forgotten. */
  crashedAt: Instant | undefined
  #armedTerm: Term | undefined
  deadlineWritten: Instant | undefined
  #unwatched: Unwatched | undefined

  glance: Glance | undefined
  /** What the last look made of the server. */
  #seen: ServerView | undefined
  lastPrimary: PrimaryState | undefined
  #standbys: StandbysSeen = new Map()
  termRow: Term | undefined
  /** What a trial login showed; undefined since the server started. */
  admitted: boolean | undefined
  fence: FenceRequest | undefined
  consent: Consent | undefined
  #disk: DiskMemory = diskUnknown
  topTimeline = timeline(0)
  /** Seen once since the server started: what comes later is received. */
  readAll = false

  data: DataDirectory | undefined
  unconfirmed: SystemIdentifier | undefined
  keepsOld = false

  pods: ReadonlyMap<PodName, MemberPod> = new Map()
  podsKnown = false
  readonly peers = new Map<PodName, PeerView>()
  readonly pledges = new Map<PodName, PledgeHeld>()
  source: SourceView | undefined
  ballot: Ballot | undefined
  urgedOn: string | undefined
  pledgeAskedAt: Instant | undefined
  handOver: HandOverRequest | undefined
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
    const nonce = this.supervisor?.bootNonce
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
    const isFar = deadlineIsFar(this.policy, this.#clock.now(), this.deadline)
    if (!this.calm || !isFar || before?.term !== pledge?.term) this.changed()
  }

  /** When the supervisor stops the server unless it is told of a later time. */
  get deadline(): Instant | undefined {
    return later(this.supervisor?.deadline, this.deadlineWritten)
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

  heardSupervisor(status: SupervisorStatus | undefined): void {
    const before = this.supervisor
    if (status === undefined) {
      if (before === undefined || this.ended) return
      // A container that was told to end and whose server is gone is over, not lost.
      const over = before.running.kind === "nothing" || this.exit !== undefined
      if (before.terminating && over) this.ended = true
      else this.#lost(before)
      this.changed()
      return
    }
    this.ended = false
    this.#unwatched = undefined
    if (before?.bootNonce !== status.bootNonce) {
      this.exit = undefined
      this.deadlineWritten = undefined
      this.#armedTerm = undefined
    }
    if (before?.running.kind !== status.running.kind) this.#ranOtherwise(status)
    if (status.running.kind === "primary") this.#armedTerm = status.running.term
    const news =
      before?.bootNonce !== status.bootNonce ||
      JSON.stringify(before.running) !== JSON.stringify(status.running)
    const disk = diskNow(this.#disk, status.disk ?? { kind: "well" }, this.#clock.now())
    const ails = this.#disk.view.kind !== disk.view.kind
    this.#disk = disk
    this.supervisor = status
    if (news || ails) this.changed()
  }

  #lost(before: SupervisorStatus): void {
    this.supervisor = undefined
    const { kind } = before.running
    // What was said before a pause is older than it looks.
    const deadline =
      before.at > this.#stoodStillAt ? later(before.deadline, this.deadlineWritten) : -Infinity
    const served = kind === "primary" || (kind === "stopping" && this.#armedTerm !== undefined)
    this.#unwatched = served && deadline !== undefined ? { deadline, shut: false } : undefined
  }

  get disk(): DiskView {
    return this.#disk.view
  }

  #ranOtherwise(status: SupervisorStatus): void {
    const { kind } = status.running
    if (kind === "standby" || kind === "primary") {
      const goesOn =
        this.supervisor?.running.kind === "standby" || this.supervisor?.running.kind === "primary"
      if (goesOn) return // armed for a promotion: the same server
      this.glance = { kind: "starting", since: this.#clock.now() }
      this.exit = undefined
      this.topTimeline = timeline(0)
      this.readAll = false
      this.termRow = undefined
      this.admitted = undefined
    } else {
      this.glance = undefined
      // The status says it before the report does. What was read of the data before the server ran is history: its
      // shutdown checkpoint would be one that every standby is beyond, however much it lacks (S2).
      this.data = undefined
    }
  }

  heardDoor(isOpen: boolean): void {
    this.admitted = isOpen
    if (this.#unwatched !== undefined) this.#unwatched = { ...this.#unwatched, shut: !isOpen }
    this.changed()
  }

  /**
   * The machine stood still, and perhaps its monotonic clock with it: what was sent before is older than it looks, and
   * no right to serve may be counted from it (S1).
   */
  heardPause(): void {
    this.#stoodStillAt = this.#clock.now()
    this.deadlineWritten = undefined
    if (this.#unwatched !== undefined) this.#unwatched = { ...this.#unwatched, deadline: -Infinity }
    this.changed()
  }

  /** The server and all of its processes are gone. */
  heardExit(cause: Exit["cause"]): void {
    this.exit = { cause, term: this.#armedTerm, at: this.#clock.now() }
    if (cause === "crashed") this.crashedAt = this.exit.at
    this.#armedTerm = undefined
    this.glance = undefined
    this.data = undefined
    this.changed()
  }

  /** The local server answered. A standby does not say the timeline it replays between two receivers, so the highest is kept. */
  heardLook(looked: Looked): void {
    const hadLooked = this.glance?.kind === "looked"
    this.topTimeline = timeline(Math.max(this.topTimeline, looked.state.timeline))
    if (looked.kind === "standby") this.readAll ||= looked.state.readAll
    this.glance = {
      kind: "looked",
      looked:
        looked.kind === "standby"
          ? {
              kind: "standby",
              state: { ...looked.state, timeline: this.topTimeline, readAll: this.readAll },
            }
          : looked,
    }
    if (looked.kind === "primary") {
      const primary = this.#primary(looked.state)
      this.#standbys = seeStandbys(this.#standbys, primary)
      this.lastPrimary = withStandbys(primary, this.#standbys)
    }
    const seen = this.#serverView()
    if (!this.calm || !hadLooked || !goesOn(this.#seen, seen)) this.changed()
    this.#seen = seen
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
      pledges: [...this.pledges.values()].filter(({ sentAt }) => sentAt > this.#stoodStillAt),
      promises: this.promises,
      server: this.#serverView(),
      lastPrimary: this.lastPrimary,
      deadline: this.deadline,
      data: this.#dataView(),
      systemIdentifier: this.#systemIdentifier(),
      keepsOld: this.keepsOld,
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
      disk: this.#disk.view,
    }
  }

  #serverView(): ServerView {
    const { supervisor, glance, exit } = this
    if (this.ended) return { kind: "down", exit }
    if (supervisor === undefined) return { kind: "lost", unwatched: this.#unwatched }
    const { running } = supervisor
    switch (running.kind) {
      case "nothing":
        return { kind: "down", exit }
      case "job":
        return { kind: "job", name: running.name }
      case "stopping":
        return { kind: "stopping" }
      case "standby":
      case "primary":
        return this.#running(running.kind === "primary" ? running.term : undefined, glance)
    }
  }

  #running(armed: Term | undefined, glance: Glance | undefined): ServerView {
    if (glance === undefined) return { kind: "starting", armed, since: this.#clock.now() }
    if (glance.kind !== "looked") return { kind: glance.kind, armed, since: glance.since }
    const { looked } = glance
    return looked.kind === "standby"
      ? { kind: "standby", armed, ...looked.state }
      : { kind: "primary", armed, ...this.#primary(looked.state) }
  }

  #primary(look: PrimaryLook): PrimaryState {
    const clients = { admitted: this.admitted, sessions: look.clients.sessions }
    return { ...look, clients, termRow: this.termRow }
  }

  #dataView(): DataView {
    const { data } = this
    if (data === undefined) return { kind: "unknown" }
    switch (data.kind) {
      case "empty":
        return { kind: "empty" }
      case "damaged":
        return { kind: "damaged", reason: data.reason }
      case "present": {
        const { control, isBackup } = data
        return {
          kind: "present",
          systemIdentifier: systemIdentifier(control.systemIdentifier),
          timeline: timeline(Math.max(control.timeline, control.minRecoveryTimeline)),
          lsn: laterLsn(control.checkpoint, control.minRecoveryEnd),
          wasPrimary: primaryStates.has(control.state) && !isBackup,
          clean: control.state === "shut down" || control.state === "shut down in recovery",
          unconfirmed: this.unconfirmed === control.systemIdentifier,
        }
      }
    }
  }

  #systemIdentifier(): SystemIdentifier | undefined {
    return this.data?.kind === "present"
      ? systemIdentifier(this.data.control.systemIdentifier)
      : undefined
  }

  /** The last renewal, as long as it counts: sent by this run of the supervisor, and since the machine last stood still. */
  #countedRenewal(self: Holder | undefined) {
    const renewal = this.#renewal
    return renewal !== undefined &&
      renewal.at > this.#stoodStillAt &&
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

/** States of a control file in which the data was last a primary's. */
const primaryStates: ReadonlySet<string> = new Set([
  "shut down",
  "shutting down",
  "in crash recovery",
  "in production",
])

const later = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b)

/** Watches may lag behind the answers to our own writes. */
const isOlder = (lease: Lease, than: Lease): boolean => isBefore(lease.version, than.version)

/** Versions of one object grow; where they are no numbers, nothing is before anything. */
export function isBefore(version: string, other: string): boolean {
  const [a, b] = [Number(version), Number(other)]
  return Number.isFinite(a) && Number.isFinite(b) && a < b
}
