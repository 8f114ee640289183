/**
 * A gRPC server over HTTP/2, plain (h2c) or TLS. Dead peers are found by HTTP/2 pings, messages,
 * connections and streams have bounds, and closing it takes seconds at most.
 */
import { once } from "node:events"
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2"
import type { AddressInfo } from "node:net"
import { TLSSocket } from "node:tls"
import {
  type ConnectRouter,
  type ContextValues,
  createContextKey,
  createContextValues,
  type Interceptor,
} from "@connectrpc/connect"
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { assert } from "#core/assert.ts"
import { type Millis, seconds } from "#core/units.ts"
import type { HostPort } from "#io/config.ts"
import type { LeanCall } from "#io/rpc/lean-stream.ts"

/** Address of the caller, as the socket has it. */
export const remoteAddress = createContextKey("", { description: "address of the caller" })

/**
 * Ends the caller's stream a moment from now, also when the caller neither reads nor writes: a handler
 * that waits for its answer to be taken can not do that by itself.
 */
export const hangUp = createContextKey((): void => {}, { description: "ends the stream" })

/** Who the caller showed to be by a certificate; undefined for one that showed none that we trust. */
export const callerCertificate = createContextKey<CallerCertificate | undefined>(undefined, {
  description: "certificate of the caller",
})

export type CallerCertificate = { readonly uris: readonly string[] }

export type ServerTls = {
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** PEM: a certificate that callers show must be of one of these authorities. */
  readonly clientAuthority?: string | undefined
  /** Callers without a certificate get in too; a handler asks for `callerCertificate`. */
  readonly clientsMayBeUnknown?: boolean
}

export type RpcServerOptions = {
  readonly listen: HostPort
  /** Absent means plain HTTP/2. */
  readonly tls: ServerTls | undefined
  readonly routes: (router: ConnectRouter) => void
  /** Calls that are not Connect's: streams that stay open by the thousand. */
  readonly lean?: readonly LeanCall[]
  readonly interceptors?: readonly Interceptor[]
  /** Largest message, either way. */
  readonly messageBytesMax: number
  readonly sessionsMax?: number
  readonly streamsPerSessionMax?: number
  /** A peer that does not answer a ping within this is dead; asked as often. */
  readonly pingEvery?: Millis
}

export interface RpcServer extends AsyncDisposable {
  /** The address that it really listens on. */
  readonly address: HostPort
  readonly sessions: number
  /** For connections from now on; those that stand keep what they have. */
  setCertificate(tls: Pick<ServerTls, "certificate" | "key" | "clientAuthority">): void
}

/** Streams get this long to end by themselves when the server closes. */
const closeWithin = seconds(1)
/** For the answer to arrive before the stream is reset behind it. */
const lingerFor = seconds(1)

export async function openRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const stopping = new AbortController()
  const serve = serving(options, stopping.signal)
  const sessions = new Set<ServerHttp2Session>()
  const settings = {
    settings: { maxConcurrentStreams: options.streamsPerSessionMax ?? 32 },
    // One message must fit with room to spare, or a slow reader would end its own stream.
    maxSessionMemory: Math.max(10, Math.ceil((options.messageBytesMax * 4) / (1024 * 1024))),
  }
  const server: Http2Server | Http2SecureServer =
    options.tls === undefined
      ? createServer(settings, serve)
      : createSecureServer(
          {
            ...settings,
            ...contextOf(options.tls),
            // Not a list of protocols: Node copies it for each connection into a shared 64 kB slab, which stays while
            // one of them does (decision 13).
            ALPNCallback: ({ protocols }) => (protocols.includes("h2") ? "h2" : undefined),
            minVersion: "TLSv1.3" as const,
            requestCert: options.tls.clientAuthority !== undefined,
            rejectUnauthorized: options.tls.clientsMayBeUnknown !== true,
          },
          serve,
        )
  server.on("session", (session) =>
    watchSession(
      session,
      sessions,
      options.sessionsMax ?? 10_000,
      options.pingEvery ?? seconds(20),
    ),
  )
  // A broken connection is its peer's business; without listeners it would end the process.
  server.on("sessionError", () => {})
  server.on("stream", (stream) => stream.on("error", () => {}))
  server.listen(options.listen.port, options.listen.host)
  await once(server, "listening")
  return {
    address: { host: options.listen.host, port: portOf(server) },
    get sessions() {
      return sessions.size
    },
    setCertificate: (tls) => {
      assert(isSecure(server), "a plain server has no certificate")
      server.setSecureContext({ ...contextOf(tls), minVersion: "TLSv1.3" })
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await close(server, sessions)
    },
  }
}

