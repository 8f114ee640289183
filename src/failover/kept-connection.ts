/** A connection that is made when it is first needed, and stays: signing in costs more than a question. */
import type pg from "pg"

export class KeptConnection {
  readonly #make: () => pg.Client
  #client: pg.Client | undefined

  constructor(make: () => pg.Client) {
    this.#make = make
  }

  async connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client
    const client = this.#make()
    try {
      await client.connect()
    } catch (failure) {
      await client.end().catch(() => undefined)
      throw failure
    }
    client.on("end", () => {
      if (this.#client === client) this.#client = undefined
    })
    this.#client = client
    return client
  }

  /** Whoever needs it next makes another. A server that hangs does not say good-bye: wait for that only where it must be gone. */
  async end(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => undefined)
  }
}
