/**
 * Messages of gRPC in the bytes of a stream: a flag, four bytes of length, the message
 * ("Length-Prefixed-Message" of the gRPC over HTTP/2 protocol).
 */
import { Code, ConnectError } from "@connectrpc/connect"

const prefixBytes = 5
const compressed = 1

export function framed(message: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length)
  frame.writeUInt8(0, 0)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefixBytes)
  return frame
}

/** Bytes as they come, messages as they are whole. */
export class Frames {
  readonly #most: number
  #chunks: Buffer[] = []
  #bytes = 0

  /** `most` is the largest message in bytes. */
  constructor(most: number) {
    this.#most = most
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** Whether a message has begun that is not whole. */
  get isPartial(): boolean {
    return this.#bytes > 0
  }

  /** The next whole message; undefined when more bytes are needed. Throws a ConnectError for one that may not be. */
  next(): Uint8Array | undefined {
    if (this.#bytes < prefixBytes) return undefined
    const prefix = this.#joined(prefixBytes)
    if ((prefix.readUInt8(0) & compressed) !== 0)
      throw new ConnectError("messages are not taken compressed", Code.Unimplemented)
    const length = prefix.readUInt32BE(1)
    if (length > this.#most)
      throw new ConnectError(
        `a message of ${length} bytes is larger than ${this.#most}`,
        Code.ResourceExhausted,
      )
    const end = prefixBytes + length
    if (this.#bytes < end) return undefined
    const first = this.#joined(end)
    const others = this.#chunks.slice(1)
    const rest = first.subarray(end)
    this.#chunks = rest.length === 0 ? others : [rest, ...others]
    this.#bytes -= end
    return first.subarray(prefixBytes, end)
  }

  /** The first chunk, made to hold at least `count` bytes, which are there. */
  #joined(count: number): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && first.length >= count) return first
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }
}
