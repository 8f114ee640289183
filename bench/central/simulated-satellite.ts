/**
 * A satellite without a site. It speaks by the real satellite's own link: the same stream, back-off, heartbeat,
 * outbox and order of messages, over TLS on a connection of its own. Only Kubernetes behind it is pretended: every
 * config is applied at once, and its cluster is always healthy.
 */
import { randomUUID } from "node:crypto"
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { backoff } from "#core/backoff.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { ClusterHealth, InstanceHealth } from "#core/cluster/state.ts"
import type { FromCentral } from "#core/fleet/satellite.ts"
import { eventId, podName, satelliteId, term, timeline, type ClusterId } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { seconds } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import { silentLog } from "#io/log.ts"
import {
  encodeApprovalCheck,
  encodeRegistration,
  parseApproval,
  parseRegistered,
  RegistrationService,
} from "#wire/registration.ts"
import { satelliteMessageMax } from "#wire/satellite.ts"
import { link } from "../../src/satellite/central/link.ts"
import { Self } from "../../src/satellite/central/self.ts"
import { Outgoing } from "../../src/satellite/central/outgoing.ts"
import { Outbox } from "../../src/satellite/outbox.ts"
import { benchEvent, type Target } from "./orders.ts"

const healthEvery = seconds(10)
/** As the satellite's own transport does (`io/rpc/client.ts`). */
const pingEvery = seconds(20)
const callWithin = 60_000

const unworthy: readonly Code[] = [
  Code.Unauthenticated,
  Code.PermissionDenied,
  Code.InvalidArgument,
]

