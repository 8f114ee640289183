/**
 * The operations of the site: begun once, one at a time for each cluster, gone on with after a restart, and
 * told until central has the result.
 */
import type { HandOverProgress } from "#core/cluster/sidecar.ts"
import type { ClusterId, OperationId, PodName, Term } from "#core/ids.ts"
import {
  isOver,
  type AskedKind,
  type OperationOrder,
  type OperationReport,
  targetOf,
} from "#core/switchover/operation.ts"
import { broken, noSteps } from "#core/switchover/steps.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { isStop } from "#io/together.ts"
import type { Session } from "../hub/session.ts"
import { Command, isCommand } from "./command.ts"
import type { OperationStore } from "./store.ts"
import { type Look, Switchover } from "./switchover.ts"
import type { KeptOperation, Work } from "./work.ts"

/** What operations must know of the site's clusters. */
export interface Site {
  /** Why no operation may begin on this cluster; undefined when one may. */
  whyNot(cluster: ClusterId, kind: AskedKind): string | undefined
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

type Running = { readonly clusterId: ClusterId; readonly work: Work }
type Asked = { readonly pod: PodName; readonly term: Term }

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
    const asked = site.whyNot(clusterId, order.kind) ?? this.#busy(order) ?? this.#whomToAsk(order)
    if (typeof asked === "string") return this.#told(unbegun(order, "failed", clock.wall(), asked))
    const at = clock.wall()
    const report: OperationReport = {
      operation,
      revision: 1,
      state: "running",
      steps: noSteps(order.kind),
      target: targetOf(order),
      error: undefined,
      pointOfNoReturnAt: undefined,
      startedAt: at,
      endedAt: undefined,
    }
    this.#run({ order, from: asked.pod, term: asked.term, report }, false)
  }

  /** The member whose sidecar does it, with the term in which it is decided; or why there is none. */
  #whomToAsk(order: OperationOrder): Asked | string {
    const { site } = this.#options
    if (order.kind !== "promote")
      return site.primary(order.clusterId) ?? "no member serves as primary now"
    // Whether somebody leads is for the member to say: what a lost primary told last is remembered here for a while.
    const { lease, members } = site.look(order.clusterId)
    if (!members.some(({ pod }) => pod === order.to)) return `${order.to} is not a member`
    return lease === undefined
      ? "the site has not seen the cluster's Lease yet"
      : { pod: order.to, term: lease.term }
  }

  /** Undone, if that is possible; one that never came here is over before it begins. */
  cancel(operation: OperationId): void {
    const running = this.#running.get(operation)
    if (running !== undefined) return running.work.cancel()
    if (this.#again(operation)) return
    // What it was to be is not known here: central keeps the steps that it has.
    this.#told({
      ...unbegun({ operation, kind: "switchover" }, "cancelled", this.#options.clock.wall(), ""),
      steps: [],
    })
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
    if (running?.clusterId === cluster) running.work.heard(pod, progress)
  }

  /** What is done with this cluster now; undefined when nothing is. */
  busyWith(cluster: ClusterId): string | undefined {
    for (const [operation, { clusterId }] of this.#running)
      if (clusterId === cluster) return `operation ${operation} is under way on this cluster`
    return undefined
  }

  /** Something about this cluster changed. */
  touched(cluster: ClusterId): void {
    for (const { clusterId, work } of this.#running.values()) if (clusterId === cluster) work.wake()
  }

  /** Known already: said again, not begun again. */
  #again(operation: OperationId): boolean {
    const report = this.#running.get(operation)?.work.report ?? this.#results.get(operation)
    if (report === undefined) return false
    this.#options.say(report)
    return true
  }

  /** What is asked in an emergency waits for no switchover; each member says itself what does not go together. */
  #busy(order: OperationOrder): string | undefined {
    for (const [operation, { clusterId, work }] of this.#running)
      if (clusterId === order.clusterId && work instanceof Command === isCommand(order))
        return `operation ${operation} is under way on this cluster`
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
    const { order, from } = kept
    const { operation, clusterId } = order
    const ports = {
      clock,
      log,
      sidecar: () => site.sidecar(clusterId, from),
      look: () => site.look(clusterId),
      save: (now: KeptOperation, stop: AbortSignal) => store.save(now, stop),
      say,
    }
    const work = isCommand(order)
      ? new Command(ports, order, kept, resumed)
      : new Switchover(ports, order, kept, resumed)
    this.#running.set(operation, { clusterId, work })
    this.#own(this.#drive(operation, work, signal))
  }

  async #drive(operation: OperationId, work: Work, signal: AbortSignal): Promise<void> {
    try {
      await work.run(signal)
      this.#running.delete(operation)
      this.#results.set(operation, work.report)
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
  { operation, kind }: Pick<OperationOrder, "operation" | "kind">,
  state: "failed" | "cancelled",
  at: number,
  why: string,
): OperationReport {
  return {
    operation,
    revision: 1,
    state,
    steps: broken(noSteps(kind), at, why),
    target: undefined,
    error: state === "failed" ? why : undefined,
    pointOfNoReturnAt: undefined,
    startedAt: undefined,
    endedAt: at,
  }
}
