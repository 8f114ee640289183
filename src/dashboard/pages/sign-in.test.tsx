import { screen, waitFor } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import { type Answers, openDashboard, problem } from "../test-app.tsx"

const signedOut: Answers = { "GET /session": () => problem(401, "NOT_SIGNED_IN", "sign in first") }

async function trySigningIn(answers: Answers) {
  const opened = openDashboard("/clusters?state=degraded", { ...signedOut, ...answers })
  await userEvent.type(await screen.findByLabelText("User"), "admin")
  await userEvent.type(screen.getByLabelText("Password"), "secret")
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }))
  return opened
}

test("without a session every page leads to the door, and the door back to the page", async () => {
  await trySigningIn({
    "POST /session": () => ({
      status: 200,
      body: {
        personId: "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b222",
        hasPassword: true,
        user: "admin",
        role: "admin",
        scope: [],
        expiresAt: "2099-01-01T00:00:00Z",
      },
    }),
  })
  expect(await screen.findByRole("heading", { name: "Clusters" })).toBeDefined()
  expect(window.location.pathname + window.location.search).toBe("/clusters?state=degraded")
})

test("a wrong password is said, kept apart from other trouble, and can be typed again", async () => {
  await trySigningIn({ "POST /session": () => problem(401, "WRONG_PASSWORD", "no") })
  expect((await screen.findByRole("alert")).textContent).toBe("User or password is wrong.")
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Password")))
})

test("too many tries are said as such", async () => {
  await trySigningIn({ "POST /session": () => problem(429, "TOO_MANY_TRIES", "later") })
  expect((await screen.findByRole("alert")).textContent).toMatch(/^Too many tries\. Wait/)
})

test("an absent central is not called a wrong password", async () => {
  await trySigningIn({
    "POST /session": () => {
      throw new TypeError("Failed to fetch")
    },
  })
  expect((await screen.findByRole("alert")).textContent).toMatch(/^Central does not answer\./)
})

test("empty fields are refused before anything is sent", async () => {
  const { calls } = openDashboard("/", signedOut)
  await userEvent.click(await screen.findByRole("button", { name: "Sign in" }))
  expect(screen.getByText("Enter your user name")).toBeDefined()
  expect(screen.getByText("Enter your password")).toBeDefined()
  expect(calls).not.toContain("POST /session")
})

test("an address of another site is not followed after signing in", async () => {
  openDashboard("/sign-in?to=%2F%2Fevil.example", {
    ...signedOut,
    "POST /session": () => ({
      status: 200,
      body: {
        personId: "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b222",
        hasPassword: true,
        user: "admin",
        role: "admin",
        scope: [],
        expiresAt: "2099-01-01T00:00:00Z",
      },
    }),
  })
  await userEvent.type(await screen.findByLabelText("User"), "admin")
  await userEvent.type(screen.getByLabelText("Password"), "secret")
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }))
  expect(await screen.findByRole("heading", { name: "Overview" })).toBeDefined()
})

const withProvider: Answers = {
  ...signedOut,
  "GET /session/options": () => ({
    status: 200,
    body: { provider: { name: "Example ID", signInUrl: "/api/v1/sign-in/provider" } },
  }),
}

test("the way through the identity provider leads back to the page that was asked for", async () => {
  openDashboard("/clusters?state=degraded", withProvider)
  const link = await screen.findByRole("link", { name: "Sign in with Example ID" })
  expect(link.getAttribute("href")).toBe(
    "/api/v1/sign-in/provider?to=%2Fclusters%3Fstate%3Ddegraded",
  )
})

test("and is given no address of another site", async () => {
  openDashboard("/sign-in?to=%2F%5Cevil.example", withProvider)
  const link = await screen.findByRole("link", { name: "Sign in with Example ID" })
  expect(link.getAttribute("href")).toBe("/api/v1/sign-in/provider")
})
