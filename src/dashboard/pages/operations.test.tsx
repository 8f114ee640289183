import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { switchover } from "../../../test/e2e/dashboard/history.ts"
import { list, openDashboard } from "../test-app.tsx"

const [cluster] = exampleFleet().clusters
if (cluster === undefined) throw new Error("the example fleet has clusters")
const running = switchover(cluster, 4, { running: "checkpoint" })

const open = (more: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard("/operations", {
    "GET /operations": () => list([running]),
    [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: cluster }),
    ...more,
  })

test("every operation says where it is done, how far it is and who asked", async () => {
  open()
  const row = (await screen.findByText("Switchover", { selector: "td *" })).closest("tr")
  if (row === null) throw new Error("no row")
  expect(within(row).getByText("Running")).toBeDefined()
  expect(within(row).getByText(/^Checkpoint/)).toBeDefined()
  expect(within(row).getByText("admin")).toBeDefined()
  expect(await within(row).findByRole("link", { name: cluster.name })).toBeDefined()
})

test("one that can still be stopped is cancelled, and the list is asked for again", async () => {
  const { answers, calls } = open({
    [`POST /operations/${running.id}/cancel`]: () => ({ status: 202, body: running }),
  })
  const button = await screen.findByRole("button", { name: "Cancel the switchover" })
  answers["GET /operations"] = () => list([{ ...running, state: "cancelled" }])
  await userEvent.click(button)
  expect(await screen.findByText("Cancelled", { selector: "td *" })).toBeDefined()
  expect(screen.queryByRole("button", { name: "Cancel the switchover" })).toBeNull()
  expect(calls).toContain(`POST /operations/${running.id}/cancel`)
})

test("what the site tells moves the list", async () => {
  const { answers, hello, socket } = open()
  await screen.findByText("Running", { selector: "td *" })
  hello()
  const failed = { ...running, state: "failed" as const, error: "the candidate fell behind" }
  answers["GET /operations"] = () => list([failed])
  socket().hear({ kind: "operation", operation: failed })
  expect(await screen.findByText("the candidate fell behind")).toBeDefined()
})

test("the state is part of the address and of the question", async () => {
  const asked: (string | null)[] = []
  open({
    "GET /operations": ({ query }) => {
      asked.push(query.get("state"))
      return list([])
    },
  })
  await screen.findByText("Nobody has asked for anything yet")
  await userEvent.click(screen.getByRole("radio", { name: "Failed" }))
  expect(await screen.findByText("No operation matches")).toBeDefined()
  expect(asked).toContain("failed")
  expect(window.location.search).toContain("failed")
})

test("kind and who asked are part of the address and of the question", async () => {
  const asked: (string | null)[][] = []
  open({
    "GET /operations": ({ query }) => {
      asked.push([query.get("kind"), query.get("actor")])
      return list([running])
    },
  })
  await screen.findByText("Switchover", { selector: "td *" })
  await userEvent.click(screen.getByRole("button", { name: /Kind/ }))
  await userEvent.click(await screen.findByRole("option", { name: "Fence" }))
  await userEvent.click(await screen.findByRole("button", { name: /Asked by/ }))
  await userEvent.click(await screen.findByRole("option", { name: "admin (you)" }))
  await waitFor(() => expect(asked.at(-1)).toEqual(["fence", "admin"]))
  expect(window.location.search).toBe("?kind=fence&actor=admin")
})
