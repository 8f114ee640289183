/**
 * A call in which both sides stream, served with little memory, for streams that stay open by the thousand.
 * Connect's own handler puts a chain of async iterables around each stream, every link with its promises and
 * the last message: some 80 kB for each satellite. This one speaks the same protocol (gRPC over HTTP/2) and
 * has two links. A handler sees a part of what Connect would show it, so it can be served by either (decision 12).
 */
import type { Http2ServerResponse, ServerHttp2Stream } from "node:http2"
import {
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type MessageShape,
} from "@bufbuild/protobuf"
import { Code, ConnectError, type ContextValues, type HandlerContext } from "@connectrpc/connect"
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc"
import { Frames, framed } from "./frames.ts"

export type LeanCall = {
  readonly path: string
  /** Never throws: what goes wrong is said to the caller. */
  readonly serve: (response: Http2ServerResponse, around: Around) => Promise<void>
}

/** What the server knows of a call. */
export type Around = {
  readonly headers: Headers
  readonly values: ContextValues
  readonly stopping: AbortSignal
  readonly messageBytesMax: number
}

/** What a handler may know: Connect's whole context has copies of headers and signals that stay with the stream. */
export type LeanContext = Pick<HandlerContext, "signal" | "requestHeader" | "values">

type Implementation<I extends DescMessage, O extends DescMessage> = (
  messages: AsyncIterable<MessageShape<I>>,
  context: LeanContext,
) => AsyncIterable<MessageShape<O>>

/** The method, served by `implementation`. */
export const leanCall = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodBiDiStreaming<I, O>,
  implementation: Implementation<I, O>,
): LeanCall => ({
  path: `/${method.parent.typeName}/${method.name}`,
  serve: (response, around) => serve(method, implementation, response, around),
})

async function serve<I extends DescMessage, O extends DescMessage>(
  method: DescMethodBiDiStreaming<I, O>,
  implementation: Implementation<I, O>,
  response: Http2ServerResponse,
  { headers, values, stopping, messageBytesMax }: Around,
): Promise<void> {
  if (!/^application\/grpc(\+proto)?$/.test(headers.get("content-type") ?? "")) {
    response.writeHead(415).end()
    return
  }
  const { stream } = response
  const context = { requestHeader: headers, values, signal: endOf(stream, stopping) }
  const messages = new Incoming(stream, method.input, messageBytesMax)
  let end: ConnectError | undefined
  response.writeHead(200, { "content-type": "application/grpc+proto" })
  try {
    for await (const message of implementation(messages, context)) {
      if (stream.destroyed) return
      if (!response.write(framed(toBinary(method.output, message)))) await drained(response)
    }
  } catch (error) {
    end = ConnectError.from(error, Code.Internal)
  }
  if (stream.destroyed) return
  const trailers = new Headers()
  setTrailerStatus(trailers, end)
  response.addTrailers(Object.fromEntries(trailers))
  response.end()
}

/** Aborts when the stream is gone or the server stops. */
function endOf(stream: ServerHttp2Stream, stopping: AbortSignal): AbortSignal {
  const ending = new AbortController()
  const stop = (): void => ending.abort(stopping.reason)
  stopping.addEventListener("abort", stop, { once: true })
  stream.once("close", () => {
    stopping.removeEventListener("abort", stop)
    ending.abort(new ConnectError("the line is cut", Code.Canceled))
  })
  if (stopping.aborted) stop()
  return ending.signal
}

/** Resolves when there is room to write again, or nobody to write to. */
async function drained(response: Http2ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const go = (): void => resolve()
  response.once("drain", go)
  response.once("close", go)
  await promise
  response.off("drain", go)
  response.off("close", go)
}

/** What the caller sends. Nothing is read ahead of who asks for it, so a slow reader slows its writer down. */
class Incoming<I extends DescMessage> implements AsyncIterableIterator<MessageShape<I>> {
  readonly #stream: ServerHttp2Stream
  readonly #schema: I
  readonly #frames: Frames
  #isOver = false
  #failure: Error | undefined
  #wake: () => void = () => {}

  constructor(stream: ServerHttp2Stream, schema: I, messageBytesMax: number) {
    this.#stream = stream
    this.#schema = schema
    this.#frames = new Frames(messageBytesMax)
    const wake = (): void => this.#wake()
    stream.on("readable", wake)
    stream.once("end", () => this.#over(undefined))
    stream.once("aborted", () => this.#over(new ConnectError("the line is cut", Code.Canceled)))
    stream.once("close", () => this.#over(undefined))
    stream.on("error", (error: Error) => this.#over(error))
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<MessageShape<I>, undefined>> {
    for (;;) {
      const frame = this.#frames.next()
      if (frame !== undefined) return { done: false, value: parsed(this.#schema, frame) }
      const chunk: unknown = this.#stream.read()
      if (Buffer.isBuffer(chunk)) this.#frames.push(chunk)
      else if (this.#isOver) return this.#end()
      else await this.#more()
    }
  }

  #end(): IteratorResult<MessageShape<I>, undefined> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#frames.isPartial)
      throw new ConnectError("the stream ended within a message", Code.InvalidArgument)
    return { done: true, value: undefined }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = () => {}
  }

  #over(failure: Error | undefined): void {
    if (!this.#isOver) this.#failure = failure
    this.#isOver = true
    this.#wake()
  }
}

function parsed<I extends DescMessage>(schema: I, frame: Uint8Array): MessageShape<I> {
  try {
    return fromBinary(schema, frame)
  } catch (cause) {
    throw new ConnectError(
      "a message cannot be read",
      Code.InvalidArgument,
      undefined,
      undefined,
      cause,
    )
  }
}
