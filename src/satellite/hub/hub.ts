/**
 * The sidecars' port: one stream for each member's pod. A stream belongs to the cluster whose token it
 * carries and to no other; a newer stream of the same pod takes the place of the older one.
 */
import { randomUUID, timingSafeEqual, createHash } from "node:crypto"
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect"
import type { HandOverProgress, SidecarIdentity, SidecarMessage } from "#core/cluster/sidecar.ts"
import { type ClusterId, type PodName, ordinalOf } from "#core/ids.ts"
import { mebibytes, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { HostPort } from "#io/config.ts"
import type { Log } from "#io/log.ts"
import { type RpcServer, openRpcServer } from "#io/rpc/server.ts"
import {
  SidecarService,
  type WireMessage,
  encodeSidecarCommand,
  parseSidecarMessage,
} from "#wire/sidecar.ts"
import type { Outbox } from "../outbox.ts"
import { type Report, Session } from "./session.ts"

/** What the hub must know of a cluster to let its sidecars in. */
export type Admission = { readonly clusterId: ClusterId; readonly token: string }

export type HubOptions = {
  readonly listen: HostPort
  readonly tls: { readonly certificate: string; readonly key: string }
  readonly clock: Clock
  readonly log: Log
  readonly outbox: Outbox
  /** Undefined for a cluster that is not of this site. */
  readonly admission: (namespace: string, cluster: string) => Admission | undefined
  /** A member said something new. */
  readonly heard: (cluster: ClusterId) => void
  /** A sidecar came, and may be told something. */
  readonly connected?: (cluster: ClusterId, session: Session) => void
  /** A hand-over went on; the same may be told again. */
  readonly handOver: (cluster: ClusterId, pod: PodName, progress: HandOverProgress) => void
}

/** Members of all clusters of a site; more than any site has. */
const sessionsMax = 2_000
/** Members that a cluster can have. */
const membersMax = 9
const identifyWithin = seconds(10)
/** Sidecars report every 10 s. */
export const reportFresh = seconds(25)
/** A stream that says nothing for so long is dead, whatever TCP thinks. */
const silenceMax = seconds(45)

export class Hub implements AsyncDisposable {
  readonly #options: HubOptions
  readonly #sessions = new Map<string, Session>()
  readonly #reports = new Map<string, Report>()
  #server: RpcServer | undefined

  constructor(options: HubOptions) {
    this.#options = options
  }

  async open(): Promise<HostPort> {
    this.#server = await openRpcServer({
      listen: this.#options.listen,
      tls: this.#options.tls,
      messageBytesMax: mebibytes(1),
      sessionsMax,
      routes: (router) =>
        router.service(SidecarService, {
          connect: (messages, context) => this.#stream(messages, context),
        }),
    })
    return this.#server.address
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) session.end("the satellite stops")
    await this.#server?.[Symbol.asyncDispose]()
  }

  get connected(): number {
    return this.#sessions.size
  }

  session(namespace: string, pod: PodName): Session | undefined {
    return this.#sessions.get(`${namespace}/${pod}`)
  }

  /** Sidecars of a cluster that are connected now. */
  ofCluster(namespace: string, cluster: string): readonly Session[] {
    return [...this.#sessions.values()].filter(
      ({ identity }) => identity.namespace === namespace && identity.cluster === cluster,
    )
  }

  /** The member's last report, if it is fresh and of this very pod. */
  report(namespace: string, pod: PodName, podUid: string | undefined): Report | undefined {
    const report = this.#reports.get(`${namespace}/${pod}`)
    if (report === undefined || this.#options.clock.now() - report.at > reportFresh)
      return undefined
    return podUid === undefined || podUid === report.podUid ? report : undefined
  }

  forget(namespace: string, cluster: string): void {
    for (let ordinal = 0; ordinal < membersMax; ordinal += 1) {
      const key = `${namespace}/${cluster}-${ordinal}`
      this.#sessions.get(key)?.end("its cluster is gone")
      this.#reports.delete(key)
    }
  }

  async *#stream(messages: AsyncIterable<WireMessage>, context: HandlerContext) {
    const { log } = this.#options
    const incoming = messages[Symbol.asyncIterator]()
    const identity = await this.#identify(incoming, context)
    const clusterId = this.#admit(identity, context)
    const key = `${identity.namespace}/${identity.pod}`
    const session = new Session(identity)
    this.#sessions.get(key)?.end("a newer stream of the same pod took its place")
    this.#sessions.set(key, session)
    this.#options.connected?.(clusterId, session)
    log.event("sidecar.connected", { pod: identity.pod, namespace: identity.namespace })
    const reading = this.#read(incoming, session, clusterId).catch((failure: unknown) =>
      session.end(failure instanceof Error ? failure.message : "its stream broke"),
    )
    const gone = (): void => session.end("the sidecar went away")
    context.signal.addEventListener("abort", gone, { once: true })
    try {
      for await (const command of session.outgoing()) yield encodeSidecarCommand(command)
    } finally {
      session.end("its stream ended")
      // Only our own entry: a newer stream may have taken it (D2 of the field notes).
      if (this.#sessions.get(key) === session) this.#sessions.delete(key)
      log.event("sidecar.disconnected", { pod: identity.pod, why: String(session.signal.reason) })
      context.signal.removeEventListener("abort", gone)
      await reading
    }
  }

  async #identify(
    incoming: AsyncIterator<WireMessage>,
    context: HandlerContext,
  ): Promise<SidecarIdentity> {
    const limit = AbortSignal.any([context.signal, AbortSignal.timeout(identifyWithin)])
    const first = await beforeAbort(incoming.next(), limit)
    if (first === undefined || first.done === true)
      throw new ConnectError("the identity did not come", Code.InvalidArgument)
    const message = parsed(first.value)
    if (message.kind !== "identity")
      throw new ConnectError("the first message must be the identity", Code.InvalidArgument)
    return message.identity
  }

  /** Throws unless the token is that of the very cluster which the identity names. */
  #admit(identity: SidecarIdentity, context: HandlerContext): ClusterId {
    const admission = this.#options.admission(identity.namespace, identity.cluster)
    const shown = /^Bearer (.+)$/.exec(context.requestHeader.get("authorization") ?? "")?.[1]
    // Compared also for a cluster that is not there, so that time does not tell which are.
    const isRight = isSame(shown ?? "", admission?.token ?? randomUUID())
    if (admission === undefined || !isRight) {
      this.#options.log.warn("sidecar.refused", {
        pod: identity.pod,
        namespace: identity.namespace,
        why: admission === undefined ? "no such cluster on this site" : "wrong token",
      })
      throw new ConnectError("unknown cluster or wrong token", Code.Unauthenticated)
    }
    // That the pod is one of the cluster's was checked with the message; that it can be one, here.
    if ((ordinalOf(identity.pod) ?? membersMax) >= membersMax)
      throw new ConnectError("no pod of that cluster", Code.PermissionDenied)
    return admission.clusterId
  }

  async #read(
    incoming: AsyncIterator<WireMessage>,
    session: Session,
    clusterId: ClusterId,
  ): Promise<void> {
    for (;;) {
      const limit = AbortSignal.any([session.signal, AbortSignal.timeout(silenceMax)])
      const next = await beforeAbort(incoming.next(), limit)
      if (next === undefined) return session.end("nothing was heard from it for too long")
      if (next.done === true) return session.end("the sidecar ended its stream")
      this.#take(parsed(next.value), session, clusterId)
    }
  }

  #take(message: SidecarMessage, session: Session, clusterId: ClusterId): void {
    const { namespace, pod, podUid } = session.identity
    switch (message.kind) {
      case "identity":
        throw new ConnectError("the identity comes once", Code.InvalidArgument)
      case "status": {
        if (message.status.health.pod !== pod)
          throw new ConnectError("a status of another pod", Code.PermissionDenied)
        const at = this.#options.clock.now()
        this.#reports.set(`${namespace}/${pod}`, { status: message.status, podUid, at })
        this.#options.heard(clusterId)
        return
      }
      case "events": {
        // Whatever they claim, they are of this pod and of the cluster of its token.
        const events = message.events.map((event) => ({ ...event, clusterId, pod }))
        this.#options.outbox.put(events)
        // Only now, when they are on disk, may the sidecar forget them.
        const ids = message.events.map(({ id }) => id)
        session.send({ kind: "events-ack", id: randomUUID(), events: ids })
        return
      }
      case "result":
        session.answered(message.id, message.outcome)
        return
      case "hand-over":
        this.#options.handOver(clusterId, pod, message.progress)
        return
    }
  }
}

function parsed(message: WireMessage): SidecarMessage {
  const result = parseSidecarMessage(message)
  if (result.kind === "ok") return result.value
  const why = result.problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")
  throw new ConnectError(why, Code.InvalidArgument)
}

/** In constant time: hashes are of one length. */
const isSame = (a: string, b: string): boolean =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest())

/** The value, or undefined when the signal was first. */
async function beforeAbort<T>(value: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined
  let stop: () => void = () => {}
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
    signal.addEventListener("abort", stop, { once: true })
  })
  // Whoever loses the race is not left without an owner.
  value.catch(() => {})
  try {
    return await Promise.race([value, aborted])
  } finally {
    signal.removeEventListener("abort", stop)
  }
}
