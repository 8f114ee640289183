/**
 * Writes to every member directly, all the time. Between two writes in a row that a member acknowledged it was
 * writable; where such times of two members overlap, there were two writers.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { type Connection, connect } from "./connection.ts"
import type { Account, Host } from "./system.ts"

const everyMs = 40
const writeMaxMs = 800
/** SQLSTATE of a write to a standby. */
const readOnly = "25006"

/** From the first acknowledgement to the sending of the last write, with no refusal or broken connection between. */
export type Span = { readonly from: number; readonly to: number }

export class Prober implements AsyncDisposable {
  readonly #run: string
  readonly #account: Account
  readonly #spans = new Map<string, Span[]>()
  readonly #stop = new AbortController()
  readonly #done: Promise<unknown>

  constructor(run: string, hosts: readonly Host[], account: Account) {
    this.#run = run
    this.#account = account
    this.#done = Promise.all(hosts.map((host) => this.#watch(host)))
  }

  /** For how long, in milliseconds, two members provably took writes at once; 0: never seen. */
  get together(): number {
    return longestTogether([...this.#spans.values()])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #watch(host: Host): Promise<void> {
    const spans: Span[] = []
    this.#spans.set(host.member, spans)
    while (!this.#stop.signal.aborted) {
      let connection: Connection | undefined
      try {
        connection = await connect(host, this.#account, writeMaxMs)
        await this.#probe(connection, host.member, spans)
      } catch {
        // Down, frozen or refusing: not writable now.
      } finally {
        connection?.close()
      }
      await sleep(everyMs)
    }
  }

  async #probe({ client }: Connection, member: string, spans: Span[]): Promise<void> {
    let open: Span | undefined
    for (let id = 0; !this.#stop.signal.aborted; id += 1) {
      const sent = performance.now()
      try {
        await client.query({
          name: "probe",
          text: "insert into bench_probes (run, member, id) values ($1, $2, $3)",
          values: [this.#run, member, id],
        })
        if (open !== undefined) spans.pop()
        open = { from: open?.from ?? performance.now(), to: sent }
        spans.push(open)
      } catch (error) {
        open = undefined
        // A standby refuses at once, and its connection is good; everything else begins anew.
        if (!(error instanceof Error && "code" in error && error.code === readOnly)) throw error
      }
      await sleep(everyMs)
    }
  }
}

/** For how long, at most, two members were writable at once. */
export function longestTogether(members: readonly (readonly Span[])[]): number {
  let longest = 0
  for (const [at, mine] of members.entries())
    for (const theirs of members.slice(at + 1))
      for (const a of mine)
        for (const b of theirs)
          longest = Math.max(longest, Math.min(a.to, b.to) - Math.max(a.from, b.from))
  return longest
}