/** Central lets in so many a second and no more, and a busy machine drops a line: who is turned away comes back. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof ConnectError) || unworthy.includes(error.code)) throw error
      await systemClock.sleep(backoff(attempt, Math.random(), pauses), forever)
    }
  }
}

const pauses = { first: seconds(1), longest: seconds(5) }
const forever = new AbortController().signal

export class SimulatedSatellite {
  readonly #name: string
  readonly #sessions: Http2SessionManager
  readonly #transport: Transport
  readonly #outbox = new Outbox(":memory:")
  readonly #outgoing = new Outgoing(this.#outbox, systemClock)
  readonly #clusters = new Map<ClusterId, ClusterSpec>()
  #position = 0x3000060n
  #registrationToken = ""
  id = ""
  isConnected = false

  /** Dials from `address`: central counts what comes from one address, and sites have one each. */
  constructor(given: { readonly name: string; readonly target: Target; readonly address: string }) {
    const { name, target, address } = given
    this.#name = name
    // The library hands all of it to `tls.connect`, and its types know a part.
    const dial = { ca: target.authority, localAddress: address }
    this.#sessions = new Http2SessionManager(
      target.grpc,
      { pingIntervalMs: pingEvery, pingIdleConnection: false },
      dial,
    )
    this.#transport = createGrpcTransport({
      baseUrl: target.grpc,
      sessionManager: this.#sessions,
      readMaxBytes: satelliteMessageMax,
      writeMaxBytes: satelliteMessageMax,
    })
  }

  /** Version of its cluster's config, once it has one. */
  get version(): number | undefined {
    const [spec] = this.#clusters.values()
    return spec?.version
  }

  get #registration() {
    return createClient(RegistrationService, this.#transport)
  }

  async register(labels: Readonly<Record<string, string>>): Promise<void> {
    const request = encodeRegistration({
      site: this.#name,
      kubernetesUid: randomUUID(),
      kubernetesVersion: "v1.30.0",
      satelliteVersion: "0.1.0",
      protocolVersion: 1,
      labels,
    })
    const answer = parseRegistered(
      await patiently(() => this.#registration.register(request, { timeoutMs: callWithin })),
    )
    if (answer.kind === "bad") throw new Error(`registration: ${JSON.stringify(answer.problems)}`)
    this.id = answer.value.satelliteId
    this.#registrationToken = answer.value.registrationToken
  }

  /** Collects the token and keeps the stream until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const check = encodeApprovalCheck({
      satelliteId: satelliteId(this.id),
      registrationToken: this.#registrationToken,
      certificateRequest: undefined,
    })
    const approval = parseApproval(
      await patiently(() => this.#registration.checkApproval(check, { timeoutMs: callWithin })),
      satelliteId(this.id),
    )
    if (approval.kind === "bad" || approval.value.kind !== "approved")
      throw new Error(`${this.#name} is not approved: ${JSON.stringify(approval)}`)
    void this.#report(signal)
    await link(
      {
        dial: () => ({ transport: this.#transport, [Symbol.dispose]: () => {} }),
        reason: String,
        clock: systemClock,
        log: silentLog,
        outgoing: this.#outgoing,
        hello: () => ({
          protocolVersion: 1,
          satelliteVersion: "0.1.0",
          kubernetesVersion: "v1.30.0",
          labels: {},
          clusters: [...this.#clusters.values()].map(({ id, version }) => ({
            clusterId: id,
            version,
            deleting: false,
          })),
        }),
        received: (message) => this.#receive(message),
        streamEnded: () => {},
        state: (trouble) => {
          this.isConnected = trouble === undefined
        },
      },
      // A certificate is signed once in a month: nothing that load is made of.
      new Self(
        {
          kind: "approved",
          satelliteId: satelliteId(this.id),
          authToken: approval.value.authToken,
          nextToken: undefined,
          client: undefined,
          authorities: undefined,
        },
        {
          identities: { save: () => Promise.resolve() },
          clock: systemClock,
          log: silentLog,
          usesTls: false,
        },
      ),
      signal,
    )
    this.#sessions.abort()
  }

  tick(): void {
    const [spec] = this.#clusters.values()
    this.#outbox.put([
      {
        id: eventId(randomUUID()),
        at: Date.now(),
        severity: "info",
        kind: benchEvent,
        message: "the bench asks how long this takes to a browser",
        clusterId: spec?.id,
        pod: undefined,
        details: {},
      },
    ])
  }

  #receive(message: FromCentral): void {
    if (message.kind === "welcome") for (const spec of message.clusters) this.#take(spec)
    if (message.kind === "config") this.#take(message.spec)
    if (message.kind === "events-ack") this.#outgoing.eventsAcknowledged(message.events)
  }

  #take(spec: ClusterSpec): void {
    this.#clusters.set(spec.id, spec)
    this.#outgoing.acknowledge(spec.id, spec.version, { kind: "applied" })
    this.#outgoing.health(this.#healthOf(spec))
  }

  /** Spread over the time, as sites that started when they liked are. */
  async #report(signal: AbortSignal): Promise<void> {
    await systemClock.sleep(seconds(Math.random() * 10), signal).catch(() => {})
    while (!signal.aborted) {
      for (const spec of this.#clusters.values()) this.#outgoing.health(this.#healthOf(spec))
      await systemClock.sleep(healthEvery, signal).catch(() => {})
    }
  }

  /** Positions move on, so no report is like the one before. */
  #healthOf(spec: ClusterSpec): ClusterHealth {
    this.#position += 4096n
    return {
      clusterId: spec.id,
      state: "healthy",
      reason: `${spec.members} of ${spec.members} members stream`,
      appliedVersion: spec.version,
      primary: podName(`${spec.name}-0`),
      term: term(1),
      observedAt: Date.now(),
      systemIdentifier: undefined,
      change: {
        version: spec.version,
        state: "done",
        strategy: "reload",
        steps: [],
        reason: undefined,
        pendingRestart: [],
        startedAt: Date.now(),
        endedAt: Date.now(),
      },
      instances: Array.from({ length: spec.members }, (_, at) => this.#instance(spec, at)),
    }
  }

  #instance(spec: ClusterSpec, ordinal: number): InstanceHealth {
    const isPrimary = ordinal === 0
    return {
      pod: podName(`${spec.name}-${ordinal}`),
      role: isPrimary ? "primary" : "replica",
      phase: isPrimary ? "primary" : "streaming",
      ready: true,
      reason: undefined,
      timeline: timeline(1),
      receivedLsn: lsn(this.#position),
      replayedLsn: isPrimary ? undefined : lsn(this.#position),
      lagBytes: 0,
      lagSeconds: 0,
      connectionsUsed: 5 + (Number(this.#position / 4096n) % 7),
      connectionsActive: 1,
      connectionsMax: 100,
      dataBytes: 25_000_000,
      walBytes: 16_777_216,
      diskTotalBytes: 10 * 1024 ** 3,
      diskFreeBytes: 9 * 1024 ** 3,
      receiver: isPrimary ? undefined : "streaming",
      startedAt: 1_700_000_000_000,
      containerRestarts: 0,
      synchronous: !isPrimary,
    }
  }
}
