import { screen, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { database } from "../../../test/e2e/dashboard/database-examples.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const found = fleet.clusters.find(({ name }) => name === "telemetry")
if (found === undefined) throw new Error("the example fleet has a cluster telemetry")
const cluster = found
const path = `/clusters/${cluster.id}/databases`
const shop = database(cluster.id, "shop", { allowedCidrs: ["10.0.0.0/8"], sessions: 2 })

const open = (deeds: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/clusters/${cluster.id}`, {
    [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: cluster }),
    [`GET /clusters/${cluster.id}/role-changes`]: () => list([]),
    [`GET ${path}`]: () => list([shop]),
    ...deeds,
  })
const choose = async (deed: string): Promise<void> => {
  await userEvent.click(await screen.findByRole("button", { name: "Change shop" }))
  await userEvent.click(await screen.findByRole("menuitem", { name: new RegExp(deed) }))
}
/** Pasted: letter by letter takes its time. */
async function fill(name: string, text: string): Promise<void> {
  const field = screen.getByLabelText(name)
  await userEvent.clear(field)
  await userEvent.click(field)
  await userEvent.paste(text)
}

test("a new database says what is wrong before it is sent, and shows its password once", async () => {
  const sent: unknown[] = []
  open({
    [`GET ${path}`]: () => list([]),
    [`POST ${path}`]: ({ body }) => {
      sent.push(body)
      return { status: 201, body: { database: shop, password: "made-this-once" } }
    },
  })
  expect(await screen.findByText("No database was asked for yet")).toBeDefined()
  await userEvent.click(screen.getByRole("button", { name: "New database" }))
  await fill("Name", "postgres")
  await fill("Owner", "shop")
  await fill("May be reached from", "10.0.0.1/8")
  await userEvent.click(screen.getByRole("button", { name: "Make database" }))
  expect(await screen.findByText(/PostgreSQL's own/)).toBeDefined()
  expect(screen.getByText(/10\.0\.0\.0\/8 is the range/)).toBeDefined()
  expect(sent).toEqual([])
  await fill("Name", "shop")
  await fill("May be reached from", "10.0.0.0/8\n::/0")
  await userEvent.click(screen.getByRole("button", { name: "Make database" }))
  expect((await screen.findByTestId("password")).textContent).toBe("made-this-once")
  expect(sent).toEqual([
    { name: "shop", owner: "shop", allowedCidrs: ["10.0.0.0/8", "::/0"], endSessions: true },
  ])
  await userEvent.click(screen.getByRole("button", { name: "I have copied it" }))
  expect(screen.queryByText("made-this-once")).toBeNull()
})

test("a new owner has a password asked for; somebody else's change is shown and typing is kept", async () => {
  const sent: unknown[] = []
  const theirs = { ...shop, owner: "somebody", version: 2 }
  open({
    [`GET ${path}/${shop.id}`]: () => ({ status: 200, body: theirs }),
    [`PATCH ${path}/${shop.id}`]: ({ body }) => {
      sent.push(body)
      return sent.length === 1
        ? problem(409, "VERSION_CONFLICT", "the database was changed meanwhile")
        : { status: 200, body: { database: theirs, password: null } }
    },
  })
  await choose("Edit owner")
  expect(screen.queryByLabelText("Password of the owner")).toBeNull()
  await fill("Owner", "till")
  await fill("Password of the owner", "till's own one")
  await userEvent.click(screen.getByRole("button", { name: "Save" }))
  const notice = await screen.findByRole("alert")
  expect(notice.textContent).toMatch(/owned by somebody/)
  await userEvent.click(screen.getByRole("button", { name: "Save mine" }))
  expect(await screen.findByText("Database shop is saved.")).toBeDefined()
  expect(sent).toMatchObject([
    { version: 1, owner: "till", password: "till's own one" },
    { version: 2, owner: "till" },
  ])
})

test("a drop wants the name typed, and says what else goes", async () => {
  const sent: unknown[] = []
  open({
    [`POST ${path}/${shop.id}/drop`]: ({ body }) => {
      sent.push(body)
      return { status: 202, body: { ...shop, state: "dropping" } }
    },
  })
  await choose("Drop")
  const dialog = screen.getByRole("alertdialog", { name: "Drop shop?" })
  const button = within(dialog).getByRole("button", { name: "Drop database and data" })
  expect(button).toHaveProperty("disabled", true)
  await userEvent.click(within(dialog).getByLabelText(/End the 2 sessions/))
  await userEvent.click(within(dialog).getByLabelText("Drop the role shop too"))
  await userEvent.type(within(dialog).getByRole("textbox"), "shop")
  await userEvent.click(button)
  expect(await screen.findByText("shop is being dropped.")).toBeDefined()
  expect(sent).toEqual([{ version: 1, name: "shop", dropRole: true, endSessions: true }])
})

test("a new password is asked for once more and shown once", async () => {
  open({
    [`POST ${path}/${shop.id}/password`]: () => ({
      status: 200,
      body: { database: shop, password: "another one" },
    }),
  })
  await choose("New password")
  await userEvent.click(screen.getByRole("button", { name: "Make a new password" }))
  expect((await screen.findByTestId("password")).textContent).toBe("another one")
})
