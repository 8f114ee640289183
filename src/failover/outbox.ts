/**
 * Events on their way to the satellite: kept in memory until it says that they are on its disk. When
 * the satellite is away for long the oldest go first, and their number is told once it is back.
 */
import type { FleetEvent } from "#core/cluster/events.ts"
import type { EventId } from "#core/ids.ts"

/** About a megabyte; a member that fails over every minute fills it in a day. */
export const outboxMax = 1000

export class Outbox {
  readonly #events = new Map<EventId, FleetEvent>()
  readonly #heard = new Set<(event: FleetEvent) => void>()
  readonly #changed = new Set<() => void>()
  #dropped = 0

  put(event: FleetEvent): void {
    if (this.#events.size >= outboxMax) {
      const oldest = this.#events.keys().next().value
      if (oldest !== undefined) this.#events.delete(oldest)
      this.#dropped += 1
    }
    this.#events.set(event.id, event)
    for (const heard of this.#heard) heard(event)
    for (const changed of this.#changed) changed()
  }

  /** The oldest `most` events that were not acknowledged and that `sent` does not name. */
  waiting(sent: ReadonlySet<EventId>, most: number): readonly FleetEvent[] {
    const found: FleetEvent[] = []
    for (const event of this.#events.values()) {
      if (found.length >= most) break
      if (!sent.has(event.id)) found.push(event)
    }
    return found
  }

  /** Forgets what the satellite has on disk. */
  acknowledge(ids: readonly EventId[]): void {
    for (const id of ids) this.#events.delete(id)
    for (const changed of this.#changed) changed()
  }

  /** Calls `heard` whenever an event comes in, until the returned function is called. */
  onPut(heard: (event: FleetEvent) => void): () => void {
    this.#heard.add(heard)
    return () => this.#heard.delete(heard)
  }

  /** Calls `changed` whenever an event comes in or is acknowledged, until the returned function is called. */
  onChange(changed: () => void): () => void {
    this.#changed.add(changed)
    return () => this.#changed.delete(changed)
  }

  get size(): number {
    return this.#events.size
  }

  /** Events that were pushed out unsent since this sidecar started. */
  get dropped(): number {
    return this.#dropped
  }
}
