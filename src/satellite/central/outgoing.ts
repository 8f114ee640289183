/**
 * What central should hear, held by state and not by message: the latest health of a cluster replaces
 * the one before, the latest acknowledgement too, and events wait on disk. So nothing here grows while
 * central is away, and nothing is lost that matters when it returns.
 */
import type { AckOutcome, FromSatellite, Removing } from "#core/fleet/satellite.ts"
import type { ClusterHealth } from "#core/cluster/state.ts"
import type { ClusterId, ConfigVersion, EventId, OperationId } from "#core/ids.ts"
import type { OperationReport } from "#core/switchover/operation.ts"
import { type Millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import { eventBatchMax } from "#wire/satellite.ts"
import { lostEvents } from "../events.ts"
import type { Outbox } from "../outbox.ts"

const resendAfter = seconds(30)

export class Outgoing {
  readonly #outbox: Outbox
  readonly #clock: Clock
  readonly #failed: (failure: unknown) => void
  readonly #health = new Map<ClusterId, ClusterHealth>()
  readonly #latest = new Map<ClusterId, ClusterHealth>()
  readonly #configAcks = new Map<ClusterId, FromSatellite>()
  readonly #deleteAcks = new Map<ClusterId, FromSatellite>()
  readonly #once = new Map<string, FromSatellite>()
  readonly #operations = new Map<OperationId, FromSatellite>()
  /** The last word on each operation that central has not acknowledged. */
  readonly #unheard = new Map<OperationId, OperationReport>()
  /** Events of the batch that central has not acknowledged yet. */
  readonly #inFlight = new Set<EventId>()
  #sentAt = 0
  #classes: FromSatellite | undefined
  #wake: () => void = () => {}

  /** What is sent when nothing else waits, as it stands then: never kept, never in anybody's way. */
  #beside: () => FromSatellite | undefined = () => undefined

  /** `failed` hears of a disk that takes nothing any more. */
  constructor(outbox: Outbox, clock: Clock, failed: (failure: unknown) => void = () => {}) {
    this.#outbox = outbox
    this.#failed = failed
    this.#clock = clock
    outbox.onPut(() => this.#wake())
  }

  /** Whoever gives `next` calls `wake` when it has something. */
  beside(next: () => FromSatellite | undefined): void {
    this.#beside = next
  }

  wake(): void {
    this.#wake()
  }

  health(health: ClusterHealth): void {
    this.#health.set(health.clusterId, health)
    this.#latest.set(health.clusterId, health)
    this.#wake()
  }

  acknowledge(id: ClusterId, version: ConfigVersion, outcome: AckOutcome): void {
    this.#configAcks.set(id, { kind: "config-ack", clusterId: id, version, outcome })
    this.#wake()
  }

  removed(id: ClusterId, how: Removing): void {
    this.#deleteAcks.set(id, { kind: "delete-ack", clusterId: id, ...how })
    if (how.gone) {
      this.#health.delete(id)
      this.#latest.delete(id)
      this.#configAcks.delete(id)
    }
    this.#wake()
  }

  /** How an operation stands; said again on each stream until central has it. */
  operation(report: OperationReport): void {
    this.#unheard.set(report.operation, report)
    this.#operations.set(report.operation, { kind: "operation-update", report })
    this.#wake()
  }

  operationAcknowledged(operation: OperationId, revision: number): void {
    if ((this.#unheard.get(operation)?.revision ?? Infinity) <= revision)
      this.#unheard.delete(operation)
  }

  /** Of its kind only the last one counts. */
  say(
    message: Extract<
      FromSatellite,
      { readonly kind: "heartbeat" | "log-level-ack" | "certificate-request" }
    >,
  ): void {
    this.#once.set(message.kind, message)
    this.#wake()
  }

  storageClasses(classes: {
    readonly names: readonly string[]
    readonly defaultName: string | undefined
  }): void {
    const message: FromSatellite = { kind: "storage-classes", ...classes }
    this.#classes = message
    this.#once.set(message.kind, message)
    this.#wake()
  }

  eventsAcknowledged(ids: readonly EventId[]): void {
    // A full disk can not even forget. They are sent again later, which is harmless; the stream goes on.
    if (!this.#tried(() => this.#outbox.forget(ids))) return
    for (const id of ids) this.#inFlight.delete(id)
    this.#wake()
  }

  #tried(work: () => void): boolean {
    try {
      work()
      return true
    } catch (failure) {
      this.#failed(failure)
      return false
    }
  }

  /** A new stream: what the old one may have lost is said again. */
  restart(): void {
    this.#inFlight.clear()
    this.#tried(() => this.#outbox.tellLost(lostEvents(this.#clock.wall())))
    for (const [id, health] of this.#latest) this.#health.set(id, health)
    if (this.#classes !== undefined) this.#once.set(this.#classes.kind, this.#classes)
    for (const [id, report] of this.#unheard)
      this.#operations.set(id, { kind: "operation-update", report })
  }

  /** Messages as they come, until `signal`. One reader at a time. */
  async *messages(signal: AbortSignal): AsyncGenerator<FromSatellite> {
    const stop = (): void => this.#wake()
    signal.addEventListener("abort", stop)
    try {
      while (!signal.aborted) {
        const next = this.#next()
        if (next === undefined) await this.#woken(seconds(5))
        else yield next
      }
    } finally {
      signal.removeEventListener("abort", stop)
    }
  }

  /** Woken by news, or after a while, when an unacknowledged batch may be due again. */
  async #woken(within: Millis): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, within)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => {}
  }

  #next(): FromSatellite | undefined {
    return (
      taken(this.#once) ??
      taken(this.#operations) ??
      taken(this.#deleteAcks) ??
      taken(this.#configAcks) ??
      this.#nextHealth() ??
      this.#nextEvents() ??
      this.#beside()
    )
  }

  #nextHealth(): FromSatellite | undefined {
    const health = taken(this.#health)
    return health === undefined ? undefined : { kind: "health", health }
  }

  #nextEvents(): FromSatellite | undefined {
    const now = this.#clock.now()
    if (this.#inFlight.size > 0 && now - this.#sentAt < resendAfter) return undefined
    const events = this.#outbox.oldest(eventBatchMax)
    if (events.length === 0) return undefined
    this.#inFlight.clear()
    for (const { id } of events) this.#inFlight.add(id)
    this.#sentAt = now
    return { kind: "events", events, unreadable: [] }
  }
}

function taken<Key, Value>(map: Map<Key, Value>): Value | undefined {
  for (const [key, value] of map) {
    map.delete(key)
    return value
  }
  return undefined
}
