/** The supervisor of `src/io/supervisor`, as far as a sidecar can tell: hold at boot, orders, dead-man switch. */
import type { Term } from "#core/ids.ts"
import { millis } from "#core/units.ts"
import { Outage } from "#io/outage.ts"
import type {
  ExitCause,
  Order,
  OrderResult,
  Running as Runs,
  Supervisor,
  SupervisorReport,
  SupervisorStatus,
} from "#io/supervisor/supervisor.ts"
import { finish, jobRefused, jobTakes } from "./jobs.ts"
import { type Ground, Postgres, type Running } from "./postgres.ts"
import { type Machine, pause, Process } from "./process.ts"
import type { Disk } from "./volume.ts"

const tick = 80
const readEvery = 200
const pulseMax = 1500
/** `still_max` and `still_window` of the real one. */
const stillMax = 500
const stillWindow = 10_000
/** From the decision to the end of the last backend; with a late tick within `fenceWithin`. */
const killWithin = 420

export type Container = {
  readonly ground: Ground
  readonly pod: Postgres["pod"]
  readonly machine: Machine
  readonly disk: () => Disk
  readonly running: () => Running
  /** A fault that mends what the protocol relies on must be found: see mutants.ts. */
  readonly told: (report: SupervisorReport) => void
}

export class SimSupervisor {
  readonly process: Process
  readonly nonce: string
  readonly #of: Container
  #runs: Runs = { kind: "nothing" }
  server: Postgres | undefined
  #deadline: number | undefined
  #deadlineFile: number | undefined
  #readAt = 0
  #termTop = 0
  #armed: Term | undefined
  #cause: ExitCause = "ordered"
  /** How long the machine's clock had stood still by the beginning of this window and of the one before. */
  #stood: { readonly at: number; readonly now: number; readonly before: number }
  terminating = false
  readonly #readers = new Set<(report: SupervisorReport) => void>()

  constructor(of: Container, nonce: string) {
    this.#of = of
    this.nonce = nonce
    this.process = new Process(of.machine)
    const { stood } = of.machine
    this.#stood = { at: of.machine.now(), now: stood, before: stood }
  }

