import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const [profile] = fleet.profiles
if (profile === undefined) throw new Error("the example fleet has profiles")
const version = (specVersion: number, more: object = {}) => ({
  specVersion,
  actor: "ada",
  note: specVersion === 2 ? "month-end reports" : "",
  createdAt: profile.createdAt,
  clusterCount: specVersion,
  isNewest: specVersion === profile.specVersion,
  ...more,
})
const changes = [
  {
    field: "parameters.shared_buffers",
    from: "256MB",
    to: "512MB",
    effect: "restart",
    cause: "profile",
    why: "PostgreSQL reads it at start only",
  },
  {
    field: "hba",
    from: ["host a a 10.1.0.0/16 md5", "host b b 10.2.0.0/16 md5"],
    to: ["host a a 10.1.0.0/16 md5", "host c c 10.3.0.0/16 md5"],
    effect: "reload",
    cause: "profile",
    why: null,
  },
]

const open = (search: string, more: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/profiles/${profile.id}${search}`, {
    [`GET /profiles/${profile.id}`]: () => ({ status: 200, body: profile }),
    [`GET /profiles/${profile.id}/versions`]: () => list([version(2), version(1)]),
    [`GET /profiles/${profile.id}/diff`]: ({ query }) => ({
      status: 200,
      body: { from: Number(query.get("from")), to: Number(query.get("to")), changes },
    }),
    ...more,
  })

test("the history says who made each version and why, and an earlier one becomes the newest", async () => {
  const sent: unknown[] = []
  const { answers } = open("?tab=versions", {
    [`POST /profiles/${profile.id}/revert`]: ({ body }) => {
      sent.push(body)
      const saved = { status: 200, body: { ...profile, specVersion: 3, version: 4 } }
      answers[`GET /profiles/${profile.id}`] = () => saved
      return saved
    },
  })
  const table = await screen.findByRole("table", { name: "Versions" })
  expect(within(table).getByText("month-end reports")).toBeDefined()
  expect(within(table).queryByRole("button", { name: "Go back to version 2" })).toBeNull()
  await userEvent.click(within(table).getByRole("button", { name: "Go back to version 1" }))
  const dialog = await screen.findByRole("dialog", { name: "Go back to version 1?" })
  expect(await within(dialog).findByText("shared_buffers")).toBeDefined()
  await userEvent.click(within(dialog).getByRole("button", { name: "Make version 3" }))
  await waitFor(() => expect(sent).toEqual([{ version: profile.version, to: 1 }]))
  expect(await screen.findByText("version 3")).toBeDefined()
})

test("a difference names the field, both values and what it asks; of lines, those that come and go", async () => {
  open("?tab=compare&from=1&to=2")
  const found = await screen.findByRole("list", { name: "Changes" })
  expect(within(found).getByText("256MB")).toBeDefined()
  expect(within(found).getByText("PostgreSQL reads it at start only")).toBeDefined()
  expect(within(found).getByText("host b b 10.2.0.0/16 md5").textContent).toMatch(/removed: /)
  expect(within(found).getByText("host c c 10.3.0.0/16 md5").textContent).toMatch(/added: /)
  expect(within(found).queryByText(/10\.1\.0\.0/)).toBeNull()
})

test("the clusters are shown by the version they are on, with what the newest would ask of each", async () => {
  const [cluster] = fleet.clusters
  open("?tab=clusters", {
    [`POST /profiles/${profile.id}/versions/2/impact`]: () => ({
      status: 200,
      body: {
        specVersion: 2,
        clusterCount: 1,
        awayCount: 1,
        warnings: [],
        groups: [
          {
            fromVersion: 1,
            clusterCount: 1,
            awayCount: 1,
            impact: {
              strategy: "sequential-restart",
              summary: "3 members restart",
              scale: null,
              passes: [],
              changes,
            },
            clusters: [{ ...cluster, isAway: true }],
          },
        ],
      },
    }),
    [`GET /profiles/${profile.id}/cascade`]: () => ({
      status: 200,
      body: { to: 2, versions: [], rules: [{ ...fleet.rules[0], clusterCount: 2 }] },
    }),
  })
  expect(await screen.findByRole("heading", { name: "1 cluster on version 1" })).toBeDefined()
  expect(screen.getByText("Sequential restart")).toBeDefined()
  expect(
    screen.getByText("1 cluster, 1 on sites that are away and would owe the change"),
  ).toBeDefined()
  expect(screen.getByRole("link", { name: cluster?.name ?? "" })).toBeDefined()
  expect(await screen.findByRole("link", { name: "orders-on-plants" })).toBeDefined()
})

test("a clone whose name is taken says so and keeps what was typed", async () => {
  open("", {
    [`POST /profiles/${profile.id}/clone`]: () =>
      problem(409, "NAME_TAKEN", "there is a profile called till-small already"),
  })
  await userEvent.click(await screen.findByRole("button", { name: "Clone" }))
  const name = await screen.findByLabelText("Name of the new profile")
  await userEvent.type(name, "till-small")
  const dialog = screen.getByRole("dialog")
  await userEvent.click(within(dialog).getByRole("button", { name: "Clone" }))
  expect(await screen.findByText("there is a profile called till-small already")).toBeDefined()
  expect(name).toHaveProperty("value", "till-small")
})
