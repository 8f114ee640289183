/**
 * The operations of the site: begun once, one at a time for each cluster, gone on with after a restart, and
 * told until central has the result.
 */
import type { HandOverProgress } from "#core/cluster/sidecar.ts"
import type { ClusterId, OperationId, PodName, Term } from "#core/ids.ts"
import { isOver, type OperationOrder, type OperationReport } from "#core/switchover/operation.ts"
import { broken, noSteps } from "#core/switchover/steps.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { isStop } from "#io/together.ts"
import type { Session } from "../hub/session.ts"
import type { KeptOperation, OperationStore } from "./store.ts"
import { type Look, Switchover } from "./switchover.ts"

/** What operations must know of the site's clusters. */
export interface Site {
  /** Why no operation may begin on this cluster; undefined when one may. */
  whyNot(cluster: ClusterId): string | undefined
  /** Who serves writes, by its own fresh word, and in which term. */
  primary(cluster: ClusterId): { readonly pod: PodName; readonly term: Term } | undefined
  look(cluster: ClusterId): Look
  sidecar(cluster: ClusterId, pod: PodName): Session | undefined
}

export type OperationsOptions = {
  readonly clock: Clock
  readonly log: Log
  readonly store: Pick<OperationStore, "load" | "save" | "forget">
  readonly site: Site
  readonly say: (report: OperationReport) => void
  readonly signal: AbortSignal
}

type Running = { readonly clusterId: ClusterId; readonly switchover: Switchover }

/** Results that central has not taken; more than it ever asks for at once. */
const resultsMax = 500

export class Operations {
  readonly #options: OperationsOptions
  readonly #running = new Map<OperationId, Running>()
  /** Over, and not yet acknowledged. */
  readonly #results = new Map<OperationId, OperationReport>()
  readonly #tasks = new Set<Promise<void>>()

  constructor(options: OperationsOptions) {
    this.#options = options
  }

  /** Goes on with what a restart interrupted, and tells what was not acknowledged. */
  async load(signal: AbortSignal): Promise<void> {
    for (const kept of await this.#options.store.load(signal)) {
      const { report } = kept
      if (isOver(report.state)) this.#told(report)
      else this.#run(kept, true)
    }
  }

  /** Ends when the signal that was given at the start has ended everything. */
  async ended(): Promise<void> {
    await Promise.all(this.#tasks)
  }

  /** Central wants this; it may say so any number of times. */
  start(order: OperationOrder): void {
    const { site, clock } = this.#options
    const { operation, clusterId } = order
    if (this.#again(operation)) return
    const primary = site.primary(clusterId)
    const why =
      site.whyNot(clusterId) ??
      this.#busy(clusterId) ??
      (primary === undefined ? "no member serves as primary now" : undefined)
    if (why !== undefined || primary === undefined)
      return this.#told(unbegun(operation, "failed", clock.wall(), why ?? ""))
    const at = clock.wall()
    const report: OperationReport = {
      operation,
      revision: 1,
      state: "running",
      steps: noSteps,
      target: order.to,
      error: undefined,
      pointOfNoReturnAt: undefined,
      startedAt: at,
      endedAt: undefined,
    }
    this.#run({ order, from: primary.pod, term: primary.term, report }, false)
  }

  /** Undone, if that is possible; one that never came here is over before it begins. */
  cancel(operation: OperationId): void {
    const running = this.#running.get(operation)
    if (running !== undefined) return running.switchover.cancel()
    if (this.#again(operation)) return
    this.#told(unbegun(operation, "cancelled", this.#options.clock.wall(), ""))
  }

  /** Central has this revision; what is over is forgotten by it. */
  acknowledged(operation: OperationId, revision: number): void {
    const result = this.#results.get(operation)
    if (result === undefined || revision < result.revision) return
    this.#results.delete(operation)
    this.#own(this.#forget(operation))
  }

  heard(cluster: ClusterId, pod: PodName, progress: HandOverProgress): void {
    const running = this.#running.get(progress.operation)
    if (running?.clusterId === cluster) running.switchover.heard(pod, progress)
  }

  /** Something about this cluster changed. */
  touched(cluster: ClusterId): void {
    for (const { clusterId, switchover } of this.#running.values())
      if (clusterId === cluster) switchover.wake()
  }

  /** Known already: said again, not begun again. */
  #again(operation: OperationId): boolean {
    const report = this.#running.get(operation)?.switchover.report ?? this.#results.get(operation)
    if (report === undefined) return false
    this.#options.say(report)
    return true
  }

  #busy(cluster: ClusterId): string | undefined {
    for (const [operation, { clusterId }] of this.#running)
      if (clusterId === cluster) return `operation ${operation} is under way on this cluster`
    return undefined
  }

  #told(report: OperationReport): void {
    this.#results.set(report.operation, report)
    for (const oldest of this.#results.keys())
      if (this.#results.size > resultsMax) this.#results.delete(oldest)
    this.#options.say(report)
  }

  #run(kept: KeptOperation, resumed: boolean): void {
    const { clock, log, site, store, say, signal } = this.#options
    const { operation, clusterId } = kept.order
    const switchover = new Switchover(
      {
        clock,
        log,
        sidecar: () => site.sidecar(clusterId, kept.from),
        look: () => site.look(clusterId),
        save: (now, stop) => store.save(now, stop),
        say,
      },
      kept,
      resumed,
    )
    this.#running.set(operation, { clusterId, switchover })
    this.#own(this.#drive(operation, switchover, signal))
  }

  async #drive(operation: OperationId, switchover: Switchover, signal: AbortSignal): Promise<void> {
    try {
      await switchover.run(signal)
      this.#running.delete(operation)
      this.#results.set(operation, switchover.report)
    } catch (failure) {
      // Interrupted: it is kept, and gone on with at the next start.
      if (!isStop(failure, signal))
        this.#options.log.error("operation.broken", { operation, failure })
    }
  }

  async #forget(operation: OperationId): Promise<void> {
    const { store, log, signal } = this.#options
    try {
      await store.forget(operation, AbortSignal.any([signal, AbortSignal.timeout(10_000)]))
    } catch (failure) {
      // Told again after the next start, acknowledged again, forgotten then.
      if (!isStop(failure, signal)) log.warn("operation.not-forgotten", { operation, failure })
    }
  }

  #own(task: Promise<void>): void {
    this.#tasks.add(task)
    void task.finally(() => this.#tasks.delete(task))
  }
}

/** It never began here, and never will. */
function unbegun(
  operation: OperationId,
  state: "failed" | "cancelled",
  at: number,
  why: string,
): OperationReport {
  return {
    operation,
    revision: 1,
    state,
    steps: broken(noSteps, at, why),
    target: undefined,
    error: state === "failed" ? why : undefined,
    pointOfNoReturnAt: undefined,
    startedAt: undefined,
    endedAt: at,
  }
}
