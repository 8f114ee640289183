/**
 * One live stream of one satellite. What goes out is decided by comparing what was sent with what the
 * database wants, so a wake-up may be lost, doubled or late; what comes in is either the newest of its
 * kind (heartbeats, health) or waits its turn in a bounded lane.
 */
import { Code, ConnectError } from "@connectrpc/connect"
import { backoff } from "#core/backoff.ts"
import {
  type FromCentral,
  type FromSatellite,
  type Hello,
  satelliteProtocolVersion,
} from "#core/fleet/satellite.ts"
import type { SiteSettings } from "#core/fleet/settings.ts"
import type { ClusterId, ConfigVersion, OperationId, SatelliteId, TailId } from "#core/ids.ts"
import { type Millis, millis, seconds } from "#core/units.ts"
import { version } from "#core/version.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
import type { TailDesk } from "../log-tails/desk.ts"
import type { RoleChangeFigures } from "../role-change-figures.ts"
import { type Desired, goneAmong } from "../store/desired.ts"
import { handOverDeletions } from "../operations/deletion.ts"
import type { Unfinished } from "../store/operation.ts"
import { type Identity, keepNextToken } from "../store/satellite-identity.ts"
import type { LevelOfSite } from "../store/log-level.ts"
import { tailsOfStream } from "../store/log-tail.ts"
import type { AckKeeper } from "./acks.ts"
import { handle, type Slow } from "./handle.ts"
import type { Inbox } from "./inbox.ts"
import { Lane } from "./lane.ts"
import type { Tls } from "../tls/tls.ts"
import { certified } from "./certified.ts"
import type { WantsReader } from "./wants.ts"
import { revoked } from "./rpc-error.ts"
import { newAuthToken, sha256 } from "../auth/secret.ts"

/** A satellite beats every 10 s; one that was silent for so long is on a dead line. */
export const silenceMax = seconds(45)
const answersMax = 64
const slowMax = 32
const retry = { first: millis(200), longest: seconds(5) }

type Sent = ConfigVersion | "deleting"

export type ConnectionOptions = {
  readonly id: SatelliteId
  readonly serial: number
  readonly hello: Hello
  readonly authHash: Buffer
  readonly database: Database
  readonly wants: WantsReader
  readonly acks: AckKeeper
  readonly inbox: Inbox
  readonly log: Log
  readonly figures: RoleChangeFigures
  readonly silenceMax: Millis
  readonly tls: Tls | undefined
  readonly tails: Pick<TailDesk, "deliver">
}

export class Connection {
  readonly id: SatelliteId
  readonly serial: number
  readonly #options: ConnectionOptions
  readonly #sent = new Map<ClusterId, Sent>()
  readonly #said = new Map<OperationId, "start" | "cancel">()
  readonly #ending = new AbortController()
  readonly #out = new Lane<FromCentral>(answersMax, this.#ending.signal)
  readonly #slow = new Lane<Slow>(slowMax, this.#ending.signal)
  #dirty = true
  #givenFor: number | undefined
  #welcomed = false
  #wantsClasses = false
  /** Which logs are followed may have changed. */
  #tailsChanged = true
  /** What this stream has asked for of them. */
  readonly #tails = new Set<TailId>()
  /** Settings of the site as this stream said them last. */
  #settings = ""
  /** Log levels as this stream said them last; undefined is the satellite's own. */
  readonly #levels = new Map<ClusterId | undefined, string>()
  #silence: NodeJS.Timeout | undefined

  constructor(options: ConnectionOptions) {
    this.id = options.id
    this.serial = options.serial
    this.#options = options
    this.#heard()
  }

  get ended(): AbortSignal {
    return this.#ending.signal
  }

  /** Ends the stream; the satellite hears `reason`. Ending twice is ending once. */
  end(reason: ConnectError): void {
    clearTimeout(this.#silence)
    this.#ending.abort(reason)
  }

  /** What this satellite should run may have changed. */
  wake(): void {
    this.#dirty = true
    this.#out.wake()
  }

  /** Asks the satellite for its StorageClasses, once, however often this is called meanwhile. */
  refreshStorageClasses(): void {
    this.#wantsClasses = true
    this.#out.wake()
  }

  tailsChanged(): void {
    this.#tailsChanged = true
    this.#out.wake()
  }

  get hasTails(): boolean {
    return this.#tails.size > 0
  }

  #heard(): void {
    clearTimeout(this.#silence)
    if (this.ended.aborted) return
    this.#silence = setTimeout(() => {
      this.end(new ConnectError("no heartbeat came in time", Code.DeadlineExceeded))
    }, this.#options.silenceMax)
  }

