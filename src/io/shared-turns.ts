/**
 * Work that costs about the same for one and for many: a statement at the database, say. Who asks while it is under way
 * shares the next turn with all who asked meanwhile. Turns follow one another, and whoever asks gets one that began
 * after asking.
 */
import { Outage } from "#io/outage.ts"

type Asker<Asked, Answer> = {
  readonly asked: Asked
  readonly done: PromiseWithResolvers<Answer>
}

/** Resolves to what says the answer to each of them. */
type Work<Asked, Answer> = (asked: readonly Asked[]) => Promise<(one: Asked) => Answer>

export class SharedTurns<Asked, Answer> {
  readonly #togetherMax: number
  readonly #work: Work<Asked, Answer>
  #waiting: Asker<Asked, Answer>[] = []
  #isWorking = false

  /** `work` is given `togetherMax` of them at most. */
  constructor(togetherMax: number, work: Work<Asked, Answer>) {
    this.#togetherMax = togetherMax
    this.#work = work
  }

  /** Throws what the work throws: an {@link Outage} to all of its turn, anything else to whoever is its cause. */
  ask(asked: Asked): Promise<Answer> {
    const done = Promise.withResolvers<Answer>()
    this.#waiting.push({ asked, done })
    if (!this.#isWorking) void this.#run()
    return done.promise
  }

  async #run(): Promise<void> {
    this.#isWorking = true
    while (this.#waiting.length > 0) await this.#turn(this.#waiting.splice(0, this.#togetherMax))
    this.#isWorking = false
  }

  async #turn(askers: readonly Asker<Asked, Answer>[]): Promise<void> {
    try {
      const answerOf = await this.#work(askers.map(({ asked }) => asked))
      for (const { asked, done } of askers) done.resolve(answerOf(asked))
    } catch (error) {
      if (error instanceof Outage || askers.length === 1)
        for (const { done } of askers) done.reject(error)
      // What fails for one must not stop the others.
      else for (const asker of askers) await this.#turn([asker])
    }
  }
}
