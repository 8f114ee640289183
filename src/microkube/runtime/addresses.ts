/** Addresses of the site's block: a new one for each pod, a lasting one for each Service. */
import { textAt } from "../json.ts"
import type { Store } from "../store/store.ts"

/** `B.1.1` to `B.127.254` are pods, `B.128.1` to `B.254.254` Services; `B.0.x` is the site itself. */
const perThird = 254

export class Addresses {
  readonly #store: Store
  readonly #block: string

  constructor(store: Store, block: string) {
    this.#store = store
    this.#block = block
  }

  /** One that no pod had for as long as there are others. */
  newPodAddress(): string {
    const used = new Set(
      [...this.#store.values("pods")].map((pod) => textAt(pod, "status", "podIP")),
    )
    const all = 127 * perThird
    for (let tries = 0; tries < all; tries += 1) {
      const next = this.#store.counter("podAddress") % all
      this.#store.setCounter("podAddress", next + 1)
      const address = `${this.#block}.${1 + Math.floor(next / perThird)}.${1 + (next % perThird)}`
      if (!used.has(address)) return address
    }
    throw new Error("all addresses of the site's block are taken by pods")
  }

  newServiceAddress(): string {
    const used = new Set(
      [...this.#store.values("services")].map((one) => textAt(one, "spec", "clusterIP")),
    )
    for (let third = 128; third < 255; third += 1) {
      for (let last = 1; last <= perThird; last += 1) {
        const address = `${this.#block}.${third}.${last}`
        if (!used.has(address)) return address
      }
    }
    throw new Error("all addresses of the site's block are taken by Services")
  }
}
