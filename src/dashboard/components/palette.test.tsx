import { screen, waitFor } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test, vi } from "vitest"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const { satellites } = exampleFleet()

/** Central answers what is looked for once `until` is over. */
async function openPalette(until?: Promise<void>) {
  const user = userEvent.setup({ delay: null })
  const dashboard = openDashboard("/tokens", {
    "GET /satellites": ({ query }) => {
      const words = query.get("search") ?? ""
      return list(satellites.filter(({ name }) => name.includes(words)))
    },
  })
  await screen.findByRole("heading", { name: "API tokens" })
  const ask = fetch
  vi.stubGlobal("fetch", async (address: string, init: RequestInit) => {
    await until
    return ask(address, init)
  })
  await user.keyboard("/")
  await screen.findByRole("dialog", { name: "Find" })
  return { user, ...dashboard }
}

test("Enter right behind the words goes to the first that central finds, however long it looks", async () => {
  const found = Promise.withResolvers<void>()
  const { user } = await openPalette(found.promise)
  const porto = satellites.find(({ name }) => name === "plant-porto")
  await user.keyboard("porto{Enter}")
  await screen.findByText("Looking…")
  found.resolve()
  await waitFor(() => expect(window.location.pathname).toBe(`/satellites/${porto?.id}`))
  expect(screen.queryByRole("dialog", { name: "Find" })).toBeNull()
})

test("Enter goes to what the arrow keys stand on", async () => {
  const { user } = await openPalette()
  await user.keyboard("r")
  await screen.findByRole("menuitem", { name: /^Rollouts/ })
  await user.keyboard("{ArrowDown}")
  const marked = await waitFor(() => {
    const found = document.querySelector("[role=menuitem][data-focused]")
    expect(found).not.toBeNull()
    return found?.getAttribute("data-key")
  })
  await user.keyboard("{Enter}")
  await waitFor(() => expect(`page ${window.location.pathname}`).toBe(marked))
})

test("Enter goes nowhere while nothing is typed, and where nothing is found", async () => {
  const { user } = await openPalette()
  await user.keyboard("{Enter}")
  await user.keyboard("nothing-is-called-so{Enter}")
  await screen.findByText("Nothing is called “nothing-is-called-so”.")
  expect(screen.getByRole("dialog", { name: "Find" })).toBeDefined()
  expect(window.location.pathname).toBe("/tokens")
})

test("central that does not answer is told, and is not taken for nothing found", async () => {
  const { user, answers } = await openPalette()
  answers["GET /satellites"] = () => problem(503, "DATABASE_AWAY", "The database is away.")
  await user.keyboard("porto")
  const why = await screen.findByText(/^Only pages were looked for\. /)
  expect(why.textContent).toContain("The database is away.")
  expect(screen.queryByText(/^Nothing is called/)).toBeNull()
  await user.clear(screen.getByRole("searchbox"))
  await user.keyboard("r")
  await screen.findByRole("menuitem", { name: /^Rollouts/ })
  await screen.findByText(/^Only pages were looked for\. /)
})
