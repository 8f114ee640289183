import { screen, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import type { Cluster } from "#wire/rest/clusters.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { instance } from "../../../test/e2e/dashboard/fleet-parts.ts"
import { switchover } from "../../../test/e2e/dashboard/history.ts"
import { list, openDashboard } from "../test-app.tsx"

const fleet = exampleFleet()
const found = fleet.clusters.find(({ name }) => name === "telemetry")
if (found === undefined) throw new Error("the example fleet has a cluster telemetry")
const cluster = found

const open = (change: Partial<Cluster>, deeds: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/clusters/${cluster.id}`, {
    [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: { ...cluster, ...change } }),
    [`GET /clusters/${cluster.id}/role-changes`]: () => list([]),
    "GET /operations": () => list([]),
    ...deeds,
  })
const choose = async (deed: string): Promise<void> => {
  await userEvent.click(await screen.findByRole("button", { name: "Emergency" }))
  await userEvent.click(await screen.findByRole("menuitem", { name: new RegExp(deed) }))
}
/** What was sent to `deed`, which is begun. */
function heard(deed: string, kind: "fence" | "unfence" | "promote") {
  const asked: unknown[] = []
  const begun = { ...switchover(cluster, 0, { running: "check", target: null }), kind, steps: [] }
  return {
    asked,
    deeds: {
      [`POST /clusters/${cluster.id}/${deed}`]: ({ body }: { readonly body: unknown }) => {
        asked.push(body)
        return { status: 202, body: begun }
      },
    },
  }
}

test("a fence says what it does, and asks for a reason", async () => {
  const { asked, deeds } = heard("fence", "fence")
  open({}, deeds)
  await choose("Fence the primary")
  const dialog = screen.getByRole("alertdialog", { name: "Fence telemetry" })
  expect(dialog.textContent).toMatch(/ends every session .* stays primary .* ten minutes/)
  const button = within(dialog).getByRole("button", { name: "Fence" })
  expect(button).toHaveProperty("disabled", true)
  await userEvent.type(within(dialog).getByRole("textbox", { name: /Reason/ }), " wrong data ")
  await userEvent.click(button)
  expect(await screen.findByRole("region", { name: "Fence" })).toBeDefined()
  expect(asked).toEqual([{ reason: "wrong data" }])
})

test("a fenced primary says so on top of its page, with the way out", async () => {
  const { asked, deeds } = heard("unfence", "unfence")
  const [first = "", ...others] = cluster.instances.map(({ pod }) => pod)
  open(
    {
      primary: first,
      instances: [
        instance(first, "primary", { refusing: "fenced: wrong data", ready: false }),
        ...others.map((pod) => instance(pod, "replica")),
      ],
    },
    deeds,
  )
  const notice = await screen.findByRole("alert")
  expect(notice.textContent).toMatch(/lets no clients in, fenced: wrong data/)
  await userEvent.click(within(notice).getByRole("button", { name: "Let clients in" }))
  const dialog = screen.getByRole("alertdialog", { name: "Let clients in to telemetry?" })
  await userEvent.click(within(dialog).getByRole("button", { name: "Let clients in" }))
  expect(await screen.findByRole("region", { name: "Letting clients in" })).toBeDefined()
  expect(asked).toHaveLength(1)
})

const waiting = (about: "pause" | "lag" | "loss"): Partial<Cluster> => ({
  state: "unavailable",
  primary: null,
  instances: [
    instance("telemetry-0", "replica", {
      question: { about, missingBytes: 5 * 1024 ** 2 },
      reason: "4 MiB behind",
    }),
    instance("telemetry-1", "replica", { question: { about, missingBytes: 1024 ** 2 } }),
    instance("telemetry-2", "unknown", { phase: "unknown", ready: false }),
  ],
})

test("a question that waits for a person stands on top; a loss is accepted by the cluster's name typed", async () => {
  const { asked, deeds } = heard("promote", "promote")
  open(waiting("loss"), deeds)
  const notice = await screen.findByRole("alert")
  expect(notice.textContent).toMatch(/No member becomes primary before a person decides/)
  expect(notice.textContent).toMatch(/At least 1 MiB of WAL is known to be missing.*further/)
  await userEvent.click(within(notice).getByRole("button", { name: "Decide…" }))
  const dialog = screen.getByRole("alertdialog", { name: "Promote a member of telemetry" })
  // Who lacks least is offered first.
  const best = within(dialog).getByRole("radio", { name: /telemetry-1.*1 MiB/ })
  expect(best).toHaveProperty("checked", true)
  expect(within(dialog).getByRole("radio", { name: /telemetry-0.*5 MiB/ })).toBeDefined()
  expect(dialog.textContent).toMatch(/may be lost for good.*not heard now \(telemetry-2\)/)
  const button = within(dialog).getByRole("button", {
    name: "Promote telemetry-1 and accept the loss",
  })
  expect(button).toHaveProperty("disabled", true)
  await userEvent.type(within(dialog).getByRole("textbox", { name: /Type telemetry/ }), "telemetr")
  expect(button).toHaveProperty("disabled", true)
  await userEvent.type(within(dialog).getByRole("textbox", { name: /Type telemetry/ }), "y")
  await userEvent.click(button)
  expect(await screen.findByRole("region", { name: "Promotion" })).toBeDefined()
  expect(asked).toEqual([{ to: "telemetry-1", acceptLoss: true, confirm: "telemetry" }])
})

test("a paused cluster's member is promoted without accepting a loss", async () => {
  const { asked, deeds } = heard("promote", "promote")
  open(waiting("pause"), deeds)
  await choose("Promote a member")
  const dialog = screen.getByRole("alertdialog", { name: "Promote a member of telemetry" })
  expect(within(dialog).queryByRole("textbox")).toBeNull()
  await userEvent.click(within(dialog).getByRole("radio", { name: /telemetry-0/ }))
  await userEvent.click(within(dialog).getByRole("button", { name: "Promote telemetry-0" }))
  expect(await screen.findByRole("region", { name: "Promotion" })).toBeDefined()
  expect(asked).toEqual([{ to: "telemetry-0", acceptLoss: false }])
})

test("without a member that waits for a person there is nothing to consent to", async () => {
  open({ ...waiting("loss"), instances: [instance("telemetry-0", "replica")] })
  await choose("Promote a member")
  const dialog = screen.getByRole("alertdialog", { name: "Promote a member of telemetry" })
  expect(dialog.textContent).toMatch(/No member waits for a person now/)
  expect(within(dialog).queryByRole("button", { name: /^Promote/ })).toBeNull()
  // Both the cross and the button.
  expect(within(dialog).getAllByRole("button", { name: "Close" })).toHaveLength(2)
})
