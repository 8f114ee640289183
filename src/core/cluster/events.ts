/** Things that happened, told to people. The kind is stable and machine-readable, the message is for reading. */
import type { ClusterId, EventId, PodName } from "#core/ids.ts"

export const severities = ["debug", "info", "warning", "error", "critical"] as const
export type Severity = (typeof severities)[number]

export type FleetEvent = {
  readonly id: EventId
  /** Milliseconds since 1970, by the clock of the machine where it happened. */
  readonly at: number
  readonly severity: Severity
  /** Dotted and lower case: `failover.completed`, `cluster.created`, `instance.quarantined`. */
  readonly kind: string
  readonly message: string
  readonly clusterId: ClusterId | undefined
  readonly pod: PodName | undefined
  /** Further facts as flat strings; never a secret. */
  readonly details: Readonly<Record<string, string>>
}
