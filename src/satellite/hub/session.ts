/** One sidecar's stream, as the satellite holds it: what it last said, and what it is asked. */
import { randomUUID } from "node:crypto"
import type {
  CommandOutcome,
  SidecarCommand,
  SidecarIdentity,
  SidecarRequest,
  SidecarStatus,
} from "#core/cluster/sidecar.ts"
import type { Millis } from "#core/units.ts"
import { Outage } from "#io/outage.ts"

export type Report = {
  readonly status: SidecarStatus
  readonly podUid: string
  /** On the satellite's monotonic clock. */
  readonly at: number
}

type Asked = (outcome: CommandOutcome) => void

/** A command as a caller gives it; the session numbers it. */
export type Question = SidecarRequest

const queueMax = 200

export class Session {
  readonly identity: SidecarIdentity
  readonly #queue: SidecarCommand[] = []
  readonly #asked = new Map<string, Asked>()
  readonly #end = new AbortController()
  #wake: () => void = () => {}

  constructor(identity: SidecarIdentity) {
    this.identity = identity
  }

  /** Aborted when the stream should end: replaced, or the satellite stops. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  end(reason: string): void {
    this.#end.abort(new Outage("SIDECAR_STREAM_ENDED", reason))
    for (const settle of this.#asked.values())
      settle({ kind: "failed", code: "STREAM_ENDED", message: reason })
    this.#asked.clear()
    this.#wake()
  }

  /** Queues a message that has no answer. A peer that does not read its queue is cut off. */
  send(command: SidecarCommand): void {
    if (this.#queue.length >= queueMax) return this.end("it does not read what it is sent")
    this.#queue.push(command)
    this.#wake()
  }

  /** Asks and waits for the typed result, or for a failure with a code when none comes in time. */
  async ask(question: Question, within: Millis): Promise<CommandOutcome> {
    const id = randomUUID()
    if (this.#end.signal.aborted)
      return { kind: "failed", code: "STREAM_ENDED", message: "the sidecar is not connected" }
    return new Promise((resolve) => {
      const settle = (outcome: CommandOutcome): void => {
        clearTimeout(timer)
        this.#asked.delete(id)
        resolve(outcome)
      }
      const timer = setTimeout(
        () =>
          settle({
            kind: "failed",
            code: "NO_ANSWER",
            message: `${this.identity.pod} did not answer ${question.kind} within ${within} ms`,
          }),
        within,
      )
      this.#asked.set(id, settle)
      this.send({ ...question, id })
    })
  }

  answered(id: string, outcome: CommandOutcome): void {
    // An answer that comes too late has nobody waiting any more.
    this.#asked.get(id)?.(outcome)
  }

  /** What is to be sent, as it comes, until the session ends. */
  async *outgoing(): AsyncGenerator<SidecarCommand> {
    while (!this.#end.signal.aborted) {
      const next = this.#queue.shift()
      if (next === undefined)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      else yield next
    }
  }
}
