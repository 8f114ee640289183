/**
 * Pledges asked over a stream that stays. One question is under way at a time, and an answer belongs to the question
 * before it: whatever breaks that order (an answer that does not come in time, an error) ends the stream, and the next
 * question opens another.
 */
import type { CallOptions, Client } from "@connectrpc/connect"
import { Code, ConnectError } from "@connectrpc/connect"
import type { PeerService } from "#wire/peer.ts"

type PeerClient = Client<typeof PeerService>
type Request = Parameters<PeerClient["pledge"]>[0]
type Response = Awaited<ReturnType<PeerClient["pledge"]>>

/** A primary asks each second or so; whoever has not asked for so long does not lead any more. */
const idleWithin = 30_000
const timeoutDefault = 5_000

type Stream = {
  readonly questions: Questions
  readonly answers: AsyncIterator<Response>
  readonly stop: AbortController
}

export class PledgeLine implements Disposable {
  readonly #open: PeerClient["pledges"]
  #stream: Stream | undefined
  #idle: NodeJS.Timeout | undefined
  #asking = false

  constructor(open: PeerClient["pledges"]) {
    this.#open = open
  }

  /** As the call of its own would be: throws a ConnectError when no answer comes within `timeoutMs`. */
  async ask(request: Request, { timeoutMs = timeoutDefault }: CallOptions = {}): Promise<Response> {
    if (this.#asking) throw new ConnectError("a pledge is being asked for", Code.Aborted)
    this.#asking = true
    clearTimeout(this.#idle)
    const stream = (this.#stream ??= this.#begin())
    const late = setTimeout(
      () => stream.stop.abort(new ConnectError("no answer in time", Code.DeadlineExceeded)),
      timeoutMs,
    )
    try {
      stream.questions.push(request)
      const { value, done } = await stream.answers.next()
      if (done === true) throw new ConnectError("the stream ended", Code.Unavailable)
      this.#idle = setTimeout(() => this.#end("not needed any more"), idleWithin).unref()
      return value
    } catch (failure) {
      this.#end("broken")
      throw failure
    } finally {
      clearTimeout(late)
      this.#asking = false
    }
  }

  [Symbol.dispose](): void {
    this.#end("closed")
  }

  #begin(): Stream {
    const stop = new AbortController()
    const questions = new Questions()
    const answers = this.#open(questions, { signal: stop.signal })[Symbol.asyncIterator]()
    return { questions, answers, stop }
  }

  #end(why: string): void {
    clearTimeout(this.#idle)
    const stream = this.#stream
    this.#stream = undefined
    stream?.questions.end()
    stream?.stop.abort(new ConnectError(why, Code.Canceled))
  }
}

/** What is to be sent, at most one question at a time, until `end`. */
class Questions implements AsyncIterable<Request> {
  #next: Request | undefined
  #ended = false
  #wake: (() => void) | undefined

  push(request: Request): void {
    this.#next = request
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Request, void, undefined> {
    while (!this.#ended) {
      const request = this.#next
      this.#next = undefined
      if (request === undefined)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      else yield request
    }
  }
}
