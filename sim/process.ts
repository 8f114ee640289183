/**
 * Machines and the processes on them. A machine's clock runs at its own rate and never backwards; while it is
 * paused nothing on it happens, and its clock may stand. A process can be frozen by itself, and is gone for ever
 * when it is killed: whatever was on its way to it then never arrives.
 */
import { type Millis, millis } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import { Outage } from "#io/outage.ts"
import type { Agenda } from "./agenda.ts"
import type { Dice } from "./dice.ts"

type Pause = { readonly clockStands: boolean }

export class Machine {
  readonly agenda: Agenda
  readonly rate: number
  readonly #offset: number
  /** The pauses that hold it now. */
  readonly #pauses = new Set<Pause>()
  /** The world's time as its clock had counted it when it last began or ceased to run. */
  #counted: number
  #runsSince: number | undefined
  /** When its last pause, or that of its container, ended. */
  wokeAt = -Infinity
  /** Neither supervisor nor sidecar can do anything about its server: a known limit of PROTOCOL.md. */
  unguarded = (): boolean => false
  readonly #processes = new Set<Process>()

  constructor(agenda: Agenda, dice: Dice) {
    this.agenda = agenda
    this.rate = 1 + (dice.next() - 0.5) * 0.048
    this.#offset = dice.between(10_000, 1_000_000)
    this.#counted = agenda.now
    this.#runsSince = agenda.now
  }

  get #counts(): number {
    const since = this.#runsSince
    return since === undefined ? this.#counted : this.#counted + (this.agenda.now - since)
  }

  /** Its monotonic clock, in the steps of `/proc/uptime`. */
  now(): number {
    return Math.floor((this.#offset + this.#counts * this.rate) / 10) * 10
  }

  /** How long its monotonic clock stood still in all, which only the wall clock tells. */
  get stood(): number {
    return this.agenda.now - this.#counts
  }

  get paused(): boolean {
    return this.#pauses.size > 0
  }

  add(process: Process): void {
    for (const other of this.#processes) if (!other.alive) this.#processes.delete(other)
    this.#processes.add(process)
  }

  /**
   * Begins a pause; what it returns ends it. Pauses overlap: the machine goes on when the last one ends, and its
   * clock stands as long as one of those holds it in which `clockStands`.
   */
  pause(clockStands: boolean): () => void {
    const pause: Pause = { clockStands }
    this.#pauses.add(pause)
    this.#changed()
    return () => {
      if (!this.#pauses.delete(pause)) return
      this.#changed()
      if (!this.paused) this.#goOn()
    }
  }

  /** Ends every pause. */
  wake(): void {
    if (!this.paused) return
    this.#pauses.clear()
    this.#changed()
    this.#goOn()
  }

  #changed(): void {
    const stands = [...this.#pauses].some(({ clockStands }) => clockStands)
    this.#counted = this.#counts
    this.#runsSince = stands ? undefined : this.agenda.now
  }

  #goOn(): void {
    this.wokeAt = this.agenda.now
    for (const process of this.#processes) process.caughtUp()
  }
}

export class Process {
  readonly machine: Machine
  alive = true
  frozenSince: number | undefined
  thawedAt = -Infinity
  /** How many faults hold it. */
  #freezes = 0
  #held: (() => void)[] = []

  constructor(machine: Machine) {
    this.machine = machine
    machine.add(this)
  }

  get awake(): boolean {
    return this.alive && this.#freezes === 0 && !this.machine.paused
  }

  get frozen(): boolean {
    return this.#freezes > 0 || this.machine.paused
  }

  /** Does `run` after `duration` of the machine's own time. */
  after(duration: number, run: () => void, quiet = false): () => void {
    const { agenda, rate } = this.machine
    const due = (): void => this.deliver(run)
    const entry = quiet ? agenda.quietly(duration / rate, due) : agenda.after(duration / rate, due)
    return () => {
      entry.cancelled = true
    }
  }

  /** Something reaches the process: now, when it wakes, or never. */
  deliver(run: () => void): void {
    if (!this.alive) return
    if (this.awake) run()
    else this.#held.push(run)
  }

  freeze(): void {
    this.frozenSince ??= this.machine.agenda.now
    this.#freezes += 1
  }

  thaw(): void {
    this.#freezes = Math.max(0, this.#freezes - 1)
    if (this.#freezes > 0) return
    this.frozenSince = undefined
    this.thawedAt = this.machine.agenda.now
    this.caughtUp()
  }

  /** All that holds it lets go. */
  thawAll(): void {
    this.#freezes = 1
    this.thaw()
  }

  kill(): void {
    this.alive = false
    this.#held = []
  }

  /** What waited happens now, in the order in which it came. */
  caughtUp(): void {
    if (!this.awake) return
    const held = this.#held
    this.#held = []
    for (const run of held) this.machine.agenda.after(0, () => this.deliver(run))
  }
}

/** The clock port of a process. */
export function clockOf(process: Process): Clock {
  const { machine } = process
  const alarm = (duration: Millis, ring: () => void): (() => void) => process.after(duration, ring)
  const sleep = (duration: Millis, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        cancel()
        reject(signal.reason)
      }
      const cancel = process.after(duration, () => {
        signal.removeEventListener("abort", stop)
        resolve()
      })
      signal.addEventListener("abort", stop, { once: true })
    })
  }
  return {
    now: () => machine.now(),
    wall: () => machine.agenda.now,
    sleep,
    breath: () => pause(process, 0),
    alarm,
    limit: (duration, signal) => {
      const over = new AbortController()
      process.after(duration, () => over.abort(new Outage("NOT_IN_TIME", "the time is over")))
      return AbortSignal.any([signal, over.signal])
    },
    async until(ready, { every, within, signal }) {
      const began = machine.now()
      while (!(await ready())) {
        if (machine.now() - began >= within)
          throw new Outage("NOT_IN_TIME", `what was waited for did not come within ${within} ms`)
        await sleep(every, signal)
      }
    },
  }
}

/** Waits on a process's own time without a signal; never resolves once the process is gone. */
export const pause = (process: Process, duration: number): Promise<void> =>
  new Promise((resolve) => {
    process.after(millis(duration), resolve)
  })