  /** One message of the satellite; resolves when there is room for the next. */
  async receive(message: FromSatellite): Promise<void> {
    this.#heard()
    switch (message.kind) {
      case "hello":
        return this.end(new ConnectError("hello comes once, first", Code.FailedPrecondition))
      case "heartbeat":
        this.#options.inbox.heard(this.id)
        return this.#out.put({ kind: "heartbeat-ack", sequence: message.sequence })
      case "health":
        if (!this.#options.inbox.report(this.id, message.health))
          this.#options.log.warn("health.dropped", { clusterId: message.health.clusterId })
        return
      case "log-level-ack":
        return this.#options.log.event("satellite.log-level", { level: message.level })
      case "log-tail":
        // What this stream did not ask for is nobody's, or another satellite's.
        if (this.#tails.has(message.batch.tail)) this.#options.tails.deliver(this.id, message.batch)
        return
      case "certificate-request":
        return this.#certify(message.request)
      case "events":
      case "config-ack":
      case "delete-ack":
      case "storage-classes":
      case "operation-update":
        return this.#slow.put(message)
    }
  }

  async #certify(request: string): Promise<void> {
    const { tls, log } = this.#options
    const issued = await certified(tls, this.id, request)
    if (issued === undefined) return log.warn("certificate.not-signed", { why: "no TLS here" })
    log.event("certificate.signed", {})
    return this.#out.put({ kind: "certificate", issued })
  }

  /** Works off the lane until the stream ends. */
  async work(): Promise<void> {
    while (!this.ended.aborted) {
      const next = this.#slow.take()
      if (next === undefined) await this.#slow.change()
      else await this.#until(next)
    }
  }

  /** An outage holds the lane up; nothing in it is skipped. */
  async #until(message: Slow): Promise<void> {
    for (let attempt = 0; !this.ended.aborted; attempt += 1) {
      if (await this.#handled(message)) return
      await this.#pause(attempt)
    }
  }

  /** False when the database is away and the message must be tried again. */
  async #handled(message: Slow): Promise<boolean> {
    try {
      const answer = await handle(this.#options, this.id, message)
      if (message.kind === "delete-ack" && message.gone) this.#sent.delete(message.clusterId)
      if (answer !== undefined) await this.#out.put(answer)
      return true
    } catch (error) {
      if (error instanceof Outage) return false
      this.#options.log.error("message.failed", { kind: message.kind, error })
      return true
    }
  }

  async #pause(attempt: number): Promise<void> {
    await systemClock.sleep(backoff(attempt, Math.random(), retry), this.ended).catch(() => {})
  }

  /** What goes out, in order: answers first, then what the satellite should run. */
  async *messages(): AsyncGenerator<FromCentral> {
    for (let attempt = 0; !this.ended.aborted;) {
      // The welcome comes before everything else, however long the database keeps it.
      const answer = this.#welcomed ? this.#out.take() : undefined
      if (answer !== undefined) {
        yield answer
        continue
      }
      if (this.#welcomed && this.#wantsClasses) {
        this.#wantsClasses = false
        yield { kind: "refresh-storage-classes" }
        continue
      }
      if (!this.#dirty && !(this.#welcomed && this.#tailsChanged)) {
        await this.#out.change()
        continue
      }
      const wanted = this.#dirty ? await this.#desired() : await this.#followed()
      if (wanted === undefined) {
        await this.#pause(attempt)
        attempt += 1
        continue
      }
      attempt = 0
      yield* wanted
    }
  }

