/**
 * The streams that live on this central. One per satellite: a newer one, here or on another central,
 * ends the older, and what the older does while ending never touches the newer (D2).
 */
import { setTimeout as wait } from "node:timers/promises"
import { Code, ConnectError } from "@connectrpc/connect"
import type { Hello } from "#core/fleet/satellite.ts"
import { satelliteUri } from "#core/fleet/certificates.ts"
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import { type Millis, millis, seconds } from "#core/units.ts"
import type { Log } from "#io/log.ts"
import type { Database } from "#io/postgres/sql.ts"
import { type LeanCall, leanCall, type LeanContext } from "#io/rpc/lean-stream.ts"
import { callerCertificate, hangUp } from "#io/rpc/server.ts"
import { encodeFromCentral } from "#wire/from-central.ts"
import { parseFromSatellite } from "#wire/from-satellite.ts"
import {
  type CentralMessage,
  type SatelliteMessage,
  satelliteIdHeader,
  SatelliteService,
} from "#wire/satellite.ts"
import { opens, sha256 } from "../auth/secret.ts"
import type { RoleChangeFigures } from "../role-change-figures.ts"
import { satelliteChanged } from "../intent/satellites.ts"
import { central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { notify } from "../store/change.ts"
import type { TailDesk } from "../log-tails/desk.ts"
import { endTailsOf } from "../store/log-tail.ts"
import { arrive, findIdentity } from "../store/satellite-identity.ts"
import type { Tls } from "../tls/tls.ts"
import type { AckKeeper } from "./acks.ts"
import { Connection, silenceMax } from "./connection.ts"
import type { Inbox } from "./inbox.ts"
import type { WantsReader } from "./wants.ts"
import { badMessage, revoked, told } from "./rpc-error.ts"

const helloWithin = seconds(10)
/** When central stops, streams end over this time for each of them, and over this for all at most. */
const leaveEach = millis(2)
const leaveWithin = seconds(5)

export type StreamsOptions = {
  readonly database: Database
  readonly wants: WantsReader
  readonly acks: AckKeeper
  readonly inbox: Inbox
  readonly log: Log
  readonly figures: RoleChangeFigures
  readonly silenceMax?: Millis
  /** Undefined where central speaks no TLS: no certificate can be shown then. */
  readonly tls: Tls | undefined
  /** Takes what sites send of logs that somebody follows. */
  readonly tails: Pick<TailDesk, "deliver">
}

type Credentials = { readonly id: SatelliteId; readonly token: string }

export class Streams {
  readonly #options: StreamsOptions
  readonly #live = new Map<SatelliteId, Connection>()
  #isStopping = false

  constructor(options: StreamsOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#live.size
  }

  get call(): LeanCall {
    return leanCall(SatelliteService.method.connect, (messages, context) =>
      this.#serve(messages, context),
    )
  }

  wake(ids: readonly SatelliteId[]): void {
    for (const id of ids) this.#live.get(id)?.wake()
  }

  refreshStorageClasses(ids: readonly SatelliteId[]): void {
    for (const id of ids) this.#live.get(id)?.refreshStorageClasses()
  }

  /** Somebody began or ended to follow a log there. */
  tailsChanged(ids: readonly SatelliteId[]): void {
    for (const id of ids) this.#live.get(id)?.tailsChanged()
  }

  wakeAll(): void {
    for (const connection of this.#live.values()) {
      connection.wake()
      connection.tailsChanged()
    }
  }

  /** Another stream of this satellite began somewhere: an older one here ends. */
  replaced(id: SatelliteId, serial: number): void {
    const here = this.#live.get(id)
    if (here !== undefined && here.serial < serial) here.end(newer)
  }

  /**
   * Central stops: satellites hear it, one after the other, so that a large fleet does not come to the next
   * central all at once; their own jitter spreads them further. Nobody new is let in meanwhile.
   */
  async endAll(): Promise<void> {
    this.#isStopping = true
    const leaving = [...this.#live.values()]
    const spread = Math.min(leaveWithin, leaving.length * leaveEach)
    await Promise.all(
      leaving.map(async (connection) => {
        await wait(Math.random() * spread)
        connection.end(stopping)
      }),
    )
  }

  async *#serve(
    messages: AsyncIterable<SatelliteMessage>,
    context: LeanContext,
  ): AsyncGenerator<CentralMessage> {
    const incoming = messages[Symbol.asyncIterator]()
    try {
      if (this.#isStopping) throw stopping
      const credentials = await this.#authenticate(context)
      const hello = await firstMessage(incoming, context.signal)
      const connection = await this.#arrived(credentials, hello)
      // A satellite that does not read holds our writing up; its stream ends all the same.
      connection.ended.addEventListener("abort", context.values.get(hangUp), { once: true })
      yield* this.#converse(connection, incoming, context.signal)
    } catch (error) {
      throw told(this.#options.log, "Connect", error)
    }
  }

  async #authenticate(context: LeanContext): Promise<Credentials> {
    const id = context.requestHeader.get(satelliteIdHeader) ?? ""
    const token = /^Bearer (\S{1,200})$/.exec(context.requestHeader.get("authorization") ?? "")?.[1]
    const wrong = new ConnectError("unknown satellite or wrong token", Code.Unauthenticated)
    if (token === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw wrong
    const identity = await findIdentity(this.#options.database.sql, satelliteId(id))
    if (identity !== undefined && opens(identity.revoked?.hash, token))
      throw revoked(identity.revoked?.why)
    if (
      identity?.approval !== "approved" ||
      (!opens(identity.authHash, token) && !opens(identity.nextAuthHash, token))
    )
      throw wrong
    this.#checkCertificate(identity.id, context)
    return { id: identity.id, token }
  }

  /** A certificate that is shown must be this satellite's own, whether one is required or not. */
  #checkCertificate(id: SatelliteId, context: LeanContext): void {
    const { tls, log } = this.#options
    const shown = context.values.get(callerCertificate)
    if (shown?.uris.includes(satelliteUri(id)) === true) return
    if (shown === undefined && tls?.clients !== "required") return
    log.warn("certificate.refused", { satellite: id, shown: shown?.uris ?? "none that is good" })
    throw new ConnectError(
      shown === undefined
        ? "this central lets in only satellites that show a certificate of its authority, and this one showed none that is good: it must be let in anew"
        : "the certificate is another satellite's",
      Code.Unauthenticated,
    )
  }

  async #arrived({ id, token }: Credentials, hello: Hello): Promise<Connection> {
    const { database, log } = this.#options
    const authHash = sha256(token)
    const arrived = await database.transaction(async (sql) => {
      const result = await arrive(sql, id, authHash, hello)
      if (result === undefined) return undefined
      await notify(sql, { kind: "stream", id, serial: result.serial })
      // What was followed on an earlier stream ended with it at the site.
      await endTailsOf(sql, id)
      if (result.stateBefore !== "connected") {
        await tell(sql, central, id, [
          {
            kind: "satellite.connected",
            message: `the satellite is connected (it was ${result.stateBefore})`,
            details: { version: hello.satelliteVersion },
          },
        ])
        await satelliteChanged(sql, id)
      }
      if (result.rotated) {
        await tell(sql, central, id, [
          {
            kind: "satellite.token-rotated",
            message: "the satellite uses its new token; the one before is void",
          },
        ])
        await notify(sql, { kind: "satellites", ids: [id] })
      }
      return result
    })
    if (arrived === undefined)
      throw new ConnectError("unknown satellite or wrong token", Code.Unauthenticated)
    const connection = new Connection({
      id,
      serial: arrived.serial,
      hello,
      authHash,
      database,
      wants: this.#options.wants,
      acks: this.#options.acks,
      inbox: this.#options.inbox,
      log: log.child({ satellite: id, stream: arrived.serial }),
      figures: this.#options.figures,
      tls: this.#options.tls,
      tails: this.#options.tails,
      silenceMax: this.#options.silenceMax ?? silenceMax,
    })
    this.#enter(connection)
    return connection
  }

  /** Two streams may arrive in either order; the one with the higher serial is the newer. */
  #enter(connection: Connection): void {
    const before = this.#live.get(connection.id)
    if (before !== undefined && before.serial > connection.serial) return connection.end(newer)
    this.#live.set(connection.id, connection)
    connection.ended.addEventListener("abort", () => this.#left(connection), { once: true })
    before?.end(newer)
    this.#options.log.event("stream.opened", {
      satellite: connection.id,
      stream: connection.serial,
    })
  }

  #left(connection: Connection): void {
    // D2: only its own entry. The satellite's state is not touched: silence decides that, not a line.
    if (this.#live.get(connection.id) === connection) this.#live.delete(connection.id)
    this.#options.log.event("stream.closed", {
      satellite: connection.id,
      stream: connection.serial,
      why: connection.ended.reason instanceof Error ? connection.ended.reason.message : "",
    })
    if (connection.hasTails) void this.#endTails(connection)
  }

  /** Their watchers hear it now; where this fails, from the silence. */
  async #endTails({ id, serial }: Connection): Promise<void> {
    try {
      await endTailsOf(this.#options.database.sql, id, serial)
    } catch (error) {
      this.#options.log.warn("log-tails.not-ended", { satellite: id, error })
    }
  }

  async *#converse(
    connection: Connection,
    incoming: AsyncIterator<SatelliteMessage>,
    signal: AbortSignal,
  ): AsyncGenerator<CentralMessage> {
    const over = (): void => connection.end(new ConnectError("the line is cut", Code.Canceled))
    signal.addEventListener("abort", over, { once: true })
    if (signal.aborted) over()
    // Generators may be abandoned in the middle of a write; these two end with the connection all the same.
    const tasks = Promise.all([this.#read(connection, incoming), connection.work()])
    try {
      for await (const message of connection.messages()) yield encodeFromCentral(message)
    } finally {
      over()
      signal.removeEventListener("abort", over)
      await tasks
    }
    throw connection.ended.reason
  }

  /** Reads until the satellite closes its side, the line breaks, or the connection ends. Never throws. */
  async #read(connection: Connection, incoming: AsyncIterator<SatelliteMessage>): Promise<void> {
    const end = new UntilEnd(connection.ended)
    try {
      while (!connection.ended.aborted) {
        const next = await end.wait(incoming.next())
        if (next === undefined) return
        if (next.done === true)
          return connection.end(new ConnectError("the satellite closed its side", Code.Canceled))
        const parsed = parseFromSatellite(next.value)
        if (parsed.kind === "ok") await connection.receive(parsed.value)
        else
          this.#options.log.warn("message.refused", {
            satellite: connection.id,
            problems: parsed.problems.slice(0, 10),
          })
      }
    } catch (error) {
      connection.end(told(this.#options.log, "Connect", error))
    }
  }
}