/** Answers each call: the lean ones by their own, all others by Connect. */
function serving(
  options: RpcServerOptions,
  stopping: AbortSignal,
): (request: Http2ServerRequest, response: Http2ServerResponse) => void {
  const { messageBytesMax } = options
  const connect = connectNodeAdapter({
    routes: options.routes,
    grpc: true,
    grpcWeb: false,
    connect: false,
    interceptors: [...(options.interceptors ?? [])],
    readMaxBytes: messageBytesMax,
    writeMaxBytes: messageBytesMax,
    shutdownSignal: stopping,
    contextValues: valuesOf,
  })
  const lean = new Map((options.lean ?? []).map((call) => [call.path, call]))
  return (request, response) => {
    endWithAnswer(request)
    const call = lean.get(request.url)
    if (call === undefined) return connect(request, response)
    const [headers, values] = [headersOf(request), valuesOf(request)]
    void call.serve(response, { headers, values, stopping, messageBytesMax })
  }
}

const valuesOf = (
  request: Pick<Http2ServerRequest, "socket"> | Http2ServerRequest,
): ContextValues =>
  createContextValues()
    .set(remoteAddress, request.socket.remoteAddress ?? "")
    .set(callerCertificate, "stream" in request ? shownBy(request.stream) : undefined)
    .set(hangUp, () => {
      if ("stream" in request) destroySoon(request.stream)
    })

const isSecure = (server: Http2Server | Http2SecureServer): server is Http2SecureServer =>
  "setSecureContext" in server

const contextOf = ({
  certificate,
  key,
  clientAuthority,
}: Pick<ServerTls, "certificate" | "key" | "clientAuthority">) => ({
  cert: certificate,
  key,
  ...(clientAuthority === undefined ? {} : { ca: clientAuthority }),
})

function shownBy({ session }: Http2ServerRequest["stream"]): CallerCertificate | undefined {
  const socket = session?.socket
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const names = socket.getPeerCertificate().subjectaltname ?? ""
  return {
    uris: names
      .split(", ")
      .flatMap((name) => (name.startsWith("URI:") ? [name.slice("URI:".length)] : [])),
  }
}

function headersOf({ headers }: Http2ServerRequest): Headers {
  const found = new Headers()
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(":") && value !== undefined) found.set(name, String(value))
  return found
}

/**
 * A caller that was answered has nothing more to say. One that goes on all the same, or was refused in the
 * middle of its message, would keep its stream open for ever.
 */
function endWithAnswer({ stream }: Http2ServerRequest): void {
  stream.once("finish", () => destroySoon(stream))
}

function destroySoon(stream: Http2ServerRequest["stream"]): void {
  setTimeout(() => {
    if (!stream.destroyed) stream.destroy()
  }, lingerFor).unref()
}

function portOf(server: Http2Server | Http2SecureServer): number {
  const address: AddressInfo | string | null = server.address()
  assert(typeof address === "object" && address !== null, "a TCP server has an address")
  return address.port
}

function watchSession(
  session: ServerHttp2Session,
  sessions: Set<ServerHttp2Session>,
  sessionsMax: number,
  pingEvery: Millis,
): void {
  session.on("error", () => {})
  if (sessions.size >= sessionsMax) {
    session.destroy()
    return
  }
  sessions.add(session)
  let waiting = false
  const ping = setInterval(() => {
    if (waiting || session.destroyed) return session.destroy()
    waiting = true
    session.ping(() => {
      waiting = false
    })
  }, pingEvery)
  ping.unref()
  session.once("close", () => {
    clearInterval(ping)
    sessions.delete(session)
  })
}

async function close(
  server: Http2Server | Http2SecureServer,
  sessions: Set<ServerHttp2Session>,
): Promise<void> {
  const closed = once(server, "close")
  server.close()
  for (const session of sessions) session.close()
  const hard = setTimeout(() => {
    for (const session of sessions) session.destroy()
  }, closeWithin)
  await closed
  clearTimeout(hard)
}