  /** The messages that bring the satellite up to date, or undefined while the database is away. */
  async #desired(): Promise<readonly FromCentral[] | undefined> {
    // Cleared first: a wake-up that comes while we read must not be lost.
    this.#dirty = false
    try {
      const { authHash, wants } = this.#options
      const found = await wants.read(this.id)
      const identity = found?.identity
      if (identity?.revoked?.hash.equals(authHash) === true) {
        this.end(revoked(identity.revoked.why))
        return []
      }
      if (
        found === undefined ||
        identity === undefined ||
        identity.approval !== "approved" ||
        identity.authHash?.equals(authHash) !== true
      ) {
        this.end(new ConnectError("this identity is no longer valid", Code.Unauthenticated))
        return []
      }
      const { clusters: all, settings } = found
      const levels = this.#unsaidLevels(found.levels)
      const operations = this.#unheard(found.operations)
      const due = await this.#due(all)
      const clusters = this.#welcomed
        ? [...this.#news(settings), ...this.#delta(due)]
        : await this.#welcome(identity.name, due, settings)
      return [...clusters, ...operations, ...levels, ...(await this.#newToken(identity))]
    } catch (error) {
      this.#dirty = true
      if (!(error instanceof Outage)) throw error
      return undefined
    }
  }

  /** Logs that the site shall begin to show, or need not any more; undefined while the database is away. */
  async #followed(): Promise<readonly FromCentral[] | undefined> {
    this.#tailsChanged = false
    try {
      const wanted = await tailsOfStream(this.#options.database.sql, this.id, this.serial)
      const fresh = wanted.filter(({ tail }) => !this.#tails.has(tail))
      const kept = new Set(wanted.map(({ tail }) => tail))
      const over = [...this.#tails].filter((tail) => !kept.has(tail))
      for (const { tail } of fresh) this.#tails.add(tail)
      for (const tail of over) this.#tails.delete(tail)
      return [
        ...over.map((tail): FromCentral => ({ kind: "stop-log-tail", tail })),
        ...fresh.map((order): FromCentral => ({ kind: "start-log-tail", order })),
      ]
    } catch (error) {
      this.#tailsChanged = true
      if (!(error instanceof Outage)) throw error
      return undefined
    }
  }

  /** Levels that this stream has not said, and those that were taken back. */
  #unsaidLevels(asked: readonly LevelOfSite[]): readonly FromCentral[] {
    const messages: FromCentral[] = []
    const now = new Map(asked.map((one) => [one.clusterId, one]))
    for (const [clusterId, { level, until, seconds }] of now) {
      if (this.#levels.get(clusterId) === `${level} ${until}`) continue
      this.#levels.set(clusterId, `${level} ${until}`)
      messages.push({ kind: "set-log-level", level, seconds, clusterId })
    }
    for (const clusterId of this.#levels.keys()) {
      if (now.has(clusterId)) continue
      this.#levels.delete(clusterId)
      messages.push({ kind: "set-log-level", level: "own", clusterId })
    }
    return messages
  }

  /** Before the clusters that may depend on them. */
  #news(settings: SiteSettings): readonly FromCentral[] {
    const text = JSON.stringify(settings)
    if (text === this.#settings) return []
    this.#settings = text
    return [{ kind: "site-settings", settings }]
  }

  /** A token that was asked for, once on this stream: the satellite comes back with it. */
  async #newToken({ rotationAskedAt }: Identity): Promise<readonly FromCentral[]> {
    if (rotationAskedAt === undefined || rotationAskedAt === this.#givenFor) return []
    const { database, authHash } = this.#options
    const token = newAuthToken()
    // On disk before it is given: the satellite may come back with it at once, and to another central.
    if (!(await keepNextToken(database.sql, this.id, authHash, sha256(token)))) return []
    this.#givenFor = rotationAskedAt
    return [{ kind: "new-token", token }]
  }

  async #welcome(
    name: string,
    all: readonly Desired[],
    settings: SiteSettings,
  ): Promise<readonly FromCentral[]> {
    const { sql } = this.#options.database
    const held = this.#options.hello.clusters.map(({ clusterId }) => clusterId)
    const gone = held.length === 0 ? [] : await goneAmong(sql, this.id, held)
    this.#welcomed = true
    this.#settings = JSON.stringify(settings)
    const clusters = all.filter(({ deleting }) => !deleting).map(({ spec }) => spec)
    for (const spec of clusters) this.#sent.set(spec.id, spec.version)
    const welcome: FromCentral = {
      kind: "welcome",
      protocolVersion: satelliteProtocolVersion,
      centralVersion: version,
      name,
      clusters,
      settings,
    }
    const leftovers = gone.map(({ id, name: cluster, ...rest }): FromCentral => ({
      kind: "delete-cluster",
      clusterId: id,
      name: cluster,
      ...rest,
    }))
    return [welcome, ...leftovers, ...this.#delta(all)]
  }

  /** What this stream has not said of operations. One that the site has begun is not asked for again. */
  #unheard(unfinished: readonly Unfinished[]): readonly FromCentral[] {
    const messages: FromCentral[] = []
    for (const { order, pending, cancelled } of unfinished) {
      const { operation, clusterId } = order
      const said = this.#said.get(operation)
      if (cancelled && said !== "cancel") {
        this.#said.set(operation, "cancel")
        messages.push({ kind: "cancel-operation", operation, clusterId })
      } else if (!cancelled && pending && said === undefined) {
        this.#said.set(operation, "start")
        messages.push({ kind: "start-operation", order })
      }
    }
    const open = new Set(unfinished.map(({ order }) => order.operation))
    for (const operation of this.#said.keys())
      if (!open.has(operation)) this.#said.delete(operation)
    return messages
  }

  /** Without deletions that were called off since `all` was read; the others are not called off any more. */
  async #due(all: readonly Desired[]): Promise<readonly Desired[]> {
    const isNew = ({ spec, deleting }: Desired): boolean =>
      deleting && this.#sent.get(spec.id) !== "deleting"
    if (!all.some(isNew)) return all
    const given = await handOverDeletions(this.#options.database, this.id)
    return all.filter((one) => !isNew(one) || given.has(one.spec.id))
  }

  #delta(all: readonly Desired[]): readonly FromCentral[] {
    const messages: FromCentral[] = []
    for (const { spec, deleting } of all) {
      const sent = this.#sent.get(spec.id)
      if (deleting && sent !== "deleting") {
        this.#sent.set(spec.id, "deleting")
        const { id: clusterId, name, namespace, deletionProtected } = spec
        // Whoever marked a protected cluster was wrong, and its site is the second to look.
        const version = deletionProtected === true ? undefined : spec.version
        messages.push({ kind: "delete-cluster", clusterId, name, namespace, version })
      } else if (!deleting && sent !== spec.version) {
        this.#sent.set(spec.id, spec.version)
        messages.push({ kind: "config", spec })
      }
    }
    return messages
  }
}