const stopping = new ConnectError("central stops; come back", Code.Unavailable)
const newer = new ConnectError("a newer stream of this satellite took over", Code.Aborted)

async function firstMessage(
  incoming: AsyncIterator<SatelliteMessage>,
  signal: AbortSignal,
): Promise<Hello> {
  const end = new UntilEnd(AbortSignal.any([signal, AbortSignal.timeout(helloWithin)]))
  const first = await end.wait(incoming.next())
  if (first === undefined || first.done === true)
    throw new ConnectError("hello did not come in time", Code.DeadlineExceeded)
  const parsed = parseFromSatellite(first.value)
  if (parsed.kind === "bad") throw badMessage(parsed.problems)
  if (parsed.value.kind !== "hello")
    throw new ConnectError("the first message must be hello", Code.FailedPrecondition)
  return parsed.value.hello
}

/** Waits for one thing after the other, each time for the end beside it, which is listened to once. */
class UntilEnd {
  readonly #end: AbortSignal
  #stop: () => void = () => {}

  constructor(end: AbortSignal) {
    this.#end = end
    end.addEventListener("abort", () => this.#stop(), { once: true })
  }

  /** The result, or undefined once the end is there; what comes after that is nobody's. */
  wait<T>(running: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#stop = () => resolve(undefined)
      if (this.#end.aborted) this.#stop()
      running.then(resolve, reject)
    })
  }
}
