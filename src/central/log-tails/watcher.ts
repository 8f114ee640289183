/** Somebody who follows a log, over a socket of its own: bounded in what waits for it, and let go of when it does not answer. */
import type { WebSocket } from "ws"
import type { SatelliteId } from "#core/ids.ts"
import { closedAccessChanged, closedSignedOut } from "#wire/live.ts"
import type { ShownTailEnd, TailMessage } from "#wire/log-tail-live.ts"
import { sameScope } from "#core/access/scope.ts"
import { tailBounds } from "#core/logs/tail.ts"
import { seconds } from "#core/units.ts"
import type { Guest } from "../live/audience.ts"
import { linesIn, type Numbered, withDropped } from "./forwarding.ts"

/** Bytes that may wait for one watcher; lines beyond are left out. */
const bufferMax = 512 * 1024
const closeWithin = seconds(1)
/** A site shows every ten seconds that a tail lives; its first word comes at once. */
const firstWithin = seconds(15)
const silenceMax = seconds(35)
/** Its site ends it earlier. */
const longest = seconds(tailBounds.secondsMax + 60)
/** Batches that may come before it is known here that the tail was opened. */
const earlyMax = 5

export class Watcher {
  readonly guest: Guest
  readonly #now: () => Promise<Guest | undefined>
  readonly #socket: WebSocket
  readonly #clock: () => number
  readonly #openedAt: number
  /** Undefined until it is known that its log may be followed. */
  #satellite: SatelliteId | undefined
  readonly #early: { readonly satellite: SatelliteId; readonly numbered: Numbered }[] = []
  #sequence = 0
  #missing = 0
  #heardAt: number
  #answered = true
  #isOver = false

  constructor(
    socket: WebSocket,
    guest: Guest,
    now: () => Promise<Guest | undefined>,
    clock: () => number,
  ) {
    this.#socket = socket
    this.guest = guest
    this.#now = now
    this.#clock = clock
    this.#heardAt = clock()
    this.#openedAt = clock()
    socket.on("error", () => socket.terminate())
    socket.on("pong", () => {
      this.#answered = true
    })
    socket.on("message", () => socket.close(1008, "this socket only sends"))
  }

  get hasBegun(): boolean {
    return this.#satellite !== undefined
  }

  /** The tail is open, and this satellite brings it. */
  begin(satellite: SatelliteId): void {
    this.#satellite = satellite
    for (const early of this.#early.splice(0)) this.take(early.satellite, early.numbered)
  }

  /** A batch of a satellite; of another one than was asked for it counts for nothing. */
  take(satellite: SatelliteId, numbered: Numbered): void {
    if (this.#satellite === undefined) {
      if (this.#early.length < earlyMax) this.#early.push({ satellite, numbered })
      return
    }
    const { sequence, message } = numbered
    // One that came before comes again where a central did not know whether it had put it down.
    if (satellite !== this.#satellite || sequence <= this.#sequence) return
    this.#heardAt = this.#clock()
    this.#sequence = sequence
    const isLast = message.standing.kind === "ended"
    if (!isLast && this.#socket.bufferedAmount > bufferMax) {
      this.#missing += linesIn(message)
      return
    }
    this.#send(withDropped(message, this.#missing))
    this.#missing = 0
    if (isLast) this.close(1000, "the tail has ended")
  }

  /** Ends what its site should have ended, or says nothing of. */
  endOverdue(): void {
    if (!this.hasBegun) return
    const now = this.#clock()
    if (now - this.#openedAt > longest) return this.end("time-is-up", "it was followed long enough")
    if (now - this.#heardAt <= (this.#sequence === 0 ? firstWithin : silenceMax)) return
    this.end(
      "silent",
      this.#sequence > 0
        ? "the site does not say anything any more"
        : "the site did not answer; a satellite older than this central cannot show its logs",
    )
  }

  end(end: ShownTailEnd, why: string): void {
    this.#send({ dropped: this.#missing, lines: [], standing: { kind: "ended", end, why } })
    this.close(1000, "the tail has ended")
  }

  #send(message: TailMessage): void {
    if (!this.#isOver && this.#socket.readyState === this.#socket.OPEN)
      this.#socket.send(JSON.stringify(message))
  }

  close(code: number, why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.close(code, why)
    setTimeout(() => this.#socket.terminate(), closeWithin).unref()
  }

  /** Lets go of a browser that does not answer, and of somebody who may not listen any more. */
  async pulse(): Promise<void> {
    if (!this.#answered) return this.#socket.terminate()
    this.#answered = false
    this.#socket.ping()
    const found = await this.#now()
    if (found === undefined) this.close(closedSignedOut, "signed out")
    else if (found.role !== this.guest.role || !sameScope(found.scope, this.guest.scope))
      this.close(closedAccessChanged, "what you may do has changed")
  }
}
