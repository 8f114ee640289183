/**
 * The least central that a satellite can talk to, over the real wire: it approves, keeps desired
 * clusters, and remembers what it was told. Tests steer it; no rule of the real central is repeated here.
 */
import { randomUUID } from "node:crypto"
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect"
import type { FleetEvent } from "#core/cluster/events.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { ClusterHealth } from "#core/cluster/state.ts"
import type { AckOutcome, FromCentral, FromSatellite, Hello } from "#core/fleet/satellite.ts"
import type { SiteSettings } from "#core/fleet/settings.ts"
import { type ClusterId, satelliteId } from "#core/ids.ts"
import type { TailBatch } from "#core/logs/tail.ts"
import { mebibytes } from "#core/units.ts"
import { type RpcServer, openRpcServer } from "#io/rpc/server.ts"
import {
  RegistrationService,
  encodeApproval,
  encodeRegistered,
  parseApprovalCheck,
  parseRegistration,
} from "#wire/registration.ts"
import { encodeFromCentral } from "#wire/from-central.ts"
import { parseFromSatellite } from "#wire/from-satellite.ts"
import { type SatelliteMessage, SatelliteService } from "#wire/satellite.ts"

export type Ack = {
  readonly clusterId: ClusterId
  readonly version: number
  readonly outcome: AckOutcome
}

export class TinyCentral implements AsyncDisposable {
  readonly registrations: string[] = []
  readonly hellos: Hello[] = []
  readonly acks: Ack[] = []
  readonly gone = new Set<ClusterId>()
  readonly health = new Map<ClusterId, ClusterHealth>()
  readonly events = new Map<string, FleetEvent>()
  readonly storageClasses: string[][] = []
  readonly logLevels: string[] = []
  readonly tailed: TailBatch[] = []
  /** Whether events and heartbeats are answered. */
  answersEvents = true
  answersHeartbeats = true
  approval: "pending" | "approved" | "rejected" = "approved"
  /** What Welcome names. */
  clusters: readonly ClusterSpec[] = []
  settings: SiteSettings | undefined
  /** PEM; with it central speaks TLS. */
  tls: { readonly certificate: string; readonly key: string } | undefined
  #token = randomUUID()
  #port = 0
  #server: RpcServer | undefined
  #streams = new Set<(message: FromCentral | undefined) => void>()
  #waiting = new Set<() => void>()

  async open(): Promise<void> {
    this.#server = await openRpcServer({
      listen: { host: "127.0.0.1", port: this.#port },
      tls: this.tls,
      messageBytesMax: mebibytes(4),
      routes: (router) => this.#routes(router),
    })
    this.#port = this.#server.address.port
  }

  /** As if the machine were gone; `open` brings it back at the same address. */
  async close(): Promise<void> {
    for (const end of this.#streams) end(undefined)
    await this.#server?.[Symbol.asyncDispose]()
    this.#server = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get url(): string {
    return this.tls === undefined
      ? `http://127.0.0.1:${this.#port}`
      : `https://localhost:${this.#port}`
  }

  get connected(): number {
    return this.#streams.size
  }

  /** The identity that was given is no longer good. */
  revoke(): void {
    this.#token = randomUUID()
    for (const end of this.#streams) end(undefined)
  }

  send(message: FromCentral): void {
    for (const push of this.#streams) push(message)
  }

  /** Resolves once `holds` does; looked at after every message. */
  async until(what: string, holds: () => boolean, withinMs = 30_000): Promise<void> {
    const deadline = performance.now() + withinMs
    while (!holds()) {
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`central never saw: ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 250))
        this.#waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #routes(router: ConnectRouter): void {
    router.service(RegistrationService, {
      register: (request) => {
        const parsed = parseRegistration(request)
        if (parsed.kind === "bad") throw new ConnectError("bad", Code.InvalidArgument)
        this.registrations.push(parsed.value.site)
        this.#tell()
        return encodeRegistered({ satelliteId: satelliteId(randomUUID()), registrationToken: "r" })
      },
      checkApproval: (request) => {
        const parsed = parseApprovalCheck(request)
        if (parsed.kind === "bad") throw new ConnectError("bad", Code.InvalidArgument)
        return encodeApproval(
          this.approval === "approved"
            ? {
                kind: "approved",
                satelliteId: parsed.value.satelliteId,
                authToken: this.#token,
                name: "site",
                certificate: undefined,
              }
            : { kind: this.approval },
        )
      },
    })
    router.service(SatelliteService, {
      connect: (messages, context) => this.#stream(messages, context),
    })
  }

  async *#stream(messages: AsyncIterable<SatelliteMessage>, context: HandlerContext) {
    if (context.requestHeader.get("authorization") !== `Bearer ${this.#token}`)
      throw new ConnectError("unknown identity", Code.Unauthenticated)
    const queue: (FromCentral | undefined)[] = []
    let wake = (): void => {}
    const push = (message: FromCentral | undefined): void => {
      queue.push(message)
      wake()
    }
    this.#streams.add(push)
    const reading = (async () => {
      for await (const message of messages) {
        const parsed = parseFromSatellite(message)
        if (parsed.kind === "bad") throw new Error(JSON.stringify(parsed.problems))
        this.#take(parsed.value, push)
        this.#tell()
      }
    })()
      .catch(() => {})
      .finally(() => push(undefined))
    try {
      for (;;) {
        const next = queue.shift()
        if (next !== undefined) {
          yield encodeFromCentral(next)
          continue
        }
        if (queue.length > 0 || context.signal.aborted) return
        await new Promise<void>((resolve) => (wake = resolve))
        if (queue[0] === undefined && queue.length > 0) return
      }
    } finally {
      this.#streams.delete(push)
      this.#tell()
      void reading
    }
  }

  #take(message: FromSatellite, push: (message: FromCentral) => void): void {
    switch (message.kind) {
      case "hello":
        this.hellos.push(message.hello)
        push({
          kind: "welcome",
          protocolVersion: 1,
          centralVersion: "test",
          name: "site",
          clusters: this.clusters,
          ...(this.settings === undefined ? {} : { settings: this.settings }),
        })
        return
      case "heartbeat":
        if (this.answersHeartbeats) push({ kind: "heartbeat-ack", sequence: message.sequence })
        return
      case "health":
        this.health.set(message.health.clusterId, message.health)
        return
      case "events":
        for (const event of message.events) this.events.set(event.id, event)
        if (this.answersEvents)
          push({ kind: "events-ack", events: message.events.map(({ id }) => id) })
        return
      case "config-ack":
        this.acks.push(message)
        return
      case "delete-ack":
        if (message.gone) this.gone.add(message.clusterId)
        return
      case "storage-classes":
        this.storageClasses.push([...message.names])
        return
      case "certificate-request":
        return
      case "log-level-ack":
        this.logLevels.push(message.level)
        return
      case "log-tail":
        this.tailed.push(message.batch)
        return
      case "operation-update":
        throw new Error("it begins no operations")
    }
  }
}
