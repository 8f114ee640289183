/**
 * The client whose patience is measured: one connection through all hosts, 200 rows a second, each a transaction
 * of its own, a note of every commit that was acknowledged, and a loop that connects again whenever it must.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { connect, connectReadWrite } from "./connection.ts"
import type { Account, Host } from "./system.ts"

/** Times are this process's monotonic milliseconds. */
export type Acknowledged = {
  readonly id: number
  readonly member: string
  readonly sent: number
  readonly at: number
}

const everyMs = 5
const retryMs = 20
const rowsMax = 2_000_000
const readMaxMs = 60_000

export class Writer implements AsyncDisposable {
  readonly acknowledged: Acknowledged[] = []
  /** In words, with how often it was met: what an application would have seen. */
  readonly errors = new Map<string, number>()
  readonly #run: string
  readonly #account: Account
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  hosts: readonly Host[]
  #next = 1

  constructor(run: string, hosts: readonly Host[], account: Account) {
    this.#run = run
    this.hosts = hosts
    this.#account = account
    this.#done = this.#loop()
  }

  /** Resolves when a commit that was *sent* after `from` is acknowledged; throws when none is in time. */
  async commitSince(from: number, withinMs: number): Promise<Acknowledged> {
    const until = performance.now() + withinMs
    for (;;) {
      const last = this.acknowledged.at(-1)
      if (last !== undefined && last.sent >= from) return last
      if (performance.now() > until) {
        const met = [...this.errors].map(([text, count]) => `${count} times ${text}`).join("; ")
        throw new Error(`no commit was acknowledged within ${withinMs / 1000} s: ${met}`)
      }
      await sleep(10)
    }
  }

  /** The longest pause between two acknowledged commits that touches the time from `since` on. */
  longestGap(since: number): number {
    let longest = 0
    let before: Acknowledged | undefined
    for (const one of this.acknowledged) {
      if (before !== undefined && one.at >= since) longest = Math.max(longest, one.at - before.at)
      before = one
    }
    return longest
  }

  /** How many acknowledged rows the member of now that takes writes does not have. */
  async lost(): Promise<number> {
    // Taken before the question: what is acknowledged while the answer is on its way is not in it.
    const noted = this.acknowledged.map(({ id }) => id)
    const { member, close: done } = await connectReadWrite(this.hosts, this.#account)
    done()
    const host = this.hosts.find((one) => one.member === member)
    if (host === undefined) throw new Error(`${member} is gone again`)
    const { client, close } = await connect(host, this.#account, readMaxMs)
    try {
      const { rows } = await client.query<{ id: string }>(
        "select id from bench_writes where run = $1",
        [this.#run],
      )
      const there = new Set(rows.map(({ id }) => Number(id)))
      return noted.filter((id) => !there.has(id)).length
    } finally {
      close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#next < rowsMax) {
      try {
        await this.#writeUntilItFails()
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        this.errors.set(text, (this.errors.get(text) ?? 0) + 1)
        await sleep(retryMs)
      }
    }
  }

  async #writeUntilItFails(): Promise<void> {
    const { client, close, member } = await connectReadWrite(this.hosts, this.#account)
    try {
      let due = performance.now()
      while (!this.#stop.signal.aborted && this.#next < rowsMax) {
        // A number is used once: whether a write that was not answered is there, nobody knows.
        const id = this.#next
        this.#next += 1
        const sent = performance.now()
        await client.query({
          name: "write",
          text: "insert into bench_writes (run, id) values ($1, $2)",
          values: [this.#run, id],
        })
        const at = performance.now()
        this.acknowledged.push({ id, member, sent, at })
        due = Math.max(due + everyMs, at)
        if (due > at) await sleep(due - at)
      }
    } finally {
      close()
    }
  }
}
