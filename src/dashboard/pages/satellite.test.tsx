import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { cascadeOf } from "../../../test/e2e/dashboard/cascade.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const [first] = fleet.satellites
const waiting = fleet.satellites.find(({ state }) => state === "pending")
if (first === undefined || waiting === undefined)
  throw new Error("the example fleet has satellites")
const satellite = first
const pending = waiting

test("an edit that somebody else outran shows their change and keeps what was typed", async () => {
  let current = satellite
  const sent: unknown[] = []
  openDashboard(`/satellites/${satellite.id}`, {
    [`GET /satellites/${satellite.id}`]: () => ({ status: 200, body: current }),
    [`PATCH /satellites/${satellite.id}`]: ({ body }) => {
      sent.push(body)
      return sent.length === 1
        ? problem(409, "VERSION_CONFLICT", "somebody else changed this satellite")
        : { status: 200, body: { ...current, name: "leipzig-north", version: 9 } }
    },
  })
  await userEvent.click(await screen.findByRole("button", { name: "Edit name and labels" }))
  const name = screen.getByLabelText("Name")
  await userEvent.clear(name)
  await userEvent.type(name, "leipzig-north")
  current = { ...satellite, labels: { ...satellite.labels, region: "south" }, version: 8 }
  await userEvent.click(screen.getByRole("button", { name: "Save" }))
  expect(await screen.findByText("label region is now south, it was central")).toBeDefined()
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("leipzig-north")
  await userEvent.click(screen.getByRole("button", { name: "Save mine" }))
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull())
  expect(sent).toMatchObject([
    { version: satellite.version },
    { version: 8, name: "leipzig-north" },
  ])
})

test("labels that central would refuse are refused at their row before anything is sent", async () => {
  const { calls } = openDashboard(`/satellites/${pending.id}`, {
    [`GET /satellites/${pending.id}`]: () => ({ status: 200, body: pending }),
  })
  await userEvent.click(await screen.findByRole("button", { name: `Approve ${pending.name}` }))
  await userEvent.click(screen.getByRole("button", { name: "Add label" }))
  await userEvent.type(screen.getByLabelText("Name of label 2"), "-region")
  await userEvent.type(screen.getByLabelText("Value of label 2"), "north")
  await userEvent.click(screen.getByRole("button", { name: "Approve" }))
  expect(screen.getByText(/^Name: letters, digits/)).toBeDefined()
  expect(calls).not.toContain(`POST /satellites/${pending.id}/approve`)
})

test("a session that ends asks for the password over the page and loses nothing", async () => {
  openDashboard(`/satellites/${pending.id}`, {
    [`GET /satellites/${pending.id}`]: () => ({ status: 200, body: pending }),
    [`POST /satellites/${pending.id}/approve`]: () =>
      problem(401, "NOT_SIGNED_IN", "sign in first"),
    "POST /session": () => ({
      status: 200,
      body: {
        personId: "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b222",
        hasPassword: true,
        user: "admin",
        role: "admin",
        scope: [],
        expiresAt: "2099-01-01T00:00:00Z",
      },
    }),
  })
  await userEvent.click(await screen.findByRole("button", { name: `Approve ${pending.name}` }))
  await userEvent.clear(screen.getByLabelText("Name"))
  await userEvent.type(screen.getByLabelText("Name"), "porto-new")
  await userEvent.click(screen.getByRole("button", { name: "Approve" }))
  expect(await screen.findByRole("dialog", { name: "Your session has ended" })).toBeDefined()
  await userEvent.type(screen.getByLabelText("Password"), "secret")
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }))
  await waitFor(() =>
    expect(screen.queryByRole("dialog", { name: "Your session has ended" })).toBeNull(),
  )
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("porto-new")
})

test("a label that ends a rule's match says what is deleted, and saves only what a person confirmed", async () => {
  const [doomed] = fleet.clusters
  const sent: unknown[] = []
  const would = (fate: "create" | "delete") => ({
    status: 200,
    body: cascadeOf(fate, [
      {
        clusterId: fate === "delete" ? (doomed?.id ?? null) : null,
        namespace: "databases",
        name: "orders",
        satelliteId: satellite.id,
        satelliteName: satellite.name,
        ruleName: "everywhere",
      },
    ]),
  })
  openDashboard(`/satellites/${satellite.id}`, {
    [`GET /satellites/${satellite.id}`]: () => ({ status: 200, body: satellite }),
    [`POST /satellites/${satellite.id}/preview`]: ({ body }) =>
      would(JSON.stringify(body).includes("elsewhere") ? "delete" : "create"),
    [`PATCH /satellites/${satellite.id}`]: ({ body }) => {
      sent.push(body)
      return { status: 200, body: { ...satellite, version: 9 } }
    },
  })
  await userEvent.click(await screen.findByRole("button", { name: "Edit name and labels" }))
  const dialog = within(screen.getByRole("dialog"))
  expect(await dialog.findByText("Made")).toBeDefined()
  const value = dialog.getByLabelText("Value of label 1")
  await userEvent.clear(value)
  await userEvent.type(value, "elsewhere")
  const confirm = await dialog.findByRole("checkbox", { name: "Delete 1 cluster with all data" })
  expect(dialog.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true)
  await userEvent.click(confirm)
  await userEvent.click(dialog.getByRole("button", { name: "Save" }))
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull())
  expect(sent).toMatchObject([{ confirmedDeletes: [doomed?.id] }])
})
