/**
 * Work that takes long runs beside the loop, one piece per lane. Its outcome is an observation for the
 * next decision; the loop itself never waits for it.
 */
import { type Lane, lanes, type LaneState } from "#core/failover/observation.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { isStop } from "#io/together.ts"

type Work = (signal: AbortSignal) => Promise<void>

type Running = {
  readonly kind: string
  readonly stop: AbortController
  readonly ended: Promise<void>
}

const idle: LaneState = { running: undefined, since: -Infinity, last: undefined }
/** A piece that failed is not begun again at once: 250 ms, 500 ms … at most 5 s. */
const restAfter = (failures: number): number => Math.min(5000, 125 * 2 ** failures)
/** Urgent work rests too when it failed, or what fails at once would leave no time for anything else. */
const urgentRest = 100

export class Lanes {
  readonly #clock: Clock
  readonly #log: Log
  readonly #ring: () => void
  readonly #signal: AbortSignal
  readonly #running = new Map<Lane, Running>()
  readonly #states = new Map<Lane, LaneState>()
  /** Asked for several times a second, and seldom another. */
  #shown: Readonly<Record<Lane, LaneState>> | undefined

  constructor(clock: Clock, log: Log, ring: () => void, signal: AbortSignal) {
    this.#clock = clock
    this.#log = log
    this.#ring = ring
    this.#signal = signal
  }

  get states(): Readonly<Record<Lane, LaneState>> {
    return (this.#shown ??= this.#all())
  }

  #all(): Readonly<Record<Lane, LaneState>> {
    const found: Partial<Record<Lane, LaneState>> = {}
    for (const lane of lanes) found[lane] = this.#states.get(lane) ?? idle
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every lane was just put in
    return found as Record<Lane, LaneState>
  }

  /** Begins `work` if the lane is free and the same piece did not fail just now. `patient` work has its own pauses. */
  begin(lane: Lane, kind: string, work: Work, patient = false): boolean {
    if (this.#running.has(lane) || this.#signal.aborted) return false
    const last = this.#states.get(lane)?.last
    const resting =
      !patient && last?.failure !== undefined && last.kind === kind
        ? last.at + restAfter(last.failures) - this.#clock.now()
        : 0
    if (resting > 0) return false
    this.#start(lane, kind, work)
    return true
  }

  /** Begins `work` whatever runs in the lane: that is told to stop, and not waited for. Hardly rests when it failed. */
  preempt(lane: Lane, kind: string, work: Work): void {
    const running = this.#running.get(lane)
    if (running?.kind === kind || this.#signal.aborted) return
    const last = this.#states.get(lane)?.last
    const failed = last?.kind === kind && last.failure !== undefined
    if (failed && this.#clock.now() - last.at < urgentRest) return
    running?.stop.abort(new Error(`${kind} takes the lane`))
    this.#start(lane, kind, work)
  }

  /** Everything that still runs has ended. */
  async drained(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
  }

  #start(lane: Lane, kind: string, work: Work): void {
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#signal, stop.signal])
    const before = this.#states.get(lane)?.last
    this.#set(lane, { running: kind, since: this.#clock.now(), last: before })
    const own: Running = { kind, stop, ended: this.#run(lane, kind, work, signal, () => own) }
    this.#running.set(lane, own)
  }

  #set(lane: Lane, state: LaneState): void {
    this.#states.set(lane, state)
    this.#shown = undefined
  }

  async #run(
    lane: Lane,
    kind: string,
    work: Work,
    signal: AbortSignal,
    own: () => Running,
  ): Promise<void> {
    let failure: string | undefined
    try {
      // The lane is entered in the books before the work can end.
      await Promise.resolve()
      await work(signal)
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
      if (!isStop(error, signal)) this.#log.warn("work.failed", { lane, kind, why: error })
    }
    if (this.#running.get(lane) !== own()) return // something more urgent took the lane
    const before = this.#states.get(lane)
    this.#running.delete(lane)
    const again = before?.last?.kind === kind && before.last.failure !== undefined
    this.#set(lane, {
      running: undefined,
      since: before?.since ?? this.#clock.now(),
      last: {
        kind,
        at: this.#clock.now(),
        failure,
        failures: failure === undefined ? 0 : (again ? before.last.failures : 0) + 1,
      },
    })
    this.#ring()
  }
}
