import { screen, waitFor } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const satellite = fleet.satellites.find(
  ({ state, id }) =>
    state === "connected" && fleet.clusters.some(({ satelliteId }) => satelliteId === id),
)
const waiting = fleet.satellites.find(({ state }) => state === "pending")
if (satellite === undefined || waiting === undefined)
  throw new Error("the example fleet has satellites")
const here = satellite
const lost = {
  ...here,
  state: "lost" as const,
  identity: { ...here.identity, revokedAt: "2026-01-01T00:00:00Z", revokedWhy: "revoked by admin" },
}
const pending = waiting
const itsClusters = fleet.clusters.filter(({ satelliteId }) => satelliteId === here.id)
const clusters = () => ({ status: 200, body: { items: itsClusters, nextCursor: null } })

async function choose(deed: RegExp): Promise<void> {
  await userEvent.click(await screen.findByRole("button", { name: "Identity" }))
  await userEvent.click(await screen.findByRole("menuitem", { name: deed }))
}

test("revoking says what goes on, sends the reason, and the page says so", async () => {
  const sent: unknown[] = []
  openDashboard(`/satellites/${here.id}`, {
    [`GET /satellites/${here.id}`]: () => ({ status: 200, body: here }),
    [`POST /satellites/${here.id}/revoke`]: ({ body }) => {
      sent.push(body)
      return { status: 200, body: lost }
    },
  })
  await choose(/^Revoke/)
  expect(screen.getByText(/fail over by themselves/)).toBeDefined()
  await userEvent.type(screen.getByLabelText("Reason"), "stolen")
  await userEvent.click(screen.getByRole("button", { name: "Revoke identity" }))
  await waitFor(() => expect(screen.queryByRole("alertdialog", { name: /^Revoke/ })).toBeNull())
  expect(sent).toEqual([{ reason: "stolen" }])
  expect(await screen.findByText(/Its identity was revoked by admin/)).toBeDefined()
})

test("a satellite that is connected cannot be replaced", async () => {
  openDashboard(`/satellites/${here.id}`, {
    [`GET /satellites/${here.id}`]: () => ({ status: 200, body: here }),
  })
  await userEvent.click(await screen.findByRole("button", { name: "Identity" }))
  expect(screen.queryByRole("menuitem", { name: /^Replace/ })).toBeNull()
})

test("one that is not connected takes another in its place, with every cluster named", async () => {
  const sent: unknown[] = []
  openDashboard(`/satellites/${here.id}`, {
    [`GET /satellites/${here.id}`]: () => ({ status: 200, body: lost }),
    "GET /satellites": () => ({ status: 200, body: { items: [pending], nextCursor: null } }),
    "GET /clusters": clusters,
    [`POST /satellites/${here.id}/replace`]: ({ body }) => {
      sent.push(body)
      return { status: 200, body: here }
    },
  })
  await choose(/^Replace/)
  const replace = screen.getByRole<HTMLButtonElement>("button", { name: "Replace satellite" })
  await userEvent.click(await screen.findByRole("button", { name: /takes over/ }))
  await userEvent.click(await screen.findByRole("option", { name: pending.name }))
  expect(replace.disabled).toBe(true)
  await userEvent.click(await screen.findByLabelText("They may begin empty"))
  await userEvent.click(replace)
  await waitFor(() =>
    expect(sent).toEqual([{ by: pending.id, movedClusters: itsClusters.map(({ id }) => id) }]),
  )
})

test("decommissioning wants the name typed, and shows a refusal with every cluster", async () => {
  openDashboard(`/satellites/${here.id}`, {
    [`GET /satellites/${here.id}`]: () => ({ status: 200, body: here }),
    "GET /clusters": clusters,
    [`POST /satellites/${here.id}/decommission`]: () =>
      problem(409, "CLUSTERS_LEFT", "the satellite still has clusters"),
  })
  await choose(/^Decommission/)
  const button = await screen.findByRole<HTMLButtonElement>("button", {
    name: "Abandon clusters and decommission",
  })
  expect(button.disabled).toBe(true)
  await userEvent.type(screen.getByLabelText(`Type ${here.name} to confirm`), here.name)
  await userEvent.click(button)
  expect(await screen.findByText(/still has clusters/)).toBeDefined()
})
