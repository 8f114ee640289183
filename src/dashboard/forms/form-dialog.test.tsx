import { render, screen } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test, vi } from "vitest"
import { FormDialog } from "./form-dialog.tsx"

const shown = (state: { readonly ready?: boolean; readonly busy: boolean }) => {
  const onSubmit = vi.fn()
  render(
    <FormDialog title="Clone" {...state} onSubmit={onSubmit} onClose={() => undefined}>
      <input aria-label="Name" />
    </FormDialog>,
  )
  return onSubmit
}

const enter = () => userEvent.type(screen.getByRole("textbox", { name: "Name" }), "orders{Enter}")

test("Enter in a field sends once all was said", async () => {
  const onSubmit = shown({ busy: false })
  await enter()
  expect(onSubmit).toHaveBeenCalledTimes(1)
})

test("Enter sends nothing while something is being sent", async () => {
  const whileBusy = shown({ busy: true })
  await enter()
  expect(whileBusy).not.toHaveBeenCalled()
})

test("Enter sends nothing before all was said", async () => {
  const onSubmit = shown({ busy: false, ready: false })
  await enter()
  expect(onSubmit).not.toHaveBeenCalled()
})
