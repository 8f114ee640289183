/** The process with the satellites, as the bench holds it. */
import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import type { FromSwarm, Target, ToSwarm } from "./orders.ts"

type State = Extract<FromSwarm, { readonly kind: "state" }>

export class Swarm implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Set<() => void>()
  #failure: string | undefined
  readonly #ids: string[] = []
  #state: State = { kind: "state", connected: 0, versions: {}, lateP99: 0 }

  constructor() {
    this.#child = fork(join(import.meta.dirname, "swarm.ts"), {
      execArgv: ["--max-old-space-size=8192"],
    })
    this.#child.on("message", (message: FromSwarm) => {
      if (message.kind === "registered") this.#ids.push(message.id)
      else if (message.kind === "state") this.#state = message
      else this.#failure = message.why
      for (const look of this.#waiting) look()
    })
    this.#child.once("exit", () => {
      this.#failure ??= "the satellites' process ended"
      for (const look of this.#waiting) look()
    })
  }

  /** Ids of the satellites as they come to wait for approval. */
  async *register(target: Target, count: number): AsyncGenerator<string> {
    this.#say({ kind: "register", target, count })
    for (let at = 0; at < count; at += 1)
      yield await this.until("another registration", 60_000, () => this.#ids[at])
  }

  /** Of a config that any of them holds. */
  get newestVersion(): number {
    return Math.max(0, ...Object.keys(this.#state.versions).map(Number))
  }

  /** By how much its own program was late since events began, in milliseconds. */
  get lateP99(): number {
    return this.#state.lateP99
  }

  connect(): void {
    this.#say({ kind: "connect" })
  }

  events(perSecond: number): void {
    this.#say({ kind: "events", perSecond })
  }

  async connected(count: number): Promise<void> {
    await this.until(
      `${count} connected`,
      300_000,
      () => this.#state.connected >= count || undefined,
    )
  }

  /** Resolves when nobody is connected. */
  async lost(): Promise<void> {
    await this.until("all lost", 60_000, () => this.#state.connected === 0 || undefined)
  }

  /** Resolves when so many satellites hold this version, or a later one. */
  async holding(version: number, count: number): Promise<void> {
    await this.until(`${count} with version ${version}`, 300_000, () => {
      const entries = Object.entries(this.#state.versions)
      const held = entries.filter(([key]) => Number(key) >= version)
      return held.reduce((sum, [, many]) => sum + many, 0) >= count || undefined
    })
  }

  async until<T>(what: string, withinMs: number, ready: () => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const look = (): void => {
      if (this.#failure !== undefined) return reject(new Error(this.#failure))
      const found = ready()
      if (found !== undefined) resolve(found)
    }
    const late = setTimeout(
      () => reject(new Error(`in vain for ${withinMs / 1000} s: ${what}`)),
      withinMs,
    )
    this.#waiting.add(look)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(late)
      this.#waiting.delete(look)
    }
  }

  #say(order: ToSwarm): void {
    this.#child.send(order)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, "exit")
    if (this.#child.connected) this.#say({ kind: "end" })
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 10_000)
    await gone
    clearTimeout(late)
  }
}
