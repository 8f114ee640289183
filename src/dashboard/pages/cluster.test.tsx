import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { event, instance } from "../../../test/e2e/dashboard/fleet-parts.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const found = fleet.clusters.find(({ name }) => name === "telemetry")
if (found === undefined) throw new Error("the example fleet has a cluster telemetry")
const cluster = found

const open = (more: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/clusters/${cluster.id}`, {
    [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: cluster }),
    [`GET /clusters/${cluster.id}/role-changes`]: () => list([]),
    "GET /events": () => list([]),
    ...more,
  })

const row = (pod: string): HTMLElement => {
  const table = screen.getByRole("table", { name: "Instances" })
  const name = within(table).getByText(pod)
  const line = name.closest("tr")
  if (line === null) throw new Error(`${pod} stands in no row`)
  return line
}

test("a failover is seen as it happens: state, roles, term and event, without a reload", async () => {
  const { hello, socket } = open()
  expect(await screen.findByRole("heading", { name: /^telemetry/ })).toBeDefined()
  hello()
  expect(within(row("telemetry-2")).getByText("Primary")).toBeDefined()
  socket().hear({
    kind: "cluster",
    cluster: {
      ...cluster,
      state: "failing-over",
      reason: "The postmaster of telemetry-2 has exited.",
      primary: null,
      instances: cluster.instances.map((each) =>
        each.role === "primary"
          ? { ...each, role: "unknown" as const, phase: "stopped" as const, ready: false }
          : each,
      ),
    },
  })
  expect(await screen.findByText("Failing over")).toBeDefined()
  expect(within(row("telemetry-2")).getByText("Stopped")).toBeDefined()
  socket().hear({
    kind: "cluster",
    cluster: {
      ...cluster,
      primary: "telemetry-0",
      term: 5,
      instances: [
        instance("telemetry-0", "primary"),
        instance("telemetry-1", "replica"),
        instance("telemetry-2", "replica", { phase: "rewinding", ready: false }),
      ],
    },
  })
  socket().hear({
    kind: "events",
    events: [
      event(0, "info", "failover.completed", "telemetry-0 is primary in term 5.", {
        cluster,
        pod: "telemetry-0",
      }),
    ],
  })
  await waitFor(() => expect(within(row("telemetry-0")).getByText("Primary")).toBeDefined())
  expect(within(row("telemetry-2")).getByText("Rewinding")).toBeDefined()
  expect(await screen.findByText("telemetry-0 is primary in term 5.")).toBeDefined()
  expect(screen.getByText("Term").parentElement?.textContent).toBe("Term5")
})

test("what is not known is a dash with words, never a zero", async () => {
  open({
    [`GET /clusters/${cluster.id}`]: () => ({
      status: 200,
      body: {
        ...cluster,
        instances: [
          instance("telemetry-0", "unknown", {
            connectionsUsed: null,
            timeline: null,
            lagBytes: null,
            lagSeconds: null,
          }),
        ],
      },
    }),
  })
  await screen.findByRole("table", { name: "Instances" })
  expect(within(row("telemetry-0")).getAllByText("not known").length).toBeGreaterThanOrEqual(3)
  expect(within(row("telemetry-0")).queryByText("0 B")).toBeNull()
})

test("deleting asks for the name and does nothing with another one", async () => {
  const { calls } = open({
    [`DELETE /clusters/${cluster.id}`]: () => ({
      status: 202,
      body: { ...cluster, state: "deleting" },
    }),
  })
  await userEvent.click(await screen.findByRole("button", { name: "Delete" }))
  const confirm = screen.getByRole("button", { name: "Delete cluster and data" })
  await userEvent.type(screen.getByLabelText("Type telemetry to confirm"), "telemetr")
  expect(confirm.hasAttribute("disabled")).toBe(true)
  expect(calls.filter((name) => name.startsWith("DELETE"))).toEqual([])
  await userEvent.type(screen.getByLabelText("Type telemetry to confirm"), "y")
  await userEvent.click(confirm)
  expect(await screen.findByText("Deleting")).toBeDefined()
  expect(calls.filter((name) => name.startsWith("DELETE"))).toHaveLength(1)
})

test("a failed load says why, with the request's id, and can be tried again", async () => {
  const { answers } = open({
    [`GET /clusters/${cluster.id}`]: () => problem(500, "BROKEN", "the database is away"),
  })
  const alert = (await screen.findByText("The cluster could not be loaded")).closest("[role=alert]")
  expect(alert?.textContent).toMatch(/the database is away.*request-1/)
  answers[`GET /clusters/${cluster.id}`] = () => ({ status: 200, body: cluster })
  await userEvent.click(screen.getByRole("button", { name: "Try again" }))
  expect(await screen.findByRole("heading", { name: /^telemetry/ })).toBeDefined()
})

test("a cluster that does not exist is a page that does not exist", async () => {
  open({ [`GET /clusters/${cluster.id}`]: () => problem(404, "NOT_FOUND", "no") })
  expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeDefined()
})

test("a cluster that goes while it is looked at is gone from the page", async () => {
  const { answers, hello, socket } = open()
  expect(await screen.findByRole("heading", { name: /^telemetry/ })).toBeDefined()
  hello()
  answers[`GET /clusters/${cluster.id}`] = () => problem(404, "NOT_FOUND", "no")
  socket().hear({ kind: "cluster-gone", id: cluster.id })
  expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeDefined()
})

test("a primary and a term that are too old to be the present do not look like it", async () => {
  const old = { ...cluster, observedAt: new Date(Date.now() - 3_600_000).toISOString() }
  open({ [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: old }) })
  const term = (await screen.findByText("Term")).parentElement
  expect(term?.querySelector(".stale")?.textContent).toBe("4")
  const primary = screen.getByText("Primary", { selector: "dt" }).parentElement
  expect(primary?.querySelector(".stale")?.textContent).toBe("telemetry-2")
})

const halted = (state: "blocked" | "failed" | "applying", reason: string) => ({
  ...cluster,
  change: {
    version: cluster.desiredVersion,
    state,
    strategy: "sequential-restart" as const,
    steps: [
      {
        pod: "telemetry-2",
        action: "restart" as const,
        state: "done" as const,
        detail: null,
        at: cluster.createdAt,
      },
    ],
    reason,
    pendingRestart: ["shared_buffers"],
    startedAt: cluster.createdAt,
    endedAt: null,
  },
})
const withChange = (...of: Parameters<typeof halted>) =>
  open({ [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: halted(...of) }) })

test("a change that is blocked has its state, what it waits for, and what to do", async () => {
  withChange(
    "blocked",
    "telemetry-1 did not say yet what is in force there: its sidecar may be older. If it stays so, delete the pod",
  )
  const part = await screen.findByRole("region", { name: "Version 2 of the configuration" })
  expect(within(part).getByText("Blocked")).toBeDefined()
  expect(within(part).getByRole("alert").textContent).toMatch(/may be older\.$/)
  const todo = within(part)
    .getAllByRole("listitem")
    .map((item) => item.textContent)
  expect(todo[0]).toBe("If it stays so, delete the pod.")
  expect(todo[1]).toMatch(/goes on by itself/)
  expect(part.textContent).toMatch(/restart telemetry-2\..*shared_buffers/)
  expect(screen.getByText("v2 blocked")).toBeDefined()
})

test("a version that the site gave up says so in PostgreSQL's words", async () => {
  withChange("failed", "telemetry-0 refuses timezone: 'Mars': invalid value")
  const part = await screen.findByRole("region", { name: "Version 2 of the configuration" })
  expect(within(part).getByText("Given up")).toBeDefined()
  expect(within(part).getByRole("alert").textContent).toMatch(/refuses timezone/)
  expect(part.textContent).toMatch(/newer version/)
})

test("a change that goes on needs nobody", async () => {
  withChange("applying", "telemetry-1 restarts")
  expect(await screen.findByText("v2 applying")).toBeDefined()
  expect(screen.queryByRole("region", { name: /of the configuration/ })).toBeNull()
})
