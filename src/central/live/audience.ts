/** The browsers that listen. Each has a bounded buffer; one that is too slow is told to read everything anew. */
import type { WebSocket } from "ws"
import type { Standing } from "#core/access/may.ts"
import { isWholeFleet, sameScope, type Scope } from "#core/access/scope.ts"
import { seconds } from "#core/units.ts"
import { version } from "#core/version.ts"
import { closedAccessChanged, closedSignedOut, type LiveMessage } from "#wire/live.ts"

/** Bytes that may wait for one browser. */
const bufferMax = 1024 * 1024
const listenersMax = 500
const closeWithin = seconds(1)
export const pulseEvery = seconds(15)

/** Who listens, as far as it decides what is sent. */
export type Guest = Standing & { readonly personId: string }

type Listener = {
  readonly socket: WebSocket
  readonly guest: Guest
  /** Who this is now; undefined when the session or token is not good any more. */
  readonly now: () => Promise<Guest | undefined>
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

  /** Whether somebody listens who sees a part of the fleet only. */
  get isScoped(): boolean {
    for (const { guest } of this.#listeners) if (!isWholeFleet(guest.scope)) return true
    return false
  }

  /** Takes a new browser in and greets it. */
  enter(socket: WebSocket, guest: Guest, now: Listener["now"]): void {
    const listener: Listener = { socket, guest, now, overrun: false, answered: true }
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

  /** To everybody, or to those alone whose scope `isFor`. */
  send(message: LiveMessage, isFor: (scope: Scope) => boolean = () => true): void {
    const text = JSON.stringify(message)
    for (const listener of this.#listeners) if (isFor(listener.guest.scope)) push(listener, text)
  }

  /** Something was missed: everybody reads everything anew. */
  overrun(isFor?: (scope: Scope) => boolean): void {
    this.send({ kind: "overrun" }, isFor)
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
    await this.review()
  }

  /** Lets go of those (of these people, or of all) that may not listen any more, or may otherwise than when they came. */
  async review(people?: ReadonlySet<string>): Promise<void> {
    for (const { socket, guest, now } of this.#listeners) {
      if (people !== undefined && !people.has(guest.personId)) continue
      const found = await now()
      if (found === undefined) socket.close(closedSignedOut, "signed out")
      else if (found.role !== guest.role || !sameScope(found.scope, guest.scope))
        socket.close(closedAccessChanged, "what you may do has changed")
    }
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
