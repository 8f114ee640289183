import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { parameterNames } from "#core/cluster/catalog.ts"
import { shownParameter } from "#wire/shown-parameter.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const [profile] = exampleFleet().profiles
if (profile === undefined) throw new Error("the example fleet has profiles")
const parameters = parameterNames(17).map((name) => shownParameter(17, name, undefined))

function open(more: Parameters<typeof openDashboard>[1] = {}) {
  const sent: unknown[] = []
  const opened = openDashboard(`/profiles/${profile?.id}/edit`, {
    [`GET /profiles/${profile?.id}`]: () => ({ status: 200, body: profile }),
    "GET /parameters": () => list(parameters),
    "POST /profiles/check": () => ({ status: 200, body: { warnings: [] } }),
    [`PATCH /profiles/${profile?.id}`]: ({ body }) => {
      sent.push(body)
      return { status: 200, body: { ...profile, specVersion: 3, version: 4 } }
    },
    [`POST /profiles/${profile?.id}/versions/3/impact`]: () => problem(500, "BROKEN", "later"),
    [`GET /profiles/${profile?.id}/cascade`]: () => problem(500, "BROKEN", "later"),
    ...more,
  })
  return { ...opened, sent }
}

const openTab = async (name: RegExp): Promise<void> => {
  await userEvent.click(await screen.findByRole("tab", { name }))
}
const tabText = (name: RegExp): string | null => screen.getByRole("tab", { name }).textContent
const retype = async (label: string, text: string): Promise<void> => {
  const field = await screen.findByLabelText(label)
  await userEvent.clear(field)
  await userEvent.type(field, text)
}

test("a change says what it asks of clusters, and is saved with its reason and the version that was read", async () => {
  const { sent } = open()
  expect(await screen.findByText("Nothing is changed yet.")).toBeDefined()
  await openTab(/PostgreSQL/)
  await retype("Value of max_connections", "200")
  const changes = await screen.findByRole("list", { name: "Changes" })
  expect(within(changes).getByText("Restart")).toBeDefined()
  expect(screen.getByText("Becomes version 3")).toBeDefined()
  expect(screen.getByText("Sequential restart")).toBeDefined()
  await userEvent.type(screen.getByLabelText("Why (shown in the history)"), "more clients")
  await userEvent.click(screen.getByRole("button", { name: "Save version 3" }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    version: 3,
    note: "more clients",
    spec: {
      parameters: { ...profile.spec.parameters, max_connections: "200" },
      hba: profile.spec.hba,
    },
  })
})

test("a parameter is found by what it does, begins at its default, and is counted where it is wrong", async () => {
  open()
  await openTab(/PostgreSQL/)
  await userEvent.type(await screen.findByLabelText("Search the parameters"), "planner cost random")
  await userEvent.click(await screen.findByRole("button", { name: "Set random_page_cost" }))
  const value = screen.getByLabelText("Value of random_page_cost")
  expect(value).toHaveProperty("value", "4")
  await retype("Value of random_page_cost", "cheap")
  expect(await screen.findByText(/expected a number/)).toBeDefined()
  await waitFor(() => expect(tabText(/PostgreSQL/)).toMatch(/1 to correct$/))
})

test("what is wrong on another tab holds saving back and is shown, with everything typed still there", async () => {
  const { sent } = open()
  await retype("Members", "11")
  await openTab(/HBA/)
  await userEvent.click(screen.getByRole("button", { name: "Add line" }))
  await userEvent.type(
    screen.getByRole("textbox", { name: "Line 2" }),
    "host all all 10.0.0.1 trust",
  )
  expect(await screen.findByText(/needs a prefix length/)).toBeDefined()
  expect(screen.getByText("2 things are to be corrected.")).toBeDefined()
  await userEvent.click(screen.getByRole("button", { name: "Save" }))
  expect(await screen.findByLabelText("Members")).toHaveProperty("value", "11")
  await openTab(/HBA/)
  expect(screen.getByRole("textbox", { name: "Line 2" })).toHaveProperty(
    "value",
    "host all all 10.0.0.1 trust",
  )
  expect(sent).toEqual([])
})

test("lines move, and a pasted file becomes lines without its comments", async () => {
  const { sent } = open()
  await openTab(/HBA/)
  await userEvent.click(screen.getByRole("button", { name: "Add line" }))
  await userEvent.click(screen.getByRole("textbox", { name: "Line 2" }))
  await userEvent.paste("# apps\nhost a a 10.1.0.0/16 md5\n\nhost b b 10.2.0.0/16 md5\n")
  await userEvent.click(await screen.findByRole("button", { name: "Move line 3 up" }))
  await userEvent.click(screen.getByRole("button", { name: "Save version 3" }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    spec: {
      hba: [...profile.spec.hba, "host b b 10.2.0.0/16 md5", "host a a 10.1.0.0/16 md5"],
    },
  })
})

test("central's warnings stand at their fields and hold nothing back", async () => {
  open({
    "POST /profiles/check": () => ({
      status: 200,
      body: { warnings: [{ field: "spec.parameters.work_mem", problem: "is a lot" }] },
    }),
  })
  await openTab(/PostgreSQL/)
  await waitFor(() => expect(tabText(/PostgreSQL/)).toMatch(/1 to look at$/))
  expect(await screen.findByText("is a lot")).toBeDefined()
})

test("what somebody else saved meanwhile is shown, and what was typed is carried over to it", async () => {
  const theirs = {
    ...profile,
    spec: {
      ...profile.spec,
      members: 5,
      parameters: { ...profile.spec.parameters, work_mem: "32MB" },
    },
    specVersion: 3,
    version: 4,
  }
  const { answers, sent } = open({
    [`PATCH /profiles/${profile.id}`]: () => {
      answers[`GET /profiles/${profile.id}`] = () => ({ status: 200, body: theirs })
      return problem(409, "VERSION_CONFLICT", "the profile was changed meanwhile")
    },
  })
  await openTab(/PostgreSQL/)
  await retype("Value of work_mem", "64MB")
  await retype("Value of max_connections", "200")
  await userEvent.click(screen.getByRole("button", { name: "Save version 3" }))
  expect(
    await screen.findByRole("heading", { name: "Version 3 was saved meanwhile" }),
  ).toBeDefined()
  const meanwhile = screen.getByRole("list", { name: "What was changed meanwhile" })
  expect(within(meanwhile).getByText("Members")).toBeDefined()
  expect(within(meanwhile).getByText("You changed it too; yours would stay.")).toBeDefined()
  answers[`PATCH /profiles/${profile.id}`] = ({ body }) => {
    sent.push(body)
    return { status: 200, body: { ...theirs, specVersion: 4, version: 5 } }
  }
  await userEvent.click(screen.getByRole("button", { name: "Carry my changes over" }))
  await userEvent.click(await screen.findByRole("button", { name: "Save version 4" }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    version: 4,
    spec: { members: 5, parameters: { work_mem: "64MB", max_connections: "200" } },
  })
})

test("a page with something typed is not left without a question", async () => {
  open()
  await retype("Description", "something else")
  await userEvent.click(screen.getByRole("link", { name: "Cancel" }))
  expect(await screen.findByRole("alertdialog", { name: "Leave without saving?" })).toBeDefined()
  await userEvent.click(screen.getByRole("button", { name: "Stay" }))
  expect(screen.getByLabelText("Description")).toHaveProperty("value", "something else")
})
