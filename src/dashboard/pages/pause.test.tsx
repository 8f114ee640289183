import { screen, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import type { Cluster } from "#wire/rest/clusters.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard } from "../test-app.tsx"

const fleet = exampleFleet()
const found = fleet.clusters.find(({ name }) => name === "telemetry")
if (found === undefined) throw new Error("the example fleet has a cluster telemetry")
const cluster = found

const open = (change: Partial<Cluster>, more: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/clusters/${cluster.id}`, {
    [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: { ...cluster, ...change } }),
    [`GET /clusters/${cluster.id}/role-changes`]: () => list([]),
    "GET /operations": () => list([]),
    ...more,
  })

test("a cluster is paused with a reason, after what it means was said, and can then be resumed", async () => {
  const asked: unknown[] = []
  open(
    {},
    {
      [`POST /clusters/${cluster.id}/pause`]: ({ body }) => {
        asked.push(body)
        return { status: 200, body: { ...cluster, paused: true, state: "paused" } }
      },
    },
  )
  await userEvent.click(await screen.findByRole("button", { name: "Pause" }))
  const dialog = screen.getByRole("alertdialog", { name: "Pause telemetry?" })
  expect(dialog.textContent).toMatch(/Nobody else becomes primary by itself/)
  await userEvent.type(within(dialog).getByRole("textbox", { name: /Reason/ }), " new disks ")
  await userEvent.click(within(dialog).getByRole("button", { name: "Pause cluster" }))
  expect(await screen.findByRole("button", { name: "Resume" })).toBeDefined()
  expect(asked).toEqual([{ reason: "new disks" }])
})

test("who may only look is offered nothing that changes the cluster", async () => {
  open(
    {},
    {
      "GET /session": () => ({
        status: 200,
        body: {
          personId: "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b222",
          hasPassword: true,
          user: "ada",
          role: "viewer",
          scope: [],
          expiresAt: "2099-01-01T00:00:00Z",
        },
      }),
    },
  )
  await screen.findByRole("heading", { name: /telemetry/ })
  for (const name of ["Switchover", "Pause", "Protect", "Delete", "Emergency"])
    expect(screen.queryByRole("button", { name })).toBeNull()
})
