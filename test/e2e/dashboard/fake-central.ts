/**
 * A stand-in for central, for looking at the dashboard and for its browser tests: it answers by the same
 * route table, refuses what the table's schemas refuse, and checks its own answers against them.
 */
import { randomBytes, randomUUID } from "node:crypto"
import { readFile } from "node:fs/promises"
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { extname, join, normalize } from "node:path"
import { type WebSocket, WebSocketServer } from "ws"
import { type TailMessage, tailMessageSchema } from "#wire/log-tail-live.ts"
import { type LiveMessage, liveMessageSchema } from "#wire/live.ts"
import { type Route, type RouteName, routes } from "#wire/rest/routes.ts"
import { FakeRefusal, type Handlers } from "./fake-answers.ts"
import { createHandlers } from "./fake-handlers.ts"
import type { FakeFleet } from "./fleet.ts"

const password = "correct horse"
const policy =
  "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; form-action 'self'"

export type FakeCentral = {
  readonly url: string
  readonly password: string
  readonly fleet: FakeFleet
  readonly push: (message: LiveMessage) => void
  /** To everybody who follows a log whose address has this in it; answers how many do. */
  readonly write: (path: string, message: TailMessage) => number
  /** Ends every session, as a restart with an empty store would. */
  readonly endSessions: () => void
  /** Cuts every WebSocket and refuses new ones, and REST too, until `back`. */
  readonly away: () => void
  readonly back: () => void
  /** The next call of this route is refused so. */
  readonly refuseNext: (name: RouteName, status: number, code: string, detail: string) => void
  readonly close: () => Promise<void>
}

export async function fakeCentral(
  fleet: FakeFleet,
  dashboard: string,
  port = 0,
): Promise<FakeCentral> {
  const sessions = new Set<string>()
  const refusals = new Map<RouteName, FakeRefusal>()
  const live = new WebSocketServer({ noServer: true })
  const logs = new WebSocketServer({ noServer: true })
  const followers = new Map<WebSocket, string>()
  let present = true
  let wrong = 0
  const push = (message: LiveMessage): void => {
    const text = JSON.stringify(liveMessageSchema.parse(message))
    for (const client of live.clients) client.send(text)
  }
  const handlers = createHandlers(fleet, push)
  const signedIn = (request: IncomingMessage): boolean =>
    sessions.has(/fake_session=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "")

  const server = createServer((request, response) => {
    if (!present) {
      request.socket.destroy()
      return
    }
    void answer(request, response)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID()
    try {
      const url = new URL(request.url ?? "/", "http://fake")
      if (!url.pathname.startsWith("/api/v1/"))
        return await serveFile(dashboard, url.pathname, response)
      const found = findRoute(request.method ?? "GET", url.pathname.slice("/api/v1".length))
      if (found === undefined) throw new FakeRefusal(404, "NOT_FOUND", "no such route")
      const { name, route, params } = found
      if (route.access !== "anyone" && !signedIn(request)) {
        throw new FakeRefusal(401, "NOT_SIGNED_IN", "sign in first")
      }
      const refusal = refusals.get(name)
      refusals.delete(name)
      if (refusal !== undefined) throw refusal
      const body = await readBody(request)
      if (name === "signIn") {
        const good = isPassword(body)
        wrong = good ? 0 : wrong + 1
        if (wrong >= 5) throw new FakeRefusal(429, "TOO_MANY_TRIES", "too many tries")
        if (!good) throw new FakeRefusal(401, "WRONG_PASSWORD", "user or password is wrong")
      }
      const result = callHandler(handlers, name, {
        params: checked(route.params, params, "params"),
        query: checked(route.query, Object.fromEntries(url.searchParams), "query"),
        body: checked(route.body, body, "body"),
      })
      if (name === "signIn") {
        const session = randomBytes(12).toString("hex")
        sessions.add(session)
        response.setHeader(
          "set-cookie",
          `fake_session=${session}; Path=/; HttpOnly; SameSite=Strict`,
        )
      }
      if (name === "signOut") sessions.clear()
      send(
        response,
        route.status,
        route.answer === undefined ? undefined : route.answer.parse(result),
      )
    } catch (error) {
      const refusal =
        error instanceof FakeRefusal ? error : new FakeRefusal(500, "BROKEN", String(error))
      if (refusal.status === 429) response.setHeader("retry-after", "30")
      send(response, refusal.status, {
        type: "about:blank",
        title: refusal.code,
        status: refusal.status,
        detail: refusal.message,
        code: refusal.code,
        requestId,
        ...(refusal.problems === undefined ? {} : { problems: refusal.problems }),
      })
    }
  }

  server.on("upgrade", (request, socket, head) => {
    if (!present || !signedIn(request)) {
      socket.destroy()
      return
    }
    const path = request.url ?? ""
    if (/\/log\?/.test(path)) {
      logs.handleUpgrade(request, socket, head, (client) => {
        followers.set(client, path)
        client.on("close", () => followers.delete(client))
      })
      return
    }
    live.handleUpgrade(request, socket, head, (client) => {
      client.send(
        JSON.stringify({ kind: "hello", serverTime: new Date().toISOString(), version: "0.1.0" }),
      )
    })
  })
  const pulse = setInterval(
    () => push({ kind: "pulse", serverTime: new Date().toISOString() }),
    15_000,
  )
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done))
  // A listening TCP server has an address of this kind.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    password,
    fleet,
    push,
    write: (path, message) => {
      const text = JSON.stringify(tailMessageSchema.parse(message))
      const those = [...followers].filter(([, address]) => address.includes(path))
      for (const [client] of those) client.send(text)
      return those.length
    },
    endSessions: () => {
      sessions.clear()
      for (const client of live.clients) client.terminate()
    },
    away: () => {
      present = false
      for (const client of live.clients) client.terminate()
    },
    back: () => {
      present = true
    },
    refuseNext: (name, status, code, detail) =>
      refusals.set(name, new FakeRefusal(status, code, detail)),
    close: async () => {
      clearInterval(pulse)
      for (const client of [...live.clients, ...logs.clients]) client.terminate()
      await closed(server)
    },
  }
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })
}

