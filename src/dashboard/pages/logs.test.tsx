import { act, screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { afterEach, expect, test, vi } from "vitest"
import type { TailMessage } from "#wire/log-tail-live.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { openDashboard } from "../test-app.tsx"

const fleet = exampleFleet()
const foundCluster = fleet.clusters.find(({ name }) => name === "telemetry")
const [foundSatellite] = fleet.satellites
if (foundCluster === undefined || foundSatellite === undefined)
  throw new Error("the example fleet has both")
const cluster = foundCluster
const satellite = foundSatellite

/** Sockets of logs, whose other end is the test. */
class LogSocket extends EventTarget {
  static opened: LogSocket[] = []
  readonly path: string
  isClosed = false
  constructor(address: string) {
    super()
    this.path = address.replace(/^ws:\/\/[^/]+\/api\/v1/, "")
    LogSocket.opened.push(this)
  }
  hear(message: TailMessage): void {
    act(() => {
      this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }))
    })
  }
  end(code: number): void {
    act(() => {
      this.dispatchEvent(new CloseEvent("close", { code }))
    })
  }
  close(): void {
    this.isClosed = true
  }
}
const socket = (): LogSocket => {
  const last = LogSocket.opened.at(-1)
  if (last === undefined) throw new Error("no log was asked for")
  return last
}
const open = (address: string, more: Parameters<typeof openDashboard>[1] = {}) => {
  LogSocket.opened = []
  vi.stubGlobal("WebSocket", LogSocket)
  return openDashboard(address, {
    [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: cluster }),
    [`GET /satellites/${satellite.id}`]: () => ({ status: 200, body: satellite }),
    ...more,
  })
}
afterEach(() => vi.unstubAllGlobals())

const lines = (texts: readonly string[], dropped = 0): TailMessage => ({
  dropped,
  lines: texts.map((text) => ({
    at: "2026-01-01T10:20:30.456Z",
    level: "warn",
    text,
    cut: false,
  })),
  standing: { kind: "following" },
})

test("lines of a satellite come as they are written, with what was left out, and can be held and searched", async () => {
  open(`/satellites/${satellite.id}/logs`)
  const log = await screen.findByRole("region", { name: `Log of ${satellite.name}` })
  expect(socket().path).toBe(`/satellites/${satellite.id}/log?`)
  expect(screen.getByRole("status", { name: "This log: Connecting" })).toBeDefined()
  socket().hear(lines(['{"level":"warn","event":"central.lost","why":"silence"}', "other"]))
  expect(screen.getByRole("status", { name: "This log: Live" })).toBeDefined()
  expect(within(log).getByText("central.lost")).toBeDefined()
  expect(within(log).getByText("why=silence")).toBeDefined()
  socket().hear(lines(["third"], 12))
  expect(within(log).getByText("12 lines left out here")).toBeDefined()
  await userEvent.click(screen.getByRole("button", { name: "Pause" }))
  socket().hear(lines(["fourth"]))
  expect(within(log).queryByText("fourth")).toBeNull()
  expect(screen.getByText("1 newer line")).toBeDefined()
  await userEvent.click(screen.getByRole("button", { name: "Resume" }))
  expect(within(log).getByText("fourth")).toBeDefined()
  await userEvent.type(
    screen.getByRole("searchbox", { name: "Search in what is shown" }),
    "CENTRAL",
  )
  await waitFor(() => expect(within(log).queryByText("fourth")).toBeNull())
  expect(within(log).getByText("central.lost")).toBeDefined()
})

test("how a tail stands is said, and an ended one can be followed again", async () => {
  open(`/clusters/${cluster.id}/logs?pod=telemetry-1&container=failover`)
  await screen.findByRole("region", { name: "Log of telemetry-1 failover" })
  expect(socket().path).toBe(`/clusters/${cluster.id}/members/telemetry-1/log?container=failover`)
  socket().hear({
    ...lines([]),
    standing: { kind: "waiting", why: "telemetry-1 has not started yet" },
  })
  expect(screen.getByText("telemetry-1 has not started yet")).toBeDefined()
  socket().hear({
    ...lines([]),
    standing: { kind: "ended", end: "offline", why: "plant-leipzig is not connected" },
  })
  const alert = screen.getByRole("alert")
  expect(within(alert).getByText(/The site is not connected/)).toBeDefined()
  const first = socket()
  first.end(1000)
  expect(within(alert).getByText(/plant-leipzig is not connected/)).toBeDefined()
  await userEvent.click(screen.getByRole("button", { name: "Follow again" }))
  expect(socket()).not.toBe(first)
  expect(screen.getByRole("status", { name: "This log: Connecting" })).toBeDefined()
  socket().end(1006)
  expect(screen.getByText(/the line to central broke off/)).toBeDefined()
})

test("another member or level is another tail: the one before ends, and its lines are gone", async () => {
  open(`/clusters/${cluster.id}/logs?pod=telemetry-1`)
  await screen.findByRole("region", { name: "Log of telemetry-1 postgres" })
  const first = socket()
  first.hear(lines(["of the first"]))
  await userEvent.click(screen.getByRole("button", { name: /Level$/ }))
  await userEvent.click(await screen.findByRole("option", { name: "error" }))
  await waitFor(() => expect(socket().path).toMatch(/level=error/))
  expect(first.isClosed).toBe(true)
  expect(screen.queryByText("of the first")).toBeNull()
  first.hear(lines(["too late"]))
  expect(screen.queryByText("too late")).toBeNull()
})

test("who may not follow logs is told why, and nothing is asked of the site", async () => {
  open(`/satellites/${satellite.id}/logs`, {
    "GET /session": () => ({
      status: 200,
      body: {
        personId: "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b222",
        hasPassword: true,
        user: "anna",
        role: "viewer",
        scope: [],
        expiresAt: "2099-01-01T00:00:00Z",
      },
    }),
  })
  expect(await screen.findByText("You may not follow logs")).toBeDefined()
  expect(screen.getByText(/needs the role operator; yours is viewer/)).toBeDefined()
  expect(LogSocket.opened).toEqual([])
})
