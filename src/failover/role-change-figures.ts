/** The role changes that this member told of, as figures for Prometheus, in its text format by hand. */
import type { FleetEvent } from "#core/cluster/events.ts"
import {
  parseRoleChange,
  type RoleChangeKind,
  roleChangeOf,
  roleChangePhases,
} from "#core/failover/role-change.ts"

const buckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60] as const
const phases = [...roleChangePhases, "total"] as const
type Phase = (typeof phases)[number]

type Histogram = { readonly counts: number[]; sum: number; count: number }

/** Bounded by the kinds, causes and phases that there are. */
export class RoleChangeFigures {
  readonly #changes = new Map<string, number>()
  readonly #phases = new Map<string, Histogram>()

  /** Counts an event if it tells of a role change. */
  heard({ kind: eventKind, details }: Pick<FleetEvent, "kind" | "details">): void {
    const kind = roleChangeOf(eventKind)
    if (kind === undefined) return
    const parsed = parseRoleChange(kind, details)
    if (parsed.kind === "bad") return
    const { cause, spans, total } = parsed.value
    const labels = `kind="${kind}",cause="${cause}"`
    this.#changes.set(labels, (this.#changes.get(labels) ?? 0) + 1)
    for (const phase of phases) this.#observe(kind, phase, phase === "total" ? total : spans[phase])
  }

  #observe(kind: RoleChangeKind, phase: Phase, millis: number | undefined): void {
    if (millis === undefined) return
    const labels = `kind="${kind}",phase="${phase}"`
    const histogram = this.#phases.get(labels) ?? {
      counts: buckets.map(() => 0),
      sum: 0,
      count: 0,
    }
    const value = millis / 1000
    for (const [place, bound] of buckets.entries())
      if (value <= bound) histogram.counts[place] = (histogram.counts[place] ?? 0) + 1
    histogram.sum += value
    histogram.count += 1
    this.#phases.set(labels, histogram)
  }

  /** `own` are the labels of the member, e.g. `pod="orders-0"`. */
  lines(own: string): readonly string[] {
    const changes = "pgswarm_failover_role_changes_total"
    const seconds = "pgswarm_failover_role_change_seconds"
    return [
      `# HELP ${changes} Role changes by which this member became primary, by kind and cause`,
      `# TYPE ${changes} counter`,
      ...[...this.#changes].map(([labels, count]) => `${changes}{${own},${labels}} ${count}`),
      `# HELP ${seconds} Where the time of those role changes went`,
      `# TYPE ${seconds} histogram`,
      ...[...this.#phases].flatMap(([labels, { counts, sum, count }]) => [
        ...buckets.map(
          (bound, place) =>
            `${seconds}_bucket{${own},${labels},le="${bound}"} ${counts[place] ?? 0}`,
        ),
        `${seconds}_bucket{${own},${labels},le="+Inf"} ${count}`,
        `${seconds}_sum{${own},${labels}} ${sum}`,
        `${seconds}_count{${own},${labels}} ${count}`,
      ]),
    ]
  }
}
