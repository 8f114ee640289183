import { screen, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import type { Operation } from "#wire/rest/operations.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard } from "../test-app.tsx"

const [cluster] = exampleFleet().clusters
if (cluster === undefined) throw new Error("the example fleet has clusters")

const at = "2026-01-05T10:00:00.000Z"
const step = (name: string, state: Operation["steps"][number]["state"], detail = "") => ({
  name,
  state,
  startedAt: state === "pending" || state === "skipped" ? null : at,
  endedAt: state === "done" ? at : null,
  detail,
})

const waiting: Operation = {
  id: "5e1cf6b4-4a5e-4d55-9d9f-0c6f8a1b2c3d",
  kind: "delete",
  clusterId: cluster.id,
  clusterName: cluster.name,
  namespace: cluster.namespace,
  satelliteId: cluster.satelliteId,
  rolloutId: null,
  fromVersion: null,
  toVersion: null,
  actor: "ann",
  state: "pending",
  target: null,
  steps: [
    step("accept", "done"),
    step("send", "running", "waits for north, which is not connected"),
    step("remove", "pending"),
    step("gone", "pending"),
  ],
  pointOfNoReturnAt: null,
  error: null,
  createdAt: at,
  startedAt: null,
  endedAt: null,
}
const told: Operation = {
  ...waiting,
  state: "running",
  pointOfNoReturnAt: at,
  startedAt: at,
  steps: [
    step("accept", "done"),
    step("send", "done"),
    step("remove", "running", "2 pods are stopping"),
    step("gone", "pending"),
  ],
}

const open = (operation: Operation, more: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/clusters/${cluster.id}`, {
    [`GET /clusters/${cluster.id}`]: () => ({
      status: 200,
      body: { ...cluster, state: "deleting" },
    }),
    [`GET /clusters/${cluster.id}/role-changes`]: () => list([]),
    "GET /operations": () => list([operation]),
    ...more,
  })

const panel = () => screen.findByRole("region", { name: "Deletion" })

test("a deletion that waits for its site says so on the cluster's page, and can be called off", async () => {
  const cancelled: Operation = { ...waiting, state: "cancelled", endedAt: at }
  open(waiting, {
    [`POST /operations/${waiting.id}/cancel`]: () => ({ status: 202, body: cancelled }),
  })
  const shown = await panel()
  expect(shown.textContent).toMatch(/waits for north, which is not connected/)
  expect(shown.textContent).toMatch(/The site has not been told\. Until then it can be cancelled/)
  await userEvent.click(within(shown).getByRole("button", { name: "Cancel" }))
  expect(await within(shown).findByText(/cancelled before the site was told/)).toBeDefined()
})

test("once the site was told it shows how far that is, and offers no way back; a refusal says why", async () => {
  const { hello, socket } = open(told)
  const shown = await panel()
  hello()
  const steps = within(shown).getAllByRole("listitem")
  expect(steps.map(({ textContent }) => textContent)).toEqual([
    expect.stringMatching(/^done:Accept/),
    expect.stringMatching(/^done:Tell the site/),
    expect.stringMatching(/^running:Remove.*2 pods are stopping/),
    expect.stringMatching(/^pending:Gone/),
  ])
  expect(within(shown).getByRole("button", { name: "Cancel" })).toHaveProperty("disabled", true)
  socket().hear({
    kind: "operation",
    operation: { ...told, state: "failed", error: "the site does not delete it: it is protected" },
  })
  expect(
    await within(shown).findByText(/^the site does not delete it: it is protected/),
  ).toBeDefined()
})
