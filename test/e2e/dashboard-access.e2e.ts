/** Who gets in, in Chromium over the real central: people, the own account, tokens, the audit, and a real identity provider. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:net"
import { after, before, test } from "node:test"
import type { Page } from "playwright-core"
import type { Central } from "../../src/central/central.ts"
import {
  adminPassword,
  type Api,
  restUrl,
  signedIn,
  startTestCentral,
} from "../fixtures/central.ts"
import { type TestServer, testServer } from "../fixtures/postgres.ts"
import { type TestProvider, testProvider } from "../fixtures/provider.ts"
import {
  assertSound,
  enter,
  live,
  looks,
  openStage,
  openWindow,
  settled,
  type Stage,
  wide,
} from "./dashboard/browser.ts"

let server: TestServer
let stage: Stage
let idp: TestProvider
let central: Central
let api: Api
let redirectUri: string

before(async () => {
  server = await testServer()
  stage = await openStage()
  idp = await testProvider()
  // The provider must know where central is before central is there.
  const port = await freePort()
  redirectUri = `http://127.0.0.1:${port}/api/v1/sign-in/provider/callback`
  central = await startTestCentral(await server.freshDatabase(), {
    dashboardDir: stage.built,
    rest: { host: "127.0.0.1", port },
    provider: idp.options(redirectUri),
  })
  api = await signedIn(central)
})
after(async () => {
  await central[Symbol.asyncDispose]()
  await idp[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
  await server.close()
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const address = probe.address()
  assert.ok(typeof address === "object" && address !== null)
  probe.close()
  await once(probe, "close")
  return address.port
}

async function soundInLooks(page: Page, what: string): Promise<void> {
  for (const { name, colorScheme, viewport } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(viewport)
    await settled(page)
    await assertSound(page, `${what}, ${name}`)
  }
  await page.emulateMedia({ colorScheme: "light" })
  await page.setViewportSize(wide)
}

let ada: string

test("a person is made, with a password that is shown once, and gets in with it", async () => {
  await using admin = await openWindow(stage, restUrl(central))
  const { page } = admin
  await enter(page, "admin", adminPassword, "/people")
  await page.getByRole("button", { name: "New person" }).click()
  const dialog = page.getByRole("dialog", { name: "New person" })
  await dialog.getByRole("button", { name: "Make person" }).click()
  await dialog.getByText("Give the person a name").waitFor()
  await dialog.getByLabel("Name", { exact: true }).fill("ada")
  await assertSound(page, "new person")
  await dialog.getByRole("button", { name: "Make person" }).click()
  ada = await page.getByTestId("password").innerText()
  await page.getByRole("button", { name: "I have copied it" }).click()
  await page.getByRole("row", { name: /^ada/ }).getByText("never").waitFor()
  await soundInLooks(page, "people")
  await using hers = await openWindow(stage, restUrl(central))
  await enter(hers.page, "ada", ada)
  assert.equal(await hers.page.getByRole("link", { name: "People" }).count(), 0)
})

test("the own password is changed and the own sessions are ended under the account", async () => {
  await using here = await openWindow(stage, restUrl(central))
  await using there = await openWindow(stage, restUrl(central))
  await enter(there.page, "ada", ada)
  await enter(here.page, "ada", ada, "/account")
  const { page } = here
  await page.getByRole("cell", { name: /this one/ }).waitFor()
  await soundInLooks(page, "account")
  await page
    .getByRole("button", { name: /^End the session from/ })
    .first()
    .click()
  await page.getByRole("alertdialog").getByRole("button", { name: "End session" }).click()
  await page.getByText("The session is over.").waitFor()
  await page.getByLabel("Present password").fill("not this one")
  await page.getByLabel("New password").fill("short")
  await page.getByRole("button", { name: "Change password" }).click()
  await page
    .getByText(/at least 10 characters|>=10 characters/i)
    .last()
    .waitFor()
  await page.getByLabel("New password").fill("a much longer password")
  await page.getByRole("button", { name: "Change password" }).click()
  await page.getByRole("alert").first().waitFor()
  await page.getByLabel("Present password").fill(ada)
  await page.getByRole("button", { name: "Change password" }).click()
  await page.getByText("Your password is changed.").waitFor()
  ada = "a much longer password"
  // Everywhere else the door is closed, and the new password opens it.
  await there.page.reload()
  await enter(there.page, "ada", ada)
})

test("who is disabled is out at once", async () => {
  await using hers = await openWindow(stage, restUrl(central))
  await enter(hers.page, "ada", ada, "/clusters")
  await using admin = await openWindow(stage, restUrl(central))
  await enter(admin.page, "admin", adminPassword, "/people")
  await admin.page.getByRole("button", { name: "Disable ada" }).click()
  await admin.page.getByRole("row", { name: /^ada/ }).getByText("Disabled").waitFor()
  await hers.page.reload()
  await hers.page.getByRole("heading", { name: "Sign in" }).waitFor()
})

test("a token whose answer was lost is made once, shown once, and revoked", async () => {
  await using admin = await openWindow(stage, restUrl(central))
  const { page } = admin
  await enter(page, "admin", adminPassword, "/tokens")
  await page.getByRole("button", { name: "New token" }).first().click()
  await page.getByLabel("Name", { exact: true }).fill("lost-and-found")
  await assertSound(page, "new token")
  let lost = 0
  await page.route("**/api/v1/tokens", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.continue()
    lost += 1
    // Central does it; the way back breaks.
    await route.fetch()
    return route.abort()
  })
  await page.getByRole("button", { name: "Make token" }).click()
  await page.getByText("Central does not answer.").waitFor()
  await page.getByRole("button", { name: "Make token" }).click()
  await page.getByRole("button", { name: "I have copied it" }).click()
  const { items } = await api.ok("listTokens")
  assert.equal(items.filter(({ name }) => name === "lost-and-found").length, 1)
  await soundInLooks(page, "tokens")
  await page.getByRole("button", { name: "Revoke lost-and-found" }).click()
  await page
    .getByRole("alertdialog")
    .getByText(/are refused from now on/)
    .waitFor()
  await page.getByRole("button", { name: "Revoke", exact: true }).click()
  await page.getByText("lost-and-found is revoked.").waitFor()
})

