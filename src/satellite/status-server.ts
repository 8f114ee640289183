/** /healthz, /readyz, /status and /metrics for Kubernetes and Prometheus. Tells nothing that is secret. */
import { once } from "node:events"
import { type IncomingMessage, type ServerResponse, createServer } from "node:http"
import type { Registry } from "prom-client"
import { assert } from "#core/assert.ts"
import { seconds } from "#core/units.ts"
import type { HostPort } from "#io/config.ts"

export type StatusOptions = {
  readonly listen: HostPort
  readonly metrics: Registry
  /** Undefined when ready; why not otherwise. */
  readonly notReady: () => string | undefined
  /** Undefined while connected to central; why not otherwise. The site does its work without. */
  readonly centralTrouble: () => string | undefined
}

export type StatusServer = AsyncDisposable & { readonly address: HostPort }

export async function openStatusServer(options: StatusOptions): Promise<StatusServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((failure: unknown) => {
      response.writeHead(500).end(String(failure))
    })
  })
  server.requestTimeout = seconds(10)
  server.headersTimeout = seconds(5)
  server.listen(options.listen.port, options.listen.host)
  await once(server, "listening")
  const address = server.address()
  assert(typeof address === "object" && address !== null, "a TCP server has an address")
  return {
    address: { host: options.listen.host, port: address.port },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  { metrics, notReady, centralTrouble }: StatusOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = (status: number, body: string, type = "text/plain; charset=utf-8"): void => {
    response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body)
  }
  if (request.method !== "GET" && request.method !== "HEAD") return text(405, "only GET\n")
  switch (request.url) {
    case "/healthz":
      return text(200, "ok\n")
    case "/readyz": {
      const why = notReady()
      return why === undefined ? text(200, "ready\n") : text(503, `${why}\n`)
    }
    case "/status": {
      const [reason, trouble] = [notReady(), centralTrouble()]
      const status = {
        ready: reason === undefined,
        reason,
        central: { connected: trouble === undefined, trouble },
      }
      return text(200, `${JSON.stringify(status)}\n`, "application/json")
    }
    case "/metrics":
      return text(200, await metrics.metrics(), metrics.contentType)
    case undefined:
    default:
      return text(404, "there are /healthz, /readyz, /status and /metrics\n")
  }
}
