/** Between the pods: delay, loss, and links that pass nothing, in one direction or both. */
import type { PodName } from "#core/ids.ts"
import type { Agenda } from "./agenda.ts"
import type { Dice } from "./dice.ts"

export class Network {
  readonly #agenda: Agenda
  readonly #dice: Dice
  readonly #cuts = new Set<string>()
  slow = 0
  /** Of these members alone. */
  readonly lags = new Map<PodName, number>()
  loss = 0
  /** Share of questions that arrive twice. */
  twice = 0

  constructor(agenda: Agenda, dice: Dice) {
    this.#agenda = agenda
    this.#dice = dice
  }

  cut(from: PodName, to: PodName): void {
    this.#cuts.add(`${from} ${to}`)
  }
  mend(from: PodName, to: PodName): void {
    this.#cuts.delete(`${from} ${to}`)
  }
  mendAll(): void {
    this.#cuts.clear()
    this.lags.clear()
    this.slow = 0
    this.loss = 0
    this.twice = 0
  }

  passes(from: PodName, to: PodName): boolean {
    return !this.#cuts.has(`${from} ${to}`)
  }
  linked(a: PodName, b: PodName): boolean {
    return this.passes(a, b) && this.passes(b, a)
  }

  delay(...between: readonly PodName[]): number {
    const slow = Math.max(this.slow, ...between.map((pod) => this.lags.get(pod) ?? 0))
    return this.#dice.between(1, 12) + (slow > 0 ? this.#dice.between(slow / 4, slow) : 0)
  }

  /** Messages overtake one another; what is lost is never heard of again. `quiet`: settles no promise. */
  send(from: PodName, to: PodName, arrive: () => void, quiet = false): void {
    const deliver = (): void => {
      if (this.passes(from, to)) arrive()
    }
    if (this.loss > 0 && this.#dice.chance(this.loss)) return
    if (quiet) this.#agenda.quietly(this.delay(from, to), deliver)
    else this.#agenda.after(this.delay(from, to), deliver)
  }
}