  /** The port that the sidecar `from` holds. */
  port(from: Process): Supervisor {
    return {
      status: () => Promise.resolve(this.#status()),
      order: (order, signal) => this.#order(from, order, signal),
      extendDeadline: (deadline) => {
        if (this.#runs.kind !== "primary")
          return Promise.reject(new Outage("NOT_PRIMARY", "there is no deadline to move"))
        this.#deadlineFile = deadline
        return Promise.resolve()
      },
      pulse: () => Promise.resolve(),
      reports: (signal) => this.#reports(from, signal),
    }
  }

  #status(): SupervisorStatus | undefined {
    const { process } = this
    if (!process.alive) return undefined
    const { agenda } = this.#of.ground
    if (process.frozenSince !== undefined && agenda.now - process.frozenSince > pulseMax)
      return undefined
    return {
      bootNonce: this.nonce,
      running: this.#runs,
      deadline: this.#deadline,
      at: this.#of.machine.now(),
      terminating: this.terminating,
      progress: undefined,
    }
  }

  #order(from: Process, order: Order, signal: AbortSignal): Promise<OrderResult> {
    const { dice } = this.#of.ground
    if (this.#status() === undefined)
      return pause(from, 3).then(() => {
        throw new Outage("SUPERVISOR_SILENT", "no pulse of the supervisor")
      })
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(new Outage("SUPERVISOR_SILENT", "it did not answer"))
      signal.addEventListener("abort", stop, { once: true })
      this.process.after(dice.between(2, this.#runs.kind === "nothing" ? 60 : tick), () => {
        const reason = this.#obey(order)
        from.deliver(() => {
          signal.removeEventListener("abort", stop)
          resolve(reason === undefined ? { kind: "done" } : { kind: "refused", reason })
        })
      })
    })
  }

  /** Why an order is not obeyed; undefined when it is. */
  #obey(order: Order): string | undefined {
    const { disk } = this.#of
    switch (order.kind) {
      case "start-standby":
        return this.#whyNoStart() ?? this.#start("standby")
      case "start-primary": {
        const state = disk().data?.state
        const why = this.#whyNoStart() ?? this.#whyNotTerm(order.term, order.deadline)
        if (why !== undefined) return why
        if ((state !== "shut down" && state !== "in production") || disk().data?.isBackup === true)
          return "not a primary's data directory"
        this.#arm(order.term, order.deadline)
        return this.#start("primary")
      }
      case "arm": {
        const why = this.#whyNotTerm(order.term, order.deadline)
        if (why !== undefined) return why
        if (this.#runs.kind !== "standby" && this.#runs.kind !== "primary") return "no server runs"
        const { postmaster } = this.#runs
        this.#arm(order.term, order.deadline)
        this.#runs = { kind: "primary", postmaster, term: order.term }
        return undefined
      }
      case "stop-fast":
        return this.#stopFast(order.within)
      case "stop-immediate":
        if (this.server === undefined) return "no server runs"
        this.#kill("ordered")
        return undefined
      case "run-job":
        return this.#job(order)
      case "cancel-job":
        return "that job does not run"
      case "run-command":
        return "the image offers no commands"
      case "drop-old":
        this.#dropOld()
        return undefined
    }
  }

  #whyNoStart(): string | undefined {
    const disk = this.#of.disk()
    if (this.terminating) return "the container is being stopped"
    if (this.#runs.kind !== "nothing") return `busy: ${this.#runs.kind}`
    if (disk.data === undefined) return "no data directory"
    if (disk.damaged !== undefined) return "the data directory is damaged"
    if (disk.full) return "no space left on device"
    return undefined
  }

  #whyNotTerm(wanted: Term, deadline: number): string | undefined {
    if (wanted < this.#termTop) return `the term is lower than ${this.#termTop}`
    return deadline <= this.#of.machine.now() ? "the deadline has passed" : undefined
  }

  #arm(wanted: Term, deadline: number): void {
    const was = this.#armed
    this.#armed = wanted
    this.#termTop = wanted
    this.#deadline = deadline
    this.#deadlineFile = undefined
    if (was === undefined) this.#tend()
  }

  #start(mode: "standby" | "primary"): undefined {
    const { ground, pod, machine, disk, running } = this.#of
    const { data } = disk()
    if (data === undefined) return
    const server = new Postgres(ground, {
      pod,
      machine,
      data,
      mode,
      running: running(),
      armed: () => this.#armed,
      replayTakes: disk().replay,
    })
    this.server = server
    const postmaster = ground.dice.between(100, 30_000)
    this.#runs =
      mode === "primary" && this.#armed !== undefined
        ? { kind: "primary", postmaster, term: this.#armed }
        : { kind: "standby", postmaster }
    this.#report({ kind: "server-started", postmaster })
  }

  #stopFast(within: number): string | undefined {
    const { server } = this
    if (server === undefined) return "no server runs"
    if (this.#runs.kind === "stopping") return undefined
    this.#runs = { kind: "stopping" }
    this.#cause = "ordered"
    server.stopFast(() => this.#gone(server))
    this.process.after(within, () => {
      if (this.server === server) this.#kill("ordered")
    })
    return undefined
  }

  /** The server's processes end one after the other; the last one somewhere within the time for it. */
  #kill(cause: ExitCause): void {
    const { server } = this
    if (server === undefined) return
    this.#runs = { kind: "stopping" }
    this.#cause = cause
    const { dice, agenda } = this.#of.ground
    agenda.after(dice.between(5, killWithin), () => {
      server.die()
      this.#gone(server)
    })
  }

  /** The server ended by itself. */
  crash(): void {
    const { server } = this
    if (server === undefined) return
    const { dice, agenda } = this.#of.ground
    // Backends were seen to acknowledge commits for tens of milliseconds after their postmaster died.
    agenda.after(dice.between(0, 80), () => {
      if (!server.process.alive) return
      server.die()
      this.#cause = "crashed"
      this.#gone(server)
    })
  }

  #gone(server: Postgres): void {
    this.process.after(this.#of.ground.dice.between(2, tick), () => {
      if (this.server !== server) return
      this.server = undefined
      this.#runs = { kind: "nothing" }
      this.#deadline = undefined
      this.#armed = undefined
      this.#report({
        kind: "server-gone",
        cause: this.#cause,
        exitCode: this.#cause === "ordered" ? 0 : 1,
      })
      if (this.terminating) this.process.after(50, () => this.end())
    })
  }

  // ---- the dead-man switch -----------------------------------------------------------------------

  #tend(): void {
    if (this.#armed === undefined) return
    const { machine } = this.#of
    const now = machine.now()
    if (this.#runs.kind !== "stopping") {
      const gap = this.#standstill(now)
      if (gap > stillMax) {
        this.#kill("fenced")
        this.#report({ kind: "paused-vm", gap: millis(gap) })
      } else {
        if (now - this.#readAt >= readEvery || now >= (this.#deadline ?? 0)) {
          this.#readAt = now
          if (this.#deadlineFile !== undefined) this.#deadline = this.#deadlineFile
        }
        if (now >= (this.#deadline ?? 0)) {
          this.#kill("fenced")
          this.#report({ kind: "fencing", late: millis(now - (this.#deadline ?? 0)) })
        }
      }
    }
    this.process.after(tick, () => this.#tend())
  }

  #standstill(now: number): number {
    const { stood } = this.#of.machine
    const gap = stood - this.#stood.before
    if (gap > stillMax) this.#stood = { at: now, now: stood, before: stood }
    else if (now - this.#stood.at >= stillWindow)
      this.#stood = { at: now, now: stood, before: this.#stood.now }
    return gap
  }

  // ---- jobs --------------------------------------------------------------------------------------

  #job(order: Order & { readonly kind: "run-job" }): string | undefined {
    const { ground, pod, disk } = this.#of
    if (this.terminating) return "the container is being stopped"
    if (this.#runs.kind !== "nothing") return `busy: ${this.#runs.kind}`
    const job = {
      name: order.name,
      host: order.source?.host,
      system: order.source?.systemIdentifier,
      pod,
    }
    const why = jobRefused(disk(), job)
    if (why !== undefined) return why
    this.#runs = { kind: "job", job: order.job, name: order.name }
    this.process.after(jobTakes(ground, order.name), () => {
      const { exitCode, output } = finish(ground, disk(), job)
      this.#runs = { kind: "nothing" }
      this.#report({ kind: "job-ended", job: order.job, exitCode, output })
    })
    return undefined
  }

  #dropOld(): void {
    const { ground, disk, pod } = this.#of
    const { data, old } = disk()
    if (old === undefined) return
    if (data?.streamed !== true)
      ground.checker.broken(`S4: ${pod} drops its old data before the new one streams`)
    disk().old = undefined
  }

  /** Tells once when this supervisor is no more. */
  onEnd(ended: () => void): void {
    this.#ended.push(ended)
    if (!this.process.alive) this.end()
  }
  readonly #ended: (() => void)[] = []

  /** Dies, and with it whatever listens to it. */
  end(): void {
    this.process.kill()
    for (const ended of this.#ended.splice(0)) ended()
  }

  // ---- reports -----------------------------------------------------------------------------------

  #report(report: SupervisorReport): void {
    this.#of.told(report)
    for (const reader of this.#readers) reader(report)
  }

  async *#reports(from: Process, signal: AbortSignal): AsyncIterable<SupervisorReport> {
    const waiting: SupervisorReport[] = []
    let wake: (() => void) | undefined
    const reader = (report: SupervisorReport): void => {
      // The file is looked at some times a second.
      from.after(this.#of.ground.dice.between(0, 60), () => {
        waiting.push(report)
        wake?.()
      })
    }
    this.#readers.add(reader)
    try {
      while (!signal.aborted) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else
          await new Promise<void>((resolve) => {
            wake = resolve
            signal.addEventListener("abort", () => resolve(), { once: true })
          })
      }
    } finally {
      this.#readers.delete(reader)
    }
  }
}
