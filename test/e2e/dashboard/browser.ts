/** Chromium with the dashboard in it, built for the test and served by the stand-in. */
import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import axe from "axe-core"
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core"
import { build } from "vite"
import { type FakeCentral, fakeCentral } from "./fake-central.ts"
import { exampleFleet, type FakeFleet } from "./fleet.ts"

const executablePath = process.env["PG_SWARM_TEST_CHROMIUM"] ?? "/usr/bin/chromium"
const source = join(import.meta.dirname, "../../../src/dashboard")
const patience = 15_000

export const wide = { width: 1440, height: 900 }
export const narrow = { width: 390, height: 844 }

export type Look = {
  readonly name: string
  readonly colorScheme: "light" | "dark"
  readonly viewport: typeof wide
}

export const looks: readonly Look[] = [
  { name: "light and wide", colorScheme: "light", viewport: wide },
  { name: "dark and narrow", colorScheme: "dark", viewport: narrow },
  { name: "light and narrow", colorScheme: "light", viewport: narrow },
  { name: "dark and wide", colorScheme: "dark", viewport: wide },
]

export type Stage = AsyncDisposable & { readonly browser: Browser; readonly built: string }

/** The built dashboard and a browser, for one file of tests. */
export async function openStage(): Promise<Stage> {
  const built = await mkdtemp(join(tmpdir(), "pg-swarm-dashboard-"))
  await build({
    configFile: join(source, "vite.config.ts"),
    root: source,
    logLevel: "error",
    build: { outDir: built, emptyOutDir: true },
  })
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  })
  return {
    browser,
    built,
    async [Symbol.asyncDispose]() {
      await browser.close()
      await rm(built, { recursive: true, force: true })
    },
  }
}

export type Scene = AsyncDisposable & {
  readonly page: Page
  readonly central: FakeCentral
  /** What the browser complained about: refused by the policy, thrown by the page. */
  readonly complaints: readonly string[]
}

/** A browser window of its own over a fleet of its own. */
export async function openScene(
  stage: Stage,
  options: BrowserContextOptions = {},
  fleet: FakeFleet = exampleFleet(),
): Promise<Scene> {
  const central = await fakeCentral(fleet, stage.built)
  const context = await stage.browser.newContext({
    viewport: wide,
    baseURL: central.url,
    reducedMotion: "reduce",
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  const complaints: string[] = []
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => {
    const text = message.text()
    // The browser itself notes each refused request; those are part of the tests.
    const expected =
      text.startsWith("Failed to load resource") || text.startsWith("WebSocket connection")
    if (message.type() === "error" && !expected) complaints.push(text)
  })
  return {
    page,
    central,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close()
      await central.close()
    },
  }
}

export const signIn = ({ page, central }: Scene, address?: string): Promise<void> =>
  enter(page, "admin", central.password, address)

export async function enter(
  page: Page,
  user: string,
  password: string,
  address = "/",
): Promise<void> {
  await page.goto(address)
  await page.getByLabel("User").fill(user)
  await page.getByLabel("Password").fill(password)
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
  await live(page)
}

export type Window = AsyncDisposable & { readonly page: Page }

/** A browser that has never been here, over a central that is not the stand-in. */
export async function openWindow({ browser }: Stage, baseURL: string): Promise<Window> {
  const context = await browser.newContext({ viewport: wide, baseURL, reducedMotion: "reduce" })
  const page = await context.newPage()
  // More than for the stand-in: a real central hashes passwords.
  page.setDefaultTimeout(30_000)
  return { page, [Symbol.asyncDispose]: () => context.close() }
}

export const live = async (page: Page): Promise<void> => {
  await page
    .getByRole("status", { name: "Live connection: Live" })
    .first()
    .waitFor({ state: "attached" })
}

const between = "/account"

/** To a page of the dashboard that stands open, as its own links go. By way of another one, so that it is seen to come. */
export async function goOn(page: Page, address: string): Promise<void> {
  const go = (to: string): Promise<void> =>
    page.evaluate((path) => history.pushState(undefined, "", path), to)
  const there = page.getByRole("heading", { name: "My account", level: 1 })
  await go(between)
  await there.waitFor()
  if (address !== between) {
    await go(address)
    await there.waitFor({ state: "detached" })
  }
  await settled(page)
}

/** Everything on the page has come: no skeleton is left. */
export const settled = async (page: Page): Promise<void> => {
  await page.locator("main h1, [role=dialog]").first().waitFor()
  await page.locator('[role=status][aria-label^="Loading"]').first().waitFor({ state: "detached" })
}

/** Nothing serious for axe, which stays in the page: most of its time would go into being read anew. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source)
  const serious = await page.evaluate(async () => {
    const { violations } = await axe.run({ resultTypes: ["violations"], preload: false })
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, any }) => `${html} ${any.map(({ message }) => message).join(" ")}`).join("\n")}`,
      )
  })
  assert.deepEqual(serious, [], `axe on ${what}`)
}

/** axe finds nothing serious, and everything has room. */
export async function assertSound(page: Page, what: string): Promise<void> {
  await assertAccessible(page, what)
  await assertFits(page, what)
}

/** Nothing is wider than the window, no table than its frame, nothing in a dialog than the dialog. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(excess <= 0, `${what} is ${excess} pixels wider than the window`)
  const cut = await page.evaluate(() => {
    const tables = [...document.querySelectorAll("table")].filter(
      ({ parentElement: frame }) => frame !== null && frame.scrollWidth > frame.clientWidth,
    )
    const dialogs = [...document.querySelectorAll("[role=dialog], [role=alertdialog]")]
    const outside = dialogs.flatMap((dialog) => {
      const { left, right } = dialog.getBoundingClientRect()
      return [...dialog.querySelectorAll("h2, p, button, input, label, code")].filter((part) => {
        const room = part.getBoundingClientRect()
        const isSeen = room.width > 0 && part.closest("[aria-hidden]") === null
        return isSeen && (room.left < left || room.right > right)
      })
    })
    return [...tables, ...outside].map(
      (each) => each.getAttribute("aria-label") ?? each.textContent,
    )
  })
  assert.deepEqual(cut, [], `cut off on ${what}`)
}
