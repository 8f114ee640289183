/** The whole dashboard in jsdom, over answers and a socket that the test holds in its hand. */
import { render } from "@testing-library/react"
import { vi } from "vitest"
import type { LiveMessage } from "#wire/live.ts"
import { createFleet } from "./api/fleet.ts"
import { App } from "./app.tsx"

type Answered = { readonly status: number; readonly body?: unknown }
/** By method and path without the query, e.g. `GET /clusters`. */
export type Answers = Record<
  string,
  (sent: {
    readonly query: URLSearchParams
    readonly body: unknown
    readonly idempotencyKey: string | undefined
  }) => Answered
>

export const problem = (
  status: number,
  code: string,
  detail: string,
  more: object = {},
): Answered => ({
  status,
  body: { type: "about:blank", title: code, status, code, detail, requestId: "request-1", ...more },
})

export const list = (items: readonly unknown[]): Answered => ({
  status: 200,
  body: { items, nextCursor: null },
})

export const session = {
  personId: "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b222",
  hasPassword: true,
  user: "admin",
  role: "admin",
  scope: [],
  expiresAt: "2099-01-01T00:00:00Z",
}
const ownLogLevel: Answered = { status: 200, body: { level: null, until: null } }
const nothing = Object.fromEntries(
  ["satellites", "clusters", "events", "operations", "profiles", "rules", "tokens"].map((name) => [
    `GET /${name}`,
    () => list([]),
  ]),
)
const noCounts = {
  satellites: { pending: 0, rejected: 0, offline: 0, connected: 0, late: 0, lost: 0 },
  clusters: {
    creating: 0,
    healthy: 0,
    degraded: 0,
    "failing-over": 0,
    unavailable: 0,
    paused: 0,
    deleting: 0,
    unknown: 0,
  },
  observedAt: "2026-01-01T00:00:00Z",
}

/** A socket whose other end is the test. */
class HeldSocket extends EventTarget {
  closed = false
  hear(message: LiveMessage): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }))
  }
  close(): void {
    if (this.closed) return
    this.closed = true
    this.dispatchEvent(new Event("close"))
  }
}

/** Opens the dashboard at an address. Answers given here come before the empty fleet's. */
export function openDashboard(address: string, given: Answers = {}) {
  const answers: Answers = {
    "GET /session": () => ({ status: 200, body: session }),
    "GET /overview": () => ({ status: 200, body: noCounts }),
    ...nothing,
    ...given,
  }
  const calls: string[] = []
  vi.stubGlobal("fetch", (address: string, init: RequestInit = {}) => {
    const url = new URL(address, "http://localhost")
    const name = `${init.method ?? "GET"} ${url.pathname.slice("/api/v1".length)}`
    calls.push(name)
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined
    const answer =
      answers[name]?.({
        query: url.searchParams,
        body,
        idempotencyKey: new Headers(init.headers).get("idempotency-key") ?? undefined,
      }) ?? (name.endsWith("/log-level") ? ownLogLevel : problem(404, "NOT_FOUND", "nothing here"))
    return Promise.resolve(
      new Response(answer.body === undefined ? null : JSON.stringify(answer.body), {
        status: answer.status,
      }),
    )
  })
  window.history.replaceState(null, "", address)
  const sockets: HeldSocket[] = []
  const fleet = createFleet(
    () => {
      const socket = new HeldSocket()
      sockets.push(socket)
      return socket
    },
    { retries: 0 },
  )
  render(<App fleet={fleet} />)
  return {
    answers,
    calls,
    fleet,
    socket: (): HeldSocket => {
      const last = sockets.at(-1)
      if (last === undefined) throw new Error("no socket was opened")
      return last
    },
    hello: (): void => {
      sockets
        .at(-1)
        ?.hear({ kind: "hello", serverTime: new Date().toISOString(), version: "0.1.0" })
    },
  }
}