const isPassword = (body: unknown): boolean =>
  typeof body === "object" && body !== null && "password" in body && body.password === password

type Found = {
  readonly name: RouteName
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

function findRoute(method: string, path: string): Found | undefined {
  const parts = path.split("/")
  // The keys of the table are the names of its routes.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
    const wanted = route.path.split("/")
    if (route.method !== method || wanted.length !== parts.length) continue
    const params: Record<string, string> = {}
    const fits = wanted.every((part, place) => {
      const given = parts[place] ?? ""
      if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(given)
      return part.startsWith(":") || part === given
    })
    if (fits) return { name, route, params }
  }
  return undefined
}

function checked(schema: Route["body"], value: unknown, part: string): unknown {
  if (schema === undefined) return undefined
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new FakeRefusal(
    400,
    "INVALID",
    "the request is not valid",
    parsed.error.issues.map((issue) => ({
      field: [part, ...issue.path].join("."),
      problem: issue.message,
    })),
  )
}

function callHandler(handlers: Handlers, name: RouteName, received: unknown): unknown {
  const asked: Partial<Readonly<Record<RouteName, unknown>>> = handlers
  const handler = asked[name]
  if (typeof handler !== "function")
    throw new FakeRefusal(404, "NOT_FOUND", "no screen asks for this")
  // The pieces were parsed by the schemas that the handler's type is made from.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (handler as (received: unknown) => unknown)(received)
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = ""
  for await (const chunk of request) text += String(chunk)
  return text === "" ? undefined : JSON.parse(text)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status
  response.setHeader(
    "content-type",
    status >= 400 ? "application/problem+json" : "application/json",
  )
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
}

async function serveFile(folder: string, path: string, response: ServerResponse): Promise<void> {
  const wanted = extname(path) === "" ? "/index.html" : normalize(path)
  response.setHeader("content-security-policy", policy)
  try {
    const bytes = await readFile(join(folder, wanted))
    response.setHeader("content-type", types[extname(wanted)] ?? "application/octet-stream")
    response.end(bytes)
  } catch {
    response.statusCode = 404
    response.end("not found")
  }
}
