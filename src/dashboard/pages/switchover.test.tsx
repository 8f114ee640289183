import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import type { Operation } from "#wire/rest/operations.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { instance } from "../../../test/e2e/dashboard/fleet-parts.ts"
import { roleChange, switchover } from "../../../test/e2e/dashboard/history.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const found = fleet.clusters.find(({ name }) => name === "telemetry")
if (found === undefined) throw new Error("the example fleet has a cluster telemetry")
const cluster = found

const open = (more: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/clusters/${cluster.id}`, {
    [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: cluster }),
    [`GET /clusters/${cluster.id}/role-changes`]: () => list(fleet.roleChanges),
    "GET /operations": () => list(fleet.operations),
    ...more,
  })

const openDialog = async (): Promise<HTMLElement> => {
  await userEvent.click(await screen.findByRole("button", { name: "Switchover" }))
  return screen.getByRole("dialog", { name: "Switch telemetry over" })
}
const panel = (): HTMLElement => screen.getByRole("region", { name: /^Switchover to/ })
const steps = (): (string | null)[] =>
  within(within(panel()).getByRole("list", { name: "Steps" }))
    .getAllByRole("listitem")
    .map(({ textContent }) => textContent)

test("the dialog offers the fittest member first, and says what it will cost", async () => {
  const begun = switchover(cluster, 0, { running: "check", target: "telemetry-1" })
  let asked: unknown
  open({
    [`POST /clusters/${cluster.id}/switchover`]: ({ body }) => {
      asked = body
      return { status: 202, body: begun }
    },
  })
  const dialog = await openDialog()
  expect(
    within(dialog).getByRole("radio", { name: /telemetry-1.*synchronous, caught up/ }),
  ).toHaveProperty("checked", true)
  expect(within(dialog).getByRole("radio", { name: /telemetry-0.*18 KiB behind/ })).toBeDefined()
  expect(within(dialog).queryByRole("radio", { name: /telemetry-2/ })).toBeNull()
  expect(dialog.textContent).toMatch(/about 250 ms, as in the last switchover/)
  await userEvent.click(within(dialog).getByRole("button", { name: "Switch over to telemetry-1" }))
  expect(await screen.findByRole("region", { name: "Switchover to telemetry-1" })).toBeDefined()
  expect(asked).toEqual({ to: "telemetry-1" })
  expect(screen.queryByRole("dialog")).toBeNull()
})

test("a member that can not take over is disabled and says why, also while the dialog is open", async () => {
  const { hello, socket } = open()
  const dialog = await openDialog()
  hello()
  await userEvent.click(within(dialog).getByRole("radio", { name: /telemetry-0/ }))
  socket().hear({
    kind: "cluster",
    cluster: {
      ...cluster,
      instances: [
        instance("telemetry-0", "replica", { phase: "rewinding", ready: false }),
        instance("telemetry-1", "replica", { lagBytes: 31 * 1024 ** 2 }),
        instance("telemetry-2", "primary"),
      ],
    },
  })
  const radio = await within(dialog).findByRole("radio", { name: /does not stream: rewinding/ })
  expect(radio).toHaveProperty("disabled", true)
  expect(within(dialog).getByRole("radio", { name: /is 31 MiB behind/ })).toHaveProperty(
    "disabled",
    true,
  )
  expect(within(dialog).getByRole("alert").textContent).toMatch(/No member can take over now/)
  expect(within(dialog).getByRole("button", { name: "Switch over" })).toHaveProperty(
    "disabled",
    true,
  )
})

test("a refusal stays in the dialog with its reason", async () => {
  open({
    [`POST /clusters/${cluster.id}/switchover`]: () =>
      problem(409, "OPERATION_RUNNING", "a switchover is running already"),
  })
  const dialog = await openDialog()
  await userEvent.click(within(dialog).getByRole("button", { name: /^Switch over to/ }))
  expect((await within(dialog).findByRole("alert")).textContent).toMatch(
    /running already.*request-1/,
  )
})

test("there is no switchover where there is nothing to hand over, and the button says why", async () => {
  open({
    [`GET /clusters/${cluster.id}`]: () => ({
      status: 200,
      body: { ...cluster, state: "unavailable", primary: null },
    }),
  })
  const button = await screen.findByRole("button", {
    name: "Switchover, not now: no member is primary",
  })
  expect(button).toHaveProperty("disabled", true)
})

test("a running switchover is found after a reload and followed step by step to its end", async () => {
  const operation = switchover(cluster, 1, { running: "checkpoint", target: "telemetry-0" })
  const { hello, socket } = open({ "GET /operations": () => list([operation]) })
  await screen.findByRole("region", { name: "Switchover to telemetry-0" })
  hello()
  expect(
    screen.getByRole("button", { name: /Switchover, not now: a switchover is running/ }),
  ).toBeDefined()
  expect(within(panel()).getByText("Checkpoint").closest("li")?.getAttribute("aria-current")).toBe(
    "step",
  )
  expect(steps().findIndex((text) => text === "point of no return")).toBe(6)
  const tell = (change: Parameters<typeof switchover>[2], more: Partial<Operation> = {}): void =>
    socket().hear({
      kind: "operation",
      operation: {
        ...switchover(cluster, 1, { target: "telemetry-0", ...change }),
        id: operation.id,
        ...more,
      },
    })
  expect(within(panel()).getByRole("button", { name: "Cancel" })).toHaveProperty("disabled", false)
  tell({ running: "promote" })
  await waitFor(() =>
    expect(within(panel()).getByRole("button", { name: "Cancel" })).toHaveProperty(
      "disabled",
      true,
    ),
  )
  expect(panel().textContent).toMatch(/It can not be cancelled any more/)
  tell({})
  socket().hear({
    kind: "role-change",
    roleChange: roleChange(cluster, 0, {
      kind: "switchover",
      cause: "handed-over",
      from: "telemetry-2",
      to: "telemetry-0",
      term: 5,
      totalMs: 112,
    }),
  })
  expect(await within(panel()).findByText("telemetry-0 is primary")).toBeDefined()
  await waitFor(() =>
    expect(panel().textContent).toMatch(
      /in term 5\. Writes were away for about 250 ms\. Nothing was lost/,
    ),
  )
  await userEvent.click(within(panel()).getByRole("button", { name: "Dismiss" }))
  expect(screen.queryByRole("region", { name: /^Switchover to/ })).toBeNull()
  expect(
    within(screen.getByRole("list", { name: "Operations" })).getByText("Succeeded"),
  ).toBeDefined()
})

test("a failed switchover names its reason, and that nothing changed", async () => {
  const operation = switchover(cluster, 1, { running: "confirm", target: "telemetry-0" })
  const { hello, socket } = open({ "GET /operations": () => list([operation]) })
  await screen.findByRole("region", { name: "Switchover to telemetry-0" })
  hello()
  const error = "the candidate did not receive the shutdown checkpoint"
  socket().hear({
    kind: "operation",
    operation: {
      ...operation,
      state: "failed",
      error,
      steps: operation.steps.map((step) =>
        step.state === "running" ? { ...step, state: "failed" as const } : step,
      ),
    },
  })
  await waitFor(() => expect(panel().textContent).toMatch(`${error}. The old primary goes on.`))
  expect(within(panel()).getByRole("status").textContent).toMatch(/failed: the candidate/)
})

test("cancelling is asked of central once, and what it says is shown", async () => {
  const operation = switchover(cluster, 1, { running: "fence", target: "telemetry-0" })
  const { calls } = open({
    "GET /operations": () => list([operation]),
    [`POST /operations/${operation.id}/cancel`]: () => ({
      status: 202,
      body: { ...operation, state: "cancelled" },
    }),
  })
  await screen.findByRole("region", { name: "Switchover to telemetry-0" })
  await userEvent.click(within(panel()).getByRole("button", { name: "Cancel" }))
  expect(await within(panel()).findByText(/It was cancelled in time/)).toBeDefined()
  expect(calls.filter((name) => name.endsWith("/cancel"))).toHaveLength(1)
})

test("a switchover that ended before the page was opened is only in the list", async () => {
  open({ "GET /operations": () => list([switchover(cluster, 5000, { target: "telemetry-2" })]) })
  await screen.findByRole("list", { name: "Operations" })
  expect(screen.queryByRole("region", { name: /^Switchover to/ })).toBeNull()
})
