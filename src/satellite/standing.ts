/** What /readyz and /metrics can tell at any moment, from the first line of the start on. */
import type { Figures } from "./figures.ts"
import type { Hub } from "./hub/hub.ts"
import type { Operator } from "./operator/operator.ts"
import type { Outbox } from "./outbox.ts"

export class Standing {
  notReady: string | undefined = "starting"
  /** Undefined while connected. */
  centralTrouble: string | undefined = "not connected yet"
  #operator: Operator | undefined
  #hub: Hub | undefined

  live(operator: Operator, hub: Hub): void {
    this.#operator = operator
    this.#hub = hub
    this.notReady = undefined
  }

  figures(outbox: Outbox): Figures {
    return {
      clusters: this.#operator?.held.size ?? 0,
      passes: this.#operator?.figures.passes ?? 0,
      passFailures: this.#operator?.figures.failures ?? 0,
      sidecars: this.#hub?.connected ?? 0,
      eventsWaiting: outbox.size,
      eventsDropped: outbox.dropped,
      centralConnected: this.centralTrouble === undefined,
    }
  }
}
