/**
 * What the failover sidecar can ask of the supervisor, PID 1 of the postgres container, and what it
 * hears from it. `supervisor.sh` is the other end; `channel.ts` speaks to it through FIFOs and small
 * files on the shared in-memory volume.
 *
 * The supervisor obeys, and keeps two promises by itself: PostgreSQL never runs before an order (S3),
 * and a primary is stopped when its deadline has passed, whatever the sidecar is doing (S1).
 */
import type { Lsn } from "#core/lsn.ts"
import type { SystemIdentifier, Term } from "#core/ids.ts"
import type { Millis } from "#core/units.ts"

/** Milliseconds of `/proc/uptime`: monotonic, and the same for all containers of a node. */
export type Uptime = number

/** What runs inside the postgres container. Exactly one thing at a time. */
export type Running =
  | { readonly kind: "nothing" }
  /** `postmaster` is its process id as the supervisor sees it. */
  | { readonly kind: "standby"; readonly postmaster: number }
  | { readonly kind: "primary"; readonly postmaster: number; readonly term: Term }
  | { readonly kind: "stopping" }
  | { readonly kind: "job"; readonly job: string; readonly name: JobName }

export const jobNames = ["initdb", "clone", "rewind", "crash-recovery"] as const
export type JobName = (typeof jobNames)[number]

/** Read from the supervisor's status file; `at` is when it was written, on `/proc/uptime`. */
export type SupervisorStatus = {
  /** New with each start of the supervisor; part of the Lease's holder identity. */
  readonly bootNonce: string
  readonly running: Running
  readonly deadline: Uptime | undefined
  readonly at: Uptime
  /** The container was asked to end: the supervisor waits for the order to stop, and starts nothing any more. */
  readonly terminating: boolean
  /** What is the matter with a volume, and since when; absent while all take writes. */
  readonly disk?: DiskTrouble
  /** How far the running job says it is, in percent. */
  readonly progress: number | undefined
}

/** `hanging`: a trial write did not come back; `failing`: it failed; `full`: there was no room for it. */
export type DiskTrouble = {
  readonly kind: "hanging" | "failing" | "full"
  readonly volume: "data" | "WAL"
  readonly since: Uptime
}

export type Order =
  /** Starts the server with `standby.signal` in place, always. */
  | { readonly kind: "start-standby" }
  /** Starts it as a primary after a crash or a hand-over taken back: same term, no promotion. Refused without a deadline ahead. */
  | { readonly kind: "start-primary"; readonly term: Term; readonly deadline: Uptime }
  /** The running standby is being promoted by SQL: from now on the deadline counts. */
  | { readonly kind: "arm"; readonly term: Term; readonly deadline: Uptime }
  | { readonly kind: "stop-fast"; readonly within: Millis }
  | { readonly kind: "stop-immediate" }
  | {
      readonly kind: "run-job"
      readonly job: string
      readonly name: JobName
      readonly source: Source
    }
  | { readonly kind: "cancel-job"; readonly job: string }
  /** Removes `pgdata.old-*`, which a clone keeps until its replacement streams (S4); works beside a running server. */
  | { readonly kind: "drop-old" }
  /** Runs a command that the image offers, by its name, beside whatever else runs (`command.sh`). */
  | {
      readonly kind: "run-command"
      readonly job: string
      readonly command: string
      readonly within: Millis
    }

/**
 * Where a clone or a rewind reads from; undefined fields are not passed on. A clone is refused without
 * `systemIdentifier`: nothing is touched before the source has shown that it is the right system.
 */
export type Source =
  | {
      readonly host: string
      readonly port: number
      readonly systemIdentifier?: SystemIdentifier | undefined
    }
  | undefined

export type OrderResult =
  | { readonly kind: "done" }
  /** Not obeyed, nothing changed; why. */
  | { readonly kind: "refused"; readonly reason: string }

/** Why a server is gone. `fenced`: the dead-man switch did it. */
export type ExitCause = "ordered" | "crashed" | "fenced"

export type SupervisorReport =
  | { readonly kind: "server-started"; readonly postmaster: number }
  /** The postmaster and every one of its backends are gone. */
  | { readonly kind: "server-gone"; readonly cause: ExitCause; readonly exitCode: number }
  | {
      readonly kind: "job-ended"
      readonly job: string
      readonly exitCode: number
      readonly output: string
    }
  | {
      readonly kind: "command-ended"
      readonly job: string
      readonly exitCode: number
      readonly output: string
    }
  | { readonly kind: "paused-vm"; readonly gap: Millis }
  /** The deadline passed `late` ago: the server is being killed; `server-gone` follows. */
  | { readonly kind: "fencing"; readonly late: Millis }

export interface Supervisor {
  /** Latest status file; undefined while the supervisor has not written one or its pulse stopped. */
  status(): Promise<SupervisorStatus | undefined>
  /** Resolves when the supervisor has answered; throws an Outage when it does not within `signal`. */
  order(order: Order, signal: AbortSignal): Promise<OrderResult>
  /** Moves the dead-man deadline of the running primary. Never backwards past what a Lease or pledges cover. */
  extendDeadline(deadline: Uptime): Promise<void>
  /** Says that the sidecar lives. To be called each second by the loop that decides, not by a timer of its own. */
  pulse(): Promise<void>
  /** Reports in order, from now on. Ends with `signal`. */
  reports(signal: AbortSignal): AsyncIterable<SupervisorReport>
}

/** `pg_control` as `pg_controldata` prints it, for a server that is down. */
export type ControlFile = {
  readonly systemIdentifier: string
  /** E.g. `shut down`, `shut down in recovery`, `in production`, `in archive recovery`. */
  readonly state: string
  readonly timeline: number
  readonly checkpoint: Lsn
  /** `Minimum recovery ending location`, 0/0 on a primary. */
  readonly minRecoveryEnd: Lsn
  /** The timeline of that location, 0 on a primary. */
  readonly minRecoveryTimeline: number
  /** By parameter: the least that a standby must have to replay this data's WAL. */
  readonly standbyNeeds: ReadonlyMap<string, number>
}
