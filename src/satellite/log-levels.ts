/**
 * Log levels that somebody asked for from afar: of this satellite, and of the sidecars of a cluster. Each
 * ends by itself, also where nobody is left to end it.
 */
import type { ClusterId } from "#core/ids.ts"
import { seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Log, LogLevel } from "#io/log.ts"

export type LevelOrder = {
  /** Undefined: their own again. */
  readonly level: LogLevel | undefined
  readonly seconds: number
  /** Undefined: this satellite. */
  readonly clusterId: ClusterId | undefined
}

export type LogLevelsOptions = {
  readonly log: Log
  readonly own: LogLevel
  readonly clock: Clock
  /** Tells every sidecar of the cluster that is connected. */
  readonly tellSidecars: (cluster: ClusterId, level: LogLevel) => void
}

/** What sidecars have by their `pod.json`. */
const sidecarsOwn: LogLevel = "info"

type Held = { readonly level: LogLevel; readonly silence: () => void }

export class LogLevels implements Disposable {
  readonly #options: LogLevelsOptions
  #ofSatellite: Held | undefined
  readonly #ofClusters = new Map<ClusterId, Held>()

  constructor(options: LogLevelsOptions) {
    this.#options = options
  }

  set({ level, seconds: within, clusterId }: LevelOrder): void {
    const { clock, log, own, tellSidecars } = this.#options
    const held = (end: () => void): Held | undefined =>
      level === undefined ? undefined : { level, silence: clock.alarm(seconds(within), end) }
    if (clusterId === undefined) {
      this.#ofSatellite?.silence()
      this.#ofSatellite = held(() => this.set({ level: undefined, seconds: 0, clusterId }))
      log.setLevel(level ?? own)
      return
    }
    this.#ofClusters.get(clusterId)?.silence()
    this.#ofClusters.delete(clusterId)
    const next = held(() => this.set({ level: undefined, seconds: 0, clusterId }))
    if (next !== undefined) this.#ofClusters.set(clusterId, next)
    tellSidecars(clusterId, level ?? sidecarsOwn)
  }

  /** Nobody is told any more; what was asked for does not outlive us. */
  [Symbol.dispose](): void {
    this.#ofSatellite?.silence()
    for (const { silence } of this.#ofClusters.values()) silence()
  }

  /** What a sidecar of the cluster that connects now is told. */
  ofSidecars(clusterId: ClusterId): LogLevel {
    return this.#ofClusters.get(clusterId)?.level ?? sidecarsOwn
  }
}
