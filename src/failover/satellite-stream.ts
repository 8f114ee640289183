/**
 * The sidecar's stream to the satellite of its site: status every 10 s and at once on change, events
 * until they are acknowledged, commands and their results. It reconnects for ever, with back-off, and
 * nothing in failover waits for it.
 */
import { createClient } from "@connectrpc/connect"
import { backoff } from "#core/backoff.ts"
import type {
  CommandOutcome,
  LogLevel,
  SidecarCommand,
  SidecarIdentity,
  SidecarMessage,
  SidecarRequest,
  SidecarStatus,
} from "#core/cluster/sidecar.ts"
import type { EventId } from "#core/ids.ts"
import { satelliteServerName } from "#core/names.ts"
import { millis, seconds } from "#core/units.ts"
import { type Clock, within } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { openRpcClient } from "#io/rpc/client.ts"
import { isStop, together } from "#io/together.ts"
import {
  encodeSidecarMessage,
  parseSidecarCommand,
  SidecarService,
  sidecarEventsMax,
  type WireMessage,
} from "#wire/sidecar.ts"
import type { HandOvers } from "./hand-overs.ts"
import type { Outbox } from "./outbox.ts"

export type SatelliteStreamPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly identity: SidecarIdentity
  /** Read anew for each connection: they live in mounted files that the satellite may change. */
  readonly target: () => Promise<{
    /** `host:port` */
    readonly address: string
    readonly token: string
    readonly ca: string
  }>
  readonly status: () => SidecarStatus
  /** Calls `heard` whenever the status changed, until the returned function is called. */
  readonly onStatus: (heard: () => void) => () => void
  readonly outbox: Outbox
  readonly handOvers: Pick<HandOvers, "told" | "onProgress">
  /** Within 30 s; never throws for a command that merely failed. */
  readonly perform: (request: SidecarRequest, signal: AbortSignal) => Promise<CommandOutcome>
  readonly setLogLevel: (level: LogLevel) => void
  /** In [0, 1). */
  readonly chance: () => number
}

const statusEvery = seconds(10)
/** Changes that come close together make one message. */
const settleFor = millis(50)
const commandWithin = seconds(30)
const commandsMax = 16
const stableAfter = seconds(60)
const messageBytesMax = 1024 * 1024

/** Keeps a stream open until `signal`. */
export async function runSatelliteStream(
  ports: SatelliteStreamPorts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = ports
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const began = clock.now()
    try {
      await connectOnce(ports, signal)
      log.event("satellite.closed")
    } catch (failure) {
      if (isStop(failure, signal)) return
      if (attempt === 0) log.warn("satellite.unreachable", { why: failure })
      else log.debug("satellite.unreachable", { why: failure, attempt })
    }
    if (clock.now() - began >= stableAfter) attempt = 0
    const pause = backoff(attempt, ports.chance(), { first: seconds(1), longest: seconds(30) })
    try {
      await clock.sleep(pause, signal)
    } catch (failure) {
      if (!isStop(failure, signal)) throw failure
    }
  }
}

async function connectOnce(ports: SatelliteStreamPorts, signal: AbortSignal): Promise<void> {
  const { address, token, ca } = await ports.target()
  using client = openRpcClient({
    url: `https://${address}`,
    authority: ca,
    serverName: satelliteServerName,
    messageBytesMax,
  })
  const service = createClient(SidecarService, client.transport)
  const session = new Session(ports)
  await together(signal, async (stop) => {
    const commands = service.connect(session.messages(stop), {
      signal: stop,
      headers: { authorization: `Bearer ${token}` },
    })
    await together(stop, async (inner) => {
      for await (const wire of commands) {
        const parsed = parseSidecarCommand(wire)
        if (parsed.kind === "bad")
          ports.log.warn("satellite.refused", { problems: parsed.problems })
        else session.take(parsed.value, inner)
      }
    })
  })
}

