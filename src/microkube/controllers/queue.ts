/** A queue of keys to look at again: each key once, in turn, soon or after a delay. */
import { log } from "../log.ts"

const retryMs = 1_000

/** Brings one object right; answers after how many milliseconds to look again, if at all. */
export type Reconcile = (key: string) => number | undefined

export class Queue {
  readonly #name: string
  readonly #reconcile: Reconcile
  readonly #ready = new Set<string>()
  readonly #later = new Map<string, NodeJS.Timeout>()
  #isTurning = false
  #isStopped = false

  constructor(name: string, reconcile: Reconcile) {
    this.#name = name
    this.#reconcile = reconcile
  }

  add(key: string): void {
    if (this.#isStopped) return
    this.#ready.add(key)
    if (this.#isTurning) return
    this.#isTurning = true
    setImmediate(() => {
      this.#turn()
    })
  }

  addAfter(key: string, delayMs: number): void {
    if (this.#isStopped) return
    clearTimeout(this.#later.get(key))
    const timer = setTimeout(() => {
      this.#later.delete(key)
      this.add(key)
    }, delayMs)
    this.#later.set(key, timer)
  }

  #turn(): void {
    this.#isTurning = false
    const keys = [...this.#ready]
    this.#ready.clear()
    for (const key of keys) {
      if (this.#isStopped) return
      try {
        const again = this.#reconcile(key)
        if (again !== undefined) this.addAfter(key, again)
      } catch (error) {
        // A write that lost a race or was refused: the world is looked at anew.
        log("controller.retried", { controller: this.#name, key, error: String(error) })
        this.addAfter(key, retryMs)
      }
    }
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of this.#later.values()) clearTimeout(timer)
    this.#later.clear()
  }
}