test("the audit says who changed what, field by field, and narrows", async () => {
  await using admin = await openWindow(stage, restUrl(central))
  const { page } = admin
  await enter(page, "admin", adminPassword, "/audit?resource=person")
  const changes = page.getByRole("list", { name: "Changes" })
  await changes.getByText("ada").first().waitFor()
  assert.equal(await changes.getByText("lost-and-found").count(), 0)
  await changes.locator("summary").first().click()
  await changes.getByText("disabled").first().waitFor()
  await soundInLooks(page, "audit")
  await page.goto("/audit?actor=nobody-is-called-so")
  await page.getByText("No change matches").waitFor()
})

test("through the identity provider: away, then in with the role of the group, then refused", async () => {
  await using first = await openWindow(stage, restUrl(central))
  const { page } = first
  await page.goto("/sign-in")
  await page.getByRole("link", { name: "Sign in with Example ID" }).click()
  await page.getByText("The identity provider does not answer.").waitFor()
  await soundInLooks(page, "sign-in")
  idp.open(redirectUri, {
    ned: { preferred_username: "ned", groups: ["north"] },
    eve: { preferred_username: "eve", groups: ["visitors"] },
  })
  await throughProvider(page, "ned")
  await live(page)
  assert.equal(new URL(page.url()).pathname, "/")
  await page.goto("/account")
  await page.getByText(/ned, operator on satellites with region=north/).waitFor()
  assert.equal(await page.getByLabel("Present password").count(), 0, "has no password here")
  await page.goto("/profiles")
  await page.getByRole("heading", { name: "Profiles" }).waitFor()
  assert.equal(await page.getByRole("link", { name: "New profile" }).count(), 0)
  await using second = await openWindow(stage, restUrl(central))
  await second.page.goto("/sign-in")
  await throughProvider(second.page, "eve")
  await second.page.getByText("None of your groups may use this central.").waitFor()
})

/** The provider's own pages: who one is, then that central may know it. */
async function throughProvider(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Sign in with Example ID" }).click()
  await page.waitForURL(`${idp.issuer}/**`)
  await page.locator("input[name=login]").fill(name)
  await page.locator("input[name=password]").fill("any")
  await page.locator("button[type=submit]").click()
  await page.getByRole("button", { name: "Continue" }).click()
  await page.waitForURL(`${restUrl(central)}/**`)
}
