/** What a person asks for twice because the answer was lost is done once. */
import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { openDashboard, problem } from "../test-app.tsx"

const token = {
  id: "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b001",
  name: "ci",
  personId: "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b222",
  personName: "admin",
  prefix: "pgs_abcdefgh",
  role: "viewer",
  scope: {},
  createdAt: "2026-01-01T00:00:00Z",
  expiresAt: null,
  lastUsedAt: null,
  token: "pgs_once",
}

test("an act that got no answer is tried again under its key, and the next act has another", async () => {
  const keys: (string | undefined)[] = []
  const { answers } = openDashboard("/tokens", {
    "POST /tokens": ({ idempotencyKey }) => {
      keys.push(idempotencyKey)
      throw new TypeError("the answer is lost")
    },
  })
  const [newToken] = await screen.findAllByRole("button", { name: "New token" })
  if (newToken === undefined) throw new Error("nothing to press")
  await userEvent.click(newToken)
  const dialog = screen.getByRole("dialog", { name: "New API token" })
  await userEvent.type(within(dialog).getByLabelText("Name"), "ci")
  await userEvent.click(within(dialog).getByRole("button", { name: "Make token" }))
  expect(await within(dialog).findByText(/Central does not answer/)).toBeDefined()
  answers["POST /tokens"] = ({ idempotencyKey }) => {
    keys.push(idempotencyKey)
    return keys.length < 3 ? problem(502, "BAD_GATEWAY", "no way") : { status: 201, body: token }
  }
  const again = async (length: number) => {
    await userEvent.click(within(dialog).getByRole("button", { name: "Make token" }))
    await waitFor(() => expect(keys).toHaveLength(length))
  }
  await again(2)
  expect(await within(dialog).findByText("no way")).toBeDefined()
  await again(3)
  expect(await screen.findByText("pgs_once")).toBeDefined()
  expect(new Set(keys).size).toBe(1)
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
})

test("the same wish after an answer is another act; a question has no key", async () => {
  const keys: (string | undefined)[] = []
  openDashboard("/tokens", {
    "GET /tokens": ({ idempotencyKey }) => {
      keys.push(idempotencyKey)
      return { status: 200, body: { items: [], nextCursor: null } }
    },
    "POST /tokens": ({ idempotencyKey }) => {
      keys.push(idempotencyKey)
      return problem(409, "NAME_TAKEN", "there is a token called ci already")
    },
  })
  const [newToken] = await screen.findAllByRole("button", { name: "New token" })
  if (newToken === undefined) throw new Error("nothing to press")
  await userEvent.click(newToken)
  const dialog = screen.getByRole("dialog", { name: "New API token" })
  await userEvent.type(within(dialog).getByLabelText("Name"), "ci")
  const make = within(dialog).getByRole("button", { name: "Make token" })
  await userEvent.click(make)
  expect(await within(dialog).findByText(/called ci already/)).toBeDefined()
  await userEvent.click(make)
  await waitFor(() => expect(keys).toHaveLength(3))
  expect(keys[0]).toBeUndefined()
  expect(keys[1]).toBeDefined()
  expect(keys[2]).not.toBe(keys[1])
})
