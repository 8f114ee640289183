/** The browsers that listen. Each has a bounded buffer; one that is too slow is told to read everything anew. */
import type { WebSocket } from "ws"
import { seconds } from "#core/units.ts"
import { version } from "#core/version.ts"
import type { LiveMessage } from "#wire/live.ts"

/** Bytes that may wait for one browser. */
const bufferMax = 1024 * 1024
const listenersMax = 500
const closeWithin = seconds(1)
export const pulseEvery = seconds(15)

type Listener = {
  readonly socket: WebSocket
  /** Whether its session or token is still good. */
  readonly stillWelcome: () => Promise<boolean>
  overrun: boolean
  answered: boolean
}

export class Audience {
  readonly #listeners = new Set<Listener>()

  get size(): number {
    return this.#listeners.size
  }

  get isFull(): boolean {
    return this.#listeners.size >= listenersMax
  }

  /** Takes a new browser in and greets it. */
  enter(socket: WebSocket, stillWelcome: () => Promise<boolean>): void {
    const listener: Listener = { socket, stillWelcome, overrun: false, answered: true }
    this.#listeners.add(listener)
    socket.on("close", () => {
      this.#listeners.delete(listener)
    })
    socket.on("error", () => socket.terminate())
    socket.on("pong", () => {
      listener.answered = true
    })
    // A browser has nothing to say here.
    socket.on("message", () => socket.close(1008, "this socket only sends"))
    write(listener, { kind: "hello", serverTime: new Date().toISOString(), version })
  }

  send(message: LiveMessage): void {
    const text = JSON.stringify(message)
    for (const listener of this.#listeners) push(listener, text)
  }

  /** Something was missed: everybody reads everything anew. */
  overrun(): void {
    this.send({ kind: "overrun" })
  }

  /** Shows every browser that the line lives, and lets go of those that do not answer or may not listen. */
  async pulse(): Promise<void> {
    const text = JSON.stringify({ kind: "pulse", serverTime: new Date().toISOString() })
    for (const listener of this.#listeners) {
      if (!listener.answered) listener.socket.terminate()
      else {
        listener.answered = false
        listener.socket.ping()
        push(listener, text)
      }
    }
    for (const listener of this.#listeners)
      if (!(await listener.stillWelcome())) listener.socket.close(4401, "signed out")
  }

  close(): void {
    for (const { socket } of this.#listeners) {
      socket.close(1001, "central stops")
      setTimeout(() => socket.terminate(), closeWithin).unref()
    }
  }
}

const write = ({ socket }: Listener, message: LiveMessage): void =>
  socket.send(JSON.stringify(message))

function push(listener: Listener, text: string): void {
  const { socket } = listener
  if (socket.readyState !== socket.OPEN) return
  if (socket.bufferedAmount > bufferMax) {
    listener.overrun = true
    return
  }
  if (listener.overrun && socket.bufferedAmount === 0) {
    listener.overrun = false
    write(listener, { kind: "overrun" })
  }
  // Between the overrun and its announcement nothing is sent: it would stand beside a hole.
  if (!listener.overrun) socket.send(text)
}
