/** What central administers besides profiles, in Chromium over the real central: tiers, images, recovery rules. */
import assert from "node:assert/strict"
import { join } from "node:path"
import { after, before, test } from "node:test"
import type { Page } from "playwright-core"
import type { Central } from "../../src/central/central.ts"
import {
  adminPassword,
  type Api,
  restUrl,
  signedIn,
  smallSpec,
  startTestCentral,
} from "../fixtures/central.ts"
import { type TestServer, testServer } from "../fixtures/postgres.ts"
import { Site, type SiteStream } from "../fixtures/site.ts"
import {
  assertSound,
  enter,
  looks,
  openStage,
  openWindow,
  settled,
  type Stage,
} from "./dashboard/browser.ts"

let server: TestServer
let stage: Stage
let central: Central
let api: Api
let site: Site
let stream: SiteStream
let ruleSet: string
let page: Page

before(async () => {
  server = await testServer()
  stage = await openStage()
  central = await startTestCentral(await server.freshDatabase(), { dashboardDir: stage.built })
  api = await signedIn(central)
  site = new Site(central, "plant-leipzig")
  await site.join(api)
  stream = (await site.connect()).stream
  stream.send({
    kind: "storage-classes",
    names: ["local-path", "longhorn"],
    defaultName: "local-path",
  })
  await api.ok("createStorageTier", { body: { name: "bulk", description: "Large and slow" } })
  const { categories } = await api.ok("builtInRules")
  const rules = categories.flatMap((one) => one.rules).map(({ example: _example, ...rule }) => rule)
  const set = await api.ok("createRuleSet", {
    body: { name: "quiet", description: "For plants", set: { rules: rules.slice(0, 12) } },
  })
  ruleSet = set.id
  await api.ok("createProfile", {
    body: {
      name: "plant",
      spec: {
        ...smallSpec,
        data: { ...smallSpec.data, tier: "bulk" },
        recoveryRuleSetId: set.id,
      },
    },
  })
  // One window for all tests: signing in is another file's business.
  const window = await openWindow(stage, restUrl(central))
  page = window.page
  await enter(page, "admin", adminPassword)
})
after(async () => {
  await site.close()
  await central[Symbol.asyncDispose]()
  await stage[Symbol.asyncDispose]()
  await server.close()
})

const shots = process.env["PG_SWARM_TEST_SHOTS"]
async function sound(name: string): Promise<void> {
  await settled(page)
  if (shots !== undefined)
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
  await assertSound(page, name)
}

const choose = async (label: string, option: string): Promise<void> => {
  await page.getByRole("button", { name: new RegExp(label) }).click()
  await page.getByRole("option", { name: option }).click()
}

test("a tier is made and mapped on a satellite, which hears of it", async () => {
  await page.goto("/storage-tiers")
  await page.getByRole("button", { name: "New tier" }).click()
  await page.getByLabel("Name").fill("fast")
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByText("0 of 1 satellites").first().waitFor()
  await page.getByRole("button", { name: "Delete bulk" }).click()
  await page.getByRole("button", { name: "Delete", exact: true }).click()
  await page
    .getByText(/used by profile plant/)
    .first()
    .waitFor()
  await page.getByRole("button", { name: "Cancel" }).click()
  await page.goto(`/satellites/${site.id}`)
  await choose("fast", "longhorn")
  await page.getByRole("button", { name: "Save mapping" }).click()
  const { settings } = await stream.next("site-settings")
  assert.deepEqual(settings.tiers, { fast: "longhorn" })
  await page.getByRole("button", { name: "Ask for its classes" }).click()
  await stream.next("refresh-storage-classes")
  stream.send({ kind: "storage-classes", names: ["local-path", "nvme"], defaultName: "nvme" })
  await page.getByText("nvme · default").waitFor()
})

test("an image is taken into the catalogue, and a reference that is none is refused before it is sent", async () => {
  await page.goto("/images")
  await page.getByRole("button", { name: "New image" }).first().click()
  await page.getByRole("textbox", { name: "Version" }).fill("17.2")
  await page.getByRole("textbox", { name: "Reference" }).fill("https://docker.io/postgres")
  await page.getByRole("button", { name: "Add image" }).click()
  await page.getByText(/has no scheme/).waitFor()
  await page.getByRole("textbox", { name: "Reference" }).fill("docker.io/library/postgres:17.2")
  await page.getByRole("button", { name: "Add image" }).click()
  await page.getByText("docker.io/library/postgres:17.2").first().waitFor()
  await page.getByRole("textbox", { name: "Registry" }).fill("harbor.site/hub")
  await page.getByText("harbor.site/hub/library/postgres:17.2").waitFor()
})

test("a rule is edited in its set, its mistake is shown at its field, and the sandbox tries it unsaved", async () => {
  await page.goto(`/recovery-rules/${ruleSet}`)
  await page.getByRole("button", { name: "Add a rule at the top" }).click()
  await page.getByRole("button", { name: /new-rule/ }).click()
  await page.getByLabel("Pattern").fill("division (by zero")
  await page.getByRole("button", { name: "Save" }).click()
  await page
    .getByText(/is not in RE2's syntax/)
    .first()
    .waitFor()
  await page.getByLabel("Pattern").fill("division by zero")
  await page.getByRole("tab", { name: "Sandbox" }).click()
  await page.getByRole("button", { name: "Example" }).click()
  await page.getByRole("button", { name: "Try", exact: true }).click()
  await page.getByText("new-rule takes 1, acts 1").waitFor()
  await sound("sandbox-light-and-wide")
  await page.getByRole("button", { name: "Save" }).click()
  await page.getByText("quiet is saved").waitFor()
  const stored = await api.ok("getRuleSet", { params: { id: ruleSet } })
  assert.deepEqual([stored.version, stored.set.rules[0]?.name], [2, "new-rule"])
})

for (const { name: look, colorScheme, viewport } of looks)
  test(`the screens are sound, ${look}`, async () => {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(viewport)
    const suffix = look.replaceAll(" ", "-")
    for (const [name, address] of Object.entries({
      tiers: "/storage-tiers",
      images: "/images",
      "rule-sets": "/recovery-rules",
      "built-in": "/recovery-rules/built-in",
      satellite: `/satellites/${site.id}`,
    })) {
      await page.goto(address)
      await sound(`${name}-${suffix}`)
    }
    await page.goto(`/recovery-rules/${ruleSet}`)
    await page.getByRole("button", { name: /page-invalid/ }).click()
    await sound(`rule-set-${suffix}`)
  })
