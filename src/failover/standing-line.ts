/**
 * Questions asked over a stream that stays: pledges and statuses, every second or so. One question is under way at a time, and an answer belongs to the question
 * before it: whatever breaks that order (an answer that does not come in time, an error) ends the stream, and the next
 * question opens another.
 */
import { type CallOptions, Code, ConnectError } from "@connectrpc/connect"

/** Opens the stream: a bidirectional call of a client. */
type Open<Request, Response> = (
  questions: AsyncIterable<Request>,
  options: CallOptions,
) => AsyncIterable<Response>

/** Whoever has not asked for so long asks no more: it does not lead, or is not calm. */
const idleWithin = 30_000
const timeoutDefault = 5_000

type Stream<Request, Response> = {
  readonly questions: Questions<Request>
  readonly answers: AsyncIterator<Response>
  readonly stop: AbortController
  /** The next answer, or how the stream ended: waited for before the question, so that an end is noticed. */
  next: Promise<IteratorResult<Response>>
}

export class StandingLine<Request, Response> implements Disposable {
  readonly #open: Open<Request, Response>
  #stream: Stream<Request, Response> | undefined
  #idle: NodeJS.Timeout | undefined
  #asking = false

  constructor(open: Open<Request, Response>) {
    this.#open = open
  }

  /** As the call of its own would be: throws a ConnectError when no answer comes within `timeoutMs`. */
  async ask(request: Request, { timeoutMs = timeoutDefault }: CallOptions = {}): Promise<Response> {
    if (this.#asking) throw new ConnectError("another question is under way", Code.Aborted)
    this.#asking = true
    clearTimeout(this.#idle)
    const stream = (this.#stream ??= this.#begin())
    const late = setTimeout(
      () => stream.stop.abort(new ConnectError("no answer in time", Code.DeadlineExceeded)),
      timeoutMs,
    )
    try {
      stream.questions.push(request)
      const { value, done } = await stream.next
      if (done === true) throw new ConnectError("the stream ended", Code.Unavailable)
      this.#listen(stream)
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

  #begin(): Stream<Request, Response> {
    const stop = new AbortController()
    const questions = new Questions<Request>()
    const answers = this.#open(questions, { signal: stop.signal })[Symbol.asyncIterator]()
    const stream = { questions, answers, stop, next: answers.next() }
    this.#notice(stream)
    return stream
  }

  #listen(stream: Stream<Request, Response>): void {
    stream.next = stream.answers.next()
    this.#notice(stream)
  }

  /** Whatever comes while nothing was asked makes the stream useless: the member has gone, or does not count. */
  #notice(stream: Stream<Request, Response>): void {
    const unasked = (): void => {
      if (!this.#asking && this.#stream === stream) this.#end("broken")
    }
    stream.next.then(unasked, unasked)
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
class Questions<Request> implements AsyncIterable<Request> {
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
