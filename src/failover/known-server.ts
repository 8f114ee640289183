/**
 * The part of the blackboard that is about the member's own server: what its supervisor says of it, what looks at it
 * showed, what its data are, and until when it may serve.
 */
import { type DiskMemory, diskNow, diskUnknown } from "#core/failover/disk.ts"
import type { SystemIdentifier, Term, Timeline } from "#core/ids.ts"
import { systemIdentifier, timeline } from "#core/ids.ts"
import { laterLsn } from "#core/lsn.ts"
import type {
  DataView,
  DiskView,
  Exit,
  Instant,
  PrimaryState,
  ServerView,
  Unwatched,
} from "#core/failover/observation.ts"
import { seeStandbys, type StandbysSeen, withStandbys } from "#core/failover/standbys.ts"
import type { Clock } from "#io/clock.ts"
import type { DataDirectory } from "#io/postgres/data-directory.ts"
import type { SupervisorStatus } from "#io/supervisor/supervisor.ts"
import { goesOn } from "./goes-on.ts"
import type { Looked, PrimaryLook } from "./local-server.ts"

/** What the last try to look at the local server brought. */
export type Glance =
  | { readonly kind: "looked"; readonly looked: Looked }
  /** It says that it starts, or stays silent; since when in a row. */
  | { readonly kind: "starting" | "silent"; readonly since: Instant }

export class KnownServer {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #isCalm: () => boolean

  supervisor: SupervisorStatus | undefined
  /** Kept when the supervisor has ended in good order: its server is gone for certain. */
  ended = false
  #exit: Exit | undefined
  /** When a server last ended by itself; a start does not make it forgotten. */
  crashedAt: Instant | undefined
  #armedTerm: Term | undefined
  deadlineWritten: Instant | undefined
  /** When it was heard that the machine had stood still. */
  #stoodStillAt: Instant = -Infinity
  #unwatched: Unwatched | undefined

  glance: Glance | undefined
  /** What the last look made of the server. */
  #seen: ServerView | undefined
  #lastPrimary: PrimaryState | undefined
  #standbys: StandbysSeen = new Map()
  termRow: Term | undefined
  /** What a trial login showed; undefined since the server started. */
  admitted: boolean | undefined
  #disk: DiskMemory = diskUnknown
  #topTimeline = timeline(0)
  /** Seen once since the server started: what comes later is received. */
  #readAll = false

  data: DataDirectory | undefined
  unconfirmed: SystemIdentifier | undefined
  keepsOld = false

  /** `changed` is called on news; where everything `isCalm`, what only goes on as it was is none. */
  constructor(clock: Clock, isCalm: () => boolean, changed: () => void) {
    this.#clock = clock
    this.#isCalm = isCalm
    this.#changed = changed
  }

  /** When the supervisor stops the server unless it is told of a later time. */
  get deadline(): Instant | undefined {
    return later(this.supervisor?.deadline, this.deadlineWritten)
  }

  heardSupervisor(status: SupervisorStatus | undefined): void {
    const before = this.supervisor
    if (status === undefined) {
      if (before === undefined || this.ended) return
      // A container that was told to end and whose server is gone is over, not lost.
      const over = before.running.kind === "nothing" || this.#exit !== undefined
      if (before.terminating && over) this.ended = true
      else this.#lost(before)
      this.#changed()
      return
    }
    this.ended = false
    this.#unwatched = undefined
    if (before?.bootNonce !== status.bootNonce) {
      this.#exit = undefined
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
    if (news || ails) this.#changed()
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
      this.#exit = undefined
      this.#topTimeline = timeline(0)
      this.#readAll = false
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
    this.#changed()
  }

  /**
   * The machine stood still, and perhaps its monotonic clock with it: what was sent before is older than it looks, and
   * no right to serve may be counted from it (S1).
   */
  heardPause(): void {
    this.#stoodStillAt = this.#clock.now()
    this.deadlineWritten = undefined
    if (this.#unwatched !== undefined) this.#unwatched = { ...this.#unwatched, deadline: -Infinity }
    this.#changed()
  }

  /** The server and all of its processes are gone. */
  heardExit(cause: Exit["cause"]): void {
    this.#exit = { cause, term: this.#armedTerm, at: this.#clock.now() }
    if (cause === "crashed") this.crashedAt = this.#exit.at
    this.#armedTerm = undefined
    this.glance = undefined
    this.data = undefined
    this.#changed()
  }

  /** The local server answered. A standby does not say the timeline it replays between two receivers, so the highest is kept. */
  heardLook(looked: Looked): void {
    const hadLooked = this.glance?.kind === "looked"
    this.#topTimeline = timeline(Math.max(this.#topTimeline, looked.state.timeline))
    if (looked.kind === "standby") this.#readAll ||= looked.state.readAll
    this.glance = {
      kind: "looked",
      looked:
        looked.kind === "standby"
          ? {
              kind: "standby",
              state: { ...looked.state, timeline: this.#topTimeline, readAll: this.#readAll },
            }
          : looked,
    }
    if (looked.kind === "primary") {
      const primary = this.#primary(looked.state)
      this.#standbys = seeStandbys(this.#standbys, primary)
      this.#lastPrimary = withStandbys(primary, this.#standbys)
    }
    const seen = this.view()
    if (!this.#isCalm() || !hadLooked || !goesOn(this.#seen, seen)) this.#changed()
    this.#seen = seen
  }

  /** What was sent before this is older than it looks. */
  get stoodStillAt(): Instant {
    return this.#stoodStillAt
  }

  get topTimeline(): Timeline {
    return this.#topTimeline
  }

  get lastPrimary(): PrimaryState | undefined {
    return this.#lastPrimary
  }

  view(): ServerView {
    const { supervisor, glance } = this
    const exit = this.#exit
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

  dataView(): DataView {
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

  systemIdentifier(): SystemIdentifier | undefined {
    return this.data?.kind === "present"
      ? systemIdentifier(this.data.control.systemIdentifier)
      : undefined
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
