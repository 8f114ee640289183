/**
 * A gRPC client over HTTP/2, plain for `http:` and TLS for `https:`. HTTP/2 pings find a connection that
 * died silently behind a NAT; a call that meets one fails instead of hanging.
 */
import type { Transport } from "@connectrpc/connect"
import { Http2SessionManager, createGrpcTransport } from "@connectrpc/connect-node"
import { type Millis, seconds } from "#core/units.ts"

export type RpcClientOptions = {
  readonly url: string
  /** PEM of an authority to trust instead of the system's. */
  readonly authority: string | undefined
  /** The name that the server's certificate must carry, where it is not the host of the URL. */
  readonly serverName?: string
  /** PEM of our own certificate and key, where the server asks who we are. */
  readonly identity?: { readonly certificate: string; readonly key: string }
  readonly messageBytesMax: number
  readonly pingEvery?: Millis
}

export interface RpcClient extends Disposable {
  readonly transport: Transport
}

const pingAnswerWithin = seconds(10)

export function openRpcClient(options: RpcClientOptions): RpcClient {
  const tls = {
    ...(options.authority === undefined ? {} : { ca: options.authority }),
    ...(options.serverName === undefined ? {} : { servername: options.serverName }),
    ...(options.identity === undefined
      ? {}
      : { cert: options.identity.certificate, key: options.identity.key }),
  }
  const sessions = new Http2SessionManager(
    options.url,
    {
      pingIntervalMs: options.pingEvery ?? seconds(20),
      pingTimeoutMs: pingAnswerWithin,
      // Not on idle connections: after the last stream of a broken session the library would start
      // its timer again, and that ping throws where nobody can catch it.
      pingIdleConnection: false,
    },
    options.url.startsWith("https:") ? tls : {},
  )
  return {
    transport: createGrpcTransport({
      baseUrl: options.url,
      sessionManager: sessions,
      readMaxBytes: options.messageBytesMax,
      writeMaxBytes: options.messageBytesMax,
    }),
    [Symbol.dispose]: () => sessions.abort(),
  }
}
