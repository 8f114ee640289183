import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { shownParameter } from "#wire/shown-parameter.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const workMem = shownParameter(17, "work_mem", undefined)

test("what a change of a parameter asks for is decided with its reason, and a refusal loses nothing", async () => {
  const sent: unknown[] = []
  const { answers } = openDashboard("/parameters?search=work_mem", {
    "GET /parameters": () => list([workMem]),
    "PUT /parameters/work_mem": () =>
      problem(409, "VERSION_CONFLICT", "the order was changed meanwhile"),
  })
  await userEvent.click(
    await screen.findByRole("button", { name: "Change what work_mem asks for" }),
  )
  const dialog = await screen.findByRole("dialog", {
    name: "A change of work_mem on PostgreSQL 17",
  })
  await userEvent.click(within(dialog).getByRole("radio", { name: /^Full restart/ }))
  await userEvent.type(within(dialog).getByLabelText("Why (others read it)"), "old extension")
  await userEvent.click(within(dialog).getByRole("button", { name: "Save" }))
  expect(await screen.findByText("the order was changed meanwhile")).toBeDefined()
  answers["PUT /parameters/work_mem"] = ({ body }) => {
    sent.push(body)
    return { status: 200, body: workMem }
  }
  await userEvent.click(within(dialog).getByRole("button", { name: "Save" }))
  await waitFor(() =>
    expect(sent).toEqual([{ major: 17, version: 0, order: "full-restart", note: "old extension" }]),
  )
})
