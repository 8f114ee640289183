/** Role changes as figures for Prometheus: counted by the central that stored them. */
import { Counter, Histogram, type Registry } from "prom-client"
import {
  type RoleChange,
  roleChangeCauses,
  roleChangeKinds,
  roleChangePhases,
} from "#core/failover/role-change.ts"

export class RoleChangeFigures {
  readonly #changes: Counter<"kind" | "cause">
  readonly #phases: Histogram<"kind" | "phase">
  readonly #lost: Counter

  constructor(registry: Registry) {
    const registers = [registry]
    this.#changes = new Counter({
      name: "pg_swarm_role_changes_total",
      help: "Role changes that this central stored, by kind and cause",
      labelNames: ["kind", "cause"],
      registers,
    })
    // A series that appears with its first event hides that event from `increase`.
    for (const kind of roleChangeKinds)
      for (const cause of roleChangeCauses) this.#changes.inc({ kind, cause }, 0)
    this.#phases = new Histogram({
      name: "pg_swarm_role_change_seconds",
      help: "Where the time of role changes went, by kind and phase; `total` is all of it",
      labelNames: ["kind", "phase"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
      registers,
    })
    this.#lost = new Counter({
      name: "pg_swarm_lost_wal_bytes_total",
      help: "WAL that only an ex-primary had, as its members counted it",
      registers,
    })
  }

  changed({ kind, cause, spans, total }: RoleChange): void {
    this.#changes.inc({ kind, cause })
    for (const phase of roleChangePhases) this.#observe(kind, phase, spans[phase])
    this.#observe(kind, "total", total)
  }

  lost(bytes: number): void {
    this.#lost.inc(bytes)
  }

  #observe(kind: string, phase: string, millis: number | undefined): void {
    if (millis !== undefined) this.#phases.observe({ kind, phase }, millis / 1000)
  }
}
