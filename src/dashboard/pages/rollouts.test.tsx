import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { exampleRollout, rolloutHandlers } from "../../../test/e2e/dashboard/fake-rollouts.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { previewRolloutBody } from "#wire/rest/rollouts.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const fleet = exampleFleet()
const [profile] = fleet.profiles
if (profile === undefined) throw new Error("the example fleet has profiles")
const { rollout, clusters } = exampleRollout(fleet.clusters)

test("a version is approved as the dry run of exactly this plan has shown it", async () => {
  const { previewRollout } = rolloutHandlers(fleet, () => {})
  const asked: unknown[] = []
  const sent: unknown[] = []
  openDashboard(`/rollouts/new?profileId=${profile.id}`, {
    [`GET /profiles/${profile.id}`]: () => ({ status: 200, body: profile }),
    [`POST /profiles/${profile.id}/versions/2/impact`]: () => ({
      status: 200,
      body: { specVersion: 2, clusterCount: 0, awayCount: 0, warnings: [], groups: [] },
    }),
    "GET /satellites": () => list(fleet.satellites),
    "POST /rollouts/preview": ({ body }) => {
      asked.push(body)
      return {
        status: 200,
        body: previewRollout?.({
          body: previewRolloutBody.parse(body),
          params: undefined,
          query: undefined,
        }),
      }
    },
    "POST /rollouts": ({ body }) => {
      sent.push(body)
      return { status: 201, body: rollout }
    },
    [`GET /rollouts/${rollout.id}`]: () => ({ status: 200, body: rollout }),
    [`GET /rollouts/${rollout.id}/clusters`]: () => list(clusters),
  })
  expect(
    await screen.findByRole("button", { name: "Approve version 2 for 2 clusters" }),
  ).toBeDefined()
  expect(screen.getByText("its site is away; it takes the change when it is back")).toBeDefined()
  await userEvent.click(screen.getByRole("radio", { name: /^In stages/ }))
  // Until the dry run of the new plan is there, nothing is approved.
  const early = screen.getByRole("button", { name: "Approve version 2" })
  expect(early.hasAttribute("disabled")).toBe(true)
  const approve = await screen.findByRole("button", { name: "Approve version 2 for 2 clusters" })
  await userEvent.type(screen.getByLabelText("Why (others read it)"), "month-end")
  await userEvent.click(approve)
  await waitFor(() => expect(sent).toHaveLength(1))
  const stages = [
    { name: "canary", share: { kind: "percent", percent: 5 }, gate: false },
    { name: "the rest", share: { kind: "rest" }, gate: true },
  ]
  expect(sent[0]).toMatchObject({
    profileId: profile.id,
    specVersion: 2,
    stages,
    note: "month-end",
  })
  expect(asked.at(-1)).toMatchObject({ stages })
  expect(asked.at(-1)).not.toHaveProperty("note")
  expect(await screen.findByRole("heading", { name: /edge-standard to version 2/ })).toBeDefined()
})

const open = (more: Parameters<typeof openDashboard>[1] = {}) =>
  openDashboard(`/rollouts/${rollout.id}`, {
    [`GET /rollouts/${rollout.id}`]: () => ({ status: 200, body: rollout }),
    [`GET /rollouts/${rollout.id}/clusters`]: () => list(clusters),
    ...more,
  })

test("a rollout shows its stages and clusters, and its gate is passed for the stage that was seen", async () => {
  const sent: unknown[] = []
  const { answers } = open({
    [`POST /rollouts/${rollout.id}/pass-gate`]: ({ body }) => {
      sent.push(body)
      const saved = { status: 200, body: { ...rollout, state: "running", reason: "", gate: null } }
      answers[`GET /rollouts/${rollout.id}`] = () => saved
      return saved
    },
  })
  expect(
    await screen.findByText("orders-1 did not start: could not map shared memory"),
  ).toBeDefined()
  expect(screen.getByText("waits for a person at its gate")).toBeDefined()
  expect(screen.queryByRole("button", { name: "Resume" })).toBeNull()
  await userEvent.click(screen.getByRole("button", { name: "Pass the gate" }))
  const dialog = await screen.findByRole("alertdialog", { name: "Let the next stage begin?" })
  await userEvent.click(within(dialog).getByRole("button", { name: "Pass the gate" }))
  await waitFor(() => expect(sent).toEqual([{ stage: 1 }]))
  expect(await screen.findByText("Running")).toBeDefined()
})

test("a halt that comes too late says why and keeps the reason that was typed", async () => {
  open({
    [`POST /rollouts/${rollout.id}/halt`]: () =>
      problem(409, "NOT_NOW", "the rollout is finished: every cluster is done"),
  })
  await userEvent.click(await screen.findByRole("button", { name: "Halt" }))
  const reason = await screen.findByLabelText("Why (others read it)")
  await userEvent.type(reason, "orders is slow")
  const dialog = screen.getByRole("alertdialog", { name: "Halt the rollout?" })
  await userEvent.click(within(dialog).getByRole("button", { name: "Halt" }))
  expect(await screen.findByText("the rollout is finished: every cluster is done")).toBeDefined()
  expect(reason).toHaveProperty("value", "orders is slow")
})

test("what moves is seen without a reload", async () => {
  const { answers, hello, socket } = open()
  await screen.findByText("At a gate")
  hello()
  answers[`GET /rollouts/${rollout.id}`] = () => ({
    status: 200,
    body: { ...rollout, state: "halted", reason: "2 clusters failed", gate: null },
  })
  socket().hear({ kind: "refetch", resource: "rollouts" })
  expect(await screen.findByText("Halted")).toBeDefined()
  expect(screen.getByText("2 clusters failed")).toBeDefined()
  expect(screen.getByRole("button", { name: "Resume" })).toBeDefined()
})

test("a freeze window is made for some days and labels", async () => {
  const sent: unknown[] = []
  openDashboard("/freeze-windows", {
    "GET /freeze-windows": () => list([]),
    "GET /satellites": () => list(fleet.satellites),
    "POST /freeze-windows": ({ body }) => {
      sent.push(body)
      return problem(409, "NAME_TAKEN", "there is a window called nights already")
    },
  })
  const [make] = await screen.findAllByRole("button", { name: "New freeze window" })
  if (make === undefined) throw new Error("there is no way to make one")
  await userEvent.click(make)
  await userEvent.type(await screen.findByLabelText("Name"), "nights")
  await userEvent.click(screen.getByRole("button", { name: "Sun" }))
  await userEvent.click(screen.getByRole("button", { name: "Save freeze window" }))
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    name: "nights",
    selector: {},
    time: { kind: "weekly", days: ["mon", "tue", "wed", "thu", "fri", "sat"], from: "08:00" },
  })
  expect(await screen.findByText("there is a window called nights already")).toBeDefined()
  expect(screen.getByLabelText("Name")).toHaveProperty("value", "nights")
})

test("who may only look is offered nothing that central would refuse", async () => {
  open({
    "GET /session": () => ({
      status: 200,
      body: {
        personId: rollout.id,
        hasPassword: true,
        user: "vera",
        role: "viewer",
        scope: [],
        expiresAt: "2099-01-01T00:00:00Z",
      },
    }),
  })
  expect(await screen.findByText("waits for a person at its gate")).toBeDefined()
  expect(screen.queryByRole("button", { name: "Pass the gate" })).toBeNull()
  expect(screen.queryByRole("button", { name: "Halt" })).toBeNull()
})
