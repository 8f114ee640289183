import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const [rule] = fleet.rules
if (rule === undefined) throw new Error("the example fleet has a rule")
const ended = fleet.clusters
  .filter(({ ruleId }) => ruleId === rule.id)
  .map(({ id: clusterId, name, namespace, satelliteId, satelliteName }) => ({
    clusterId,
    name,
    namespace,
    satelliteId,
    satelliteName,
  }))

const nothingEnds = { keep: [], pause: [], delete: [], isProtected: [] }
const preview = (more: object = {}) => ({
  status: 200,
  body: {
    matchCount: 1,
    counts: { create: 1, has: 0, conflict: 0, "left-alone": 0 },
    matches: [
      {
        satelliteId: fleet.satellites[0]?.id,
        satelliteName: "plant-leipzig",
        state: "connected",
        verdict: "create",
        reason: null,
      },
    ],
    ended: nothingEnds,
    resumed: [],
    refusal: null,
    ...more,
  },
})

function open(address: string, more: Parameters<typeof openDashboard>[1] = {}) {
  const sent: unknown[] = []
  const keep = ({ body }: { readonly body: unknown }) => {
    sent.push(body)
    return { status: 200, body: { ...rule, version: 2 } }
  }
  const opened = openDashboard(address, {
    "GET /satellites": () => list(fleet.satellites),
    "GET /profiles": () => list(fleet.profiles),
    "GET /rules": () => list([rule]),
    [`GET /rules/${rule?.id}`]: () => ({ status: 200, body: rule }),
    [`PATCH /rules/${rule?.id}`]: keep,
    "POST /rules": (given) => ({ ...keep(given), status: 201 }),
    "POST /rules/preview": () => preview(),
    ...more,
  })
  return { ...opened, sent }
}

test("while a rule is typed, central says what it would do, of just what is typed", async () => {
  const asked: unknown[] = []
  const { sent } = open("/rules/new", {
    "POST /rules/preview": ({ body }) => {
      asked.push(body)
      return preview()
    },
  })
  await userEvent.type(await screen.findByLabelText("Name of the cluster"), "orders")
  await userEvent.type(screen.getByLabelText("Name of label 1"), "kind")
  await userEvent.type(screen.getByLabelText("Value of label 1"), "plant")
  await userEvent.tab()
  expect(await screen.findByText("1 approved satellite matches.")).toBeDefined()
  await waitFor(() =>
    expect(asked.at(-1)).toEqual({
      selector: { kind: "plant" },
      clusterName: "orders",
      namespace: "databases",
      onMatchEnd: "keep",
    }),
  )
  await userEvent.click(screen.getByRole("button", { name: "Make rule" }))
  // As a hint in the empty list, and as what is wrong with it.
  await waitFor(() => expect(screen.getAllByText("Choose a profile")).toHaveLength(2))
  expect(sent).toEqual([])
})

test("labels that satellites carry are offered", async () => {
  open("/rules/new")
  const name = await screen.findByRole("combobox", { name: "Name of label 1" })
  await userEvent.type(name, "ki")
  await userEvent.click(await screen.findByRole("option", { name: "kind" }))
  expect(name).toHaveProperty("value", "kind")
  await userEvent.click(screen.getByRole("combobox", { name: "Value of label 1" }))
  const values = await screen.findAllByRole("option")
  expect(values.map(({ textContent }) => textContent)).toEqual(["depot", "plant", "ship", "store"])
})

test("clusters that a saved rule would delete are named, and each is confirmed by its id", async () => {
  const { sent } = open(`/rules/${rule.id}`, {
    "POST /rules/preview": () => preview({ ended: { ...nothingEnds, delete: ended } }),
  })
  await userEvent.click(await screen.findByRole("radio", { name: /^Delete/ }))
  const doomed = await screen.findByRole("button", { name: /Would be deleted with their data/ })
  expect(doomed).toBeDefined()
  await userEvent.click(screen.getByRole("button", { name: "Save rule" }))
  const dialog = await screen.findByRole("alertdialog", { name: "Delete 2 clusters?" })
  expect(within(dialog).getAllByText("orders")).toHaveLength(2)
  const confirm = within(dialog).getByRole("button", { name: "Save rule and delete them" })
  expect(confirm.hasAttribute("disabled")).toBe(true)
  await userEvent.type(within(dialog).getByRole("textbox"), "delete 2 clusters")
  await userEvent.click(confirm)
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    version: 1,
    onMatchEnd: "delete",
    confirmedDeletes: ended.map(({ clusterId }) => clusterId),
  })
})

test("what somebody else saved meanwhile does not cost what was typed", async () => {
  const theirs = { ...rule, namespace: "apps", version: 2 }
  const { answers, sent } = open(`/rules/${rule.id}`, {
    [`PATCH /rules/${rule.id}`]: () => {
      answers[`GET /rules/${rule.id}`] = () => ({ status: 200, body: theirs })
      return problem(409, "VERSION_CONFLICT", "changed meanwhile")
    },
  })
  const name = await screen.findByLabelText("Name of the rule")
  await userEvent.clear(name)
  await userEvent.type(name, "orders-everywhere")
  await userEvent.click(screen.getByRole("button", { name: "Save rule" }))
  await userEvent.click(await screen.findByRole("button", { name: "Carry my changes over" }))
  answers[`PATCH /rules/${rule.id}`] = ({ body }) => {
    sent.push(body)
    return { status: 200, body: { ...theirs, version: 3 } }
  }
  await userEvent.click(screen.getByRole("button", { name: "Save rule" }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({ version: 2, name: "orders-everywhere", namespace: "apps" })
})
