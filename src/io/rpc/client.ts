/**
 * A gRPC client transport over HTTP/2, plain or TLS, that notices a dead connection by itself: pings
 * while a call is open, and every call but a stream has a deadline.
 */
import { type Interceptor, type Transport } from "@connectrpc/connect"
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node"
import { checkServerIdentity } from "node:tls"
import { type Millis, seconds } from "#core/units.ts"

export type RpcClientOptions = {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string
  readonly tls?: {
    /** PEM of who may have signed the server's certificate; absent: the system's authorities. */
    readonly ca?: string
    /** Name that the server's certificate must carry, where it is not the one in the URL. */
    readonly serverName?: string
    /** Our own certificate and key, PEM, where the server asks for one. */
    readonly certificate?: string
    readonly key?: string
  }
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>
  readonly messageBytesMax: number
  /** Deadline of calls that name none. Streams do not end by it when it is undefined. */
  readonly callTimeout?: Millis
  readonly pingEvery?: Millis
  readonly pingTimeout?: Millis
}

export interface RpcClient extends Disposable {
  readonly transport: Transport
}

/** The transport connects with its first call, and again whenever a connection was lost. */
export function openRpcClient(options: RpcClientOptions): RpcClient {
  const sessions = new Http2SessionManager(
    options.url,
    {
      pingIntervalMs: options.pingEvery ?? seconds(10),
      pingTimeoutMs: options.pingTimeout ?? seconds(5),
      pingIdleConnection: false,
      idleConnectionTimeoutMs: seconds(60),
    },
    tlsOptions(options),
  )
  const transport = createGrpcTransport({
    baseUrl: options.url,
    sessionManager: sessions,
    readMaxBytes: options.messageBytesMax,
    writeMaxBytes: options.messageBytesMax,
    interceptors: [withHeaders(options.headers ?? {})],
    ...(options.callTimeout === undefined ? {} : { defaultTimeoutMs: options.callTimeout }),
  })
  return { transport, [Symbol.dispose]: () => sessions.abort() }
}

function tlsOptions({ url, tls }: RpcClientOptions) {
  if (!url.startsWith("https:") || tls === undefined) return undefined
  const { ca, serverName, certificate, key } = tls
  return {
    minVersion: "TLSv1.3" as const,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined
      ? {}
      : {
          servername: serverName,
          // Members and satellites are dialled by address; who they are is the name in the certificate.
          checkServerIdentity: (
            _host: string,
            certificateShown: Parameters<typeof checkServerIdentity>[1],
          ) => checkServerIdentity(serverName, certificateShown),
        }),
  }
}

const withHeaders =
  (headers: Readonly<Record<string, string>>): Interceptor =>
  (next) =>
  (request) => {
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value)
    return next(request)
  }
