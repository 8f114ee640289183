import { screen, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { roleChange } from "../../../test/e2e/dashboard/history.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const found = fleet.clusters.find(({ name }) => name === "telemetry")
if (found === undefined) throw new Error("the example fleet has a cluster telemetry")
const cluster = found
const path = `GET /clusters/${cluster.id}/role-changes`

const open = (more: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/clusters/${cluster.id}`, {
    [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: cluster }),
    [`GET /clusters/${cluster.id}/databases`]: () => list([]),
    [path]: () => list(fleet.roleChanges),
    ...more,
  })

const rows = async (): Promise<HTMLElement[]> => {
  const timeline = await screen.findByRole("list", { name: "Role changes" })
  return [...timeline.children].filter(
    (child): child is HTMLElement => child instanceof HTMLElement,
  )
}

test("each role change says who took over from whom, why, how long it took and what it cost", async () => {
  open()
  const texts = (await rows()).map(({ textContent }) => textContent)
  expect(texts).toHaveLength(5)
  expect(texts[0]).toMatch(/Failover.*telemetry-0to.*telemetry-2.*term 4/)
  expect(texts[0]).toMatch(/The server of telemetry-0 crashed · nothing lost/)
  expect(texts[0]).toMatch(/Detect 120 ms.*Elect 60 ms.*Promote 640 ms.*Route 80 ms.*Total 900 ms/)
  expect(texts[1]).toMatch(/Switchover.*telemetry-1 handed over · nothing lost/)
  expect(texts[2]).toMatch(/Restart.*telemetry-1.*term 2/)
  expect(texts[2]).not.toMatch(/Elect/)
  expect(texts[3]).toMatch(/telemetry-0 went silent.*lost 12 commits \(48 KiB of WAL\)/)
  expect(texts[4]).toMatch(/First primary.*The cluster is new/)
  expect(texts[4]).not.toMatch(/lost/)
})

test("what was seen can be unfolded, with the positions in the WAL", async () => {
  open()
  const [, , , lossy] = await rows()
  if (lossy === undefined) throw new Error("there are five changes")
  const summary = within(lossy).getByText(/What was seen/)
  expect(summary.closest("details")?.open).toBe(false)
  await userEvent.click(summary)
  expect(summary.closest("details")?.open).toBe(true)
  expect(within(lossy).getByText(/last asked for a pledge 6198 ms before/)).toBeDefined()
  expect(within(lossy).getByText("21/4A00C3C8")).toBeDefined()
})

test("a role change appears by itself, and the loss is added to it when that is known", async () => {
  const { hello, socket } = open({ [path]: () => list([]) })
  expect(await screen.findByText("No role change yet")).toBeDefined()
  hello()
  const change = roleChange(cluster, 0, {
    from: "telemetry-2",
    to: "telemetry-0",
    term: 5,
    lossPossible: true,
  })
  socket().hear({ kind: "role-change", roleChange: change })
  const [row] = await rows()
  expect(row?.textContent).toMatch(/may have lost commits/)
  socket().hear({ kind: "role-change", roleChange: { ...change, lostBytes: 512 } })
  expect(await screen.findByText("lost 512 B of WAL")).toBeDefined()
  expect(await rows()).toHaveLength(1)
})

test("a role change of another cluster does not appear", async () => {
  const { hello, socket } = open()
  await rows()
  hello()
  const other = { ...cluster, id: "00000000-0000-4000-8000-000000000000" }
  socket().hear({ kind: "role-change", roleChange: roleChange(other, 0, { term: 99 }) })
  socket().hear({ kind: "role-change", roleChange: roleChange(cluster, 0, { term: 6 }) })
  expect(await screen.findByText("term 6")).toBeDefined()
  expect(screen.queryByText("term 99")).toBeNull()
})

test("a cause that this dashboard does not know is shown in its own words", async () => {
  open({ [path]: () => list([roleChange(cluster, 1, { cause: "struck-by-lightning" })]) })
  expect(await screen.findByText(/struck by lightning/)).toBeDefined()
})

test("older role changes are read when asked for", async () => {
  const older = roleChange(cluster, 9_000_000, { term: 1 })
  open({
    [path]: ({ query }) =>
      query.get("cursor") === null
        ? { status: 200, body: { items: fleet.roleChanges, nextCursor: "more" } }
        : list([older]),
  })
  await userEvent.click(await screen.findByRole("button", { name: "Show older" }))
  expect(await screen.findAllByText("term 1")).toHaveLength(2)
  expect(screen.queryByRole("button", { name: "Show older" })).toBeNull()
})

test("a history that can not be loaded says so and leaves the rest of the page alone", async () => {
  const { answers } = open({ [path]: () => problem(500, "BROKEN", "the database is away") })
  expect(await screen.findByText("The role changes could not be loaded")).toBeDefined()
  expect(screen.getByRole("table", { name: "Instances" })).toBeDefined()
  answers[path] = () => list(fleet.roleChanges)
  await userEvent.click(screen.getByRole("button", { name: "Try again" }))
  expect(await rows()).toHaveLength(5)
})
