/**
 * Hands the wish of a recovery rule to the failover policy and watches what becomes of it. The policy
 * decides anew in each turn; a wish that does not come true in time is taken back, so that it never
 * comes true when nobody expects it any more.
 */
import { hasBegun, mayLead } from "#core/failover/repair.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Repair } from "#core/recovery/rule.ts"
import { seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Known } from "./known.ts"

/** Time for the others to come back, and for a stop, before the last step begins. */
const patience = seconds(120)

export type RepairOutcome =
  | { readonly kind: "begun"; readonly repair: Repair; readonly rule: string }
  | {
      readonly kind: "refused"
      readonly repair: Repair
      readonly rule: string
      readonly why: string
    }

export class RepairDesk {
  readonly #clock: Clock
  readonly #known: Known
  readonly #observe: () => Observation
  /** The last thing that was begun for a rule, until its lane is free. */
  #underWay: string | undefined

  constructor(clock: Clock, known: Known, observe: () => Observation) {
    this.#clock = clock
    this.#known = known
    this.#observe = observe
  }

  /** The rule whose repair is asked for or runs. */
  get busyWith(): string | undefined {
    return this.#known.repair?.rule ?? this.#underWay
  }

  ask(repair: Repair, rule: string): void {
    this.#known.repair = { kind: repair, rule, since: this.#clock.now() }
    this.#known.changed()
  }

  /** What became of wishes since the last call. To be called often. */
  outcomes(): readonly RepairOutcome[] {
    const wanted = this.#known.repair
    if (wanted === undefined && this.#underWay === undefined) return []
    const seen = this.#observe()
    if (wanted === undefined) {
      if (seen.lanes.server.running === undefined) this.#underWay = undefined
      return []
    }
    const { kind: repair, rule } = wanted
    if (hasBegun(seen, wanted)) {
      this.#takeBack()
      this.#underWay = rule
      return [{ kind: "begun", repair, rule }]
    }
    const why = this.#against(seen, wanted.since)
    if (why === undefined) return []
    this.#takeBack()
    return [{ kind: "refused", repair, rule, why }]
  }

  #takeBack(): void {
    this.#known.repair = undefined
    this.#known.changed()
  }

  #against(seen: Observation, since: number): string | undefined {
    const leads = mayLead(seen)
    // While a standby stops, or is not looked at yet, nothing is known for a moment.
    if (leads !== undefined && seen.server.kind !== "lost") return `this member may lead: ${leads}`
    return this.#clock.now() - since > patience
      ? `not possible within ${patience / 1000} s: no leader that serves, or another standby is away`
      : undefined
  }
}