/** What belongs to one connection: answers and progress to send, events already sent on it. */
class Session {
  readonly #ports: SatelliteStreamPorts
  readonly #answers: SidecarMessage[] = []
  readonly #sent = new Set<EventId>()
  #running = 0
  #statusDue = true
  /** Something came in since the last round of sending. */
  #woken = new AbortController()

  constructor(ports: SatelliteStreamPorts) {
    this.#ports = ports
  }

  #wake(): void {
    this.#woken.abort()
  }

  #say(message: SidecarMessage): void {
    this.#answers.push(message)
    this.#wake()
  }

  take(command: SidecarCommand, signal: AbortSignal): void {
    switch (command.kind) {
      case "events-ack":
        this.#ports.outbox.acknowledge(command.events)
        for (const id of command.events) this.#sent.delete(id)
        return
      case "set-log-level":
        this.#ports.setLogLevel(command.level)
        return
      case "get-status":
      case "checkpoint":
      case "hand-over":
      case "abandon-hand-over":
      case "fence":
      case "unfence":
      case "promote":
      case "restart":
        void this.#perform(command.id, command, signal)
    }
  }

  async #perform(id: string, request: SidecarRequest, signal: AbortSignal): Promise<void> {
    const answer = (outcome: CommandOutcome): void => this.#say({ kind: "result", id, outcome })
    if (this.#running >= commandsMax)
      return answer({
        kind: "failed",
        code: "BUSY",
        message: `${commandsMax} commands are running`,
      })
    this.#running += 1
    try {
      answer(await this.#ports.perform(request, within(commandWithin, signal)))
    } catch (failure) {
      if (isStop(failure, signal)) return
      const message = failure instanceof Error ? failure.message : String(failure)
      answer({ kind: "failed", code: "FAILED", message })
    } finally {
      this.#running -= 1
    }
  }

  /** Everything that this connection sends, in order, until `signal`. */
  async *messages(signal: AbortSignal): AsyncIterable<WireMessage> {
    const { identity, outbox, status, onStatus, clock, handOvers } = this.#ports
    yield encodeSidecarMessage({ kind: "identity", identity })
    // A satellite that has just started may wait for the end of one that was told to the last.
    this.#answers.push(
      ...handOvers.told.map((progress) => ({ kind: "hand-over", progress }) as const),
    )
    const forget = [
      onStatus(() => {
        this.#statusDue = true
        this.#wake()
      }),
      outbox.onPut(() => this.#wake()),
      handOvers.onProgress((progress) => this.#say({ kind: "hand-over", progress })),
    ]
    try {
      for (let statusAt = -Infinity; !signal.aborted;) {
        if (this.#statusDue || clock.now() - statusAt >= statusEvery) {
          this.#statusDue = false
          statusAt = clock.now()
          yield encodeSidecarMessage({ kind: "status", status: status() })
        }
        const events = outbox.waiting(this.#sent, sidecarEventsMax)
        for (const { id } of events) this.#sent.add(id)
        if (events.length > 0) yield encodeSidecarMessage({ kind: "events", events })
        for (
          let answer = this.#answers.shift();
          answer !== undefined;
          answer = this.#answers.shift()
        )
          yield encodeSidecarMessage(answer)
        if (!(await this.#pause(signal))) return
      }
    } finally {
      for (const stop of forget) stop()
    }
  }

  /** Until there is something to send, or a status is due; false when the connection ends. */
  async #pause(signal: AbortSignal): Promise<boolean> {
    const woken = this.#woken.signal
    try {
      await this.#ports.clock.sleep(statusEvery, AbortSignal.any([signal, woken]))
    } catch (failure) {
      if (!signal.aborted && !woken.aborted) throw failure
    }
    if (signal.aborted) return false
    await this.#ports.clock.sleep(settleFor, signal)
    // What comes in from here on is for the next round.
    if (woken.aborted) this.#woken = new AbortController()
    return true
  }
}
