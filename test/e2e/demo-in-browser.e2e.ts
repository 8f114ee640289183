/** The demo as a stranger meets it: signs in, lets a satellite in, and watches a failover and a switchover, all in Chromium. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { chromium, type Page } from "playwright-core"
import { present } from "#core/assert.ts"
import { adminUser } from "../../src/demo/compose.ts"
import { postmasterOf, processesOfPod } from "../../src/demo/containers.ts"
import { clusterName, ensureProfile, ensureRule } from "../../src/demo/fleet.ts"
import { assertAccessible } from "./dashboard/browser.ts"
import { openTestDemo, siteOf } from "./demo-fixture.ts"

const patience = 180_000
const browser = process.env["PG_SWARM_TEST_CHROMIUM"] ?? "/usr/bin/chromium"

const history = (page: Page) => page.getByRole("list", { name: "Role changes" })

/** The failover stands in the history: who, why and where the time went. */
async function explainedLive(page: Page, from: string, to: string): Promise<void> {
  const row = history(page).locator("> li").filter({ hasText: "Failover" }).first()
  await row.filter({ hasText: `The server of ${from} crashed` }).waitFor()
  const text = await row.innerText()
  assert.match(text, new RegExp(`${from}[^]*${to}[^]*term \\d+`))
  for (const part of ["Detect", "Elect", "Promote", "Total"]) assert.match(text, new RegExp(part))
  await row.getByText("What was seen").click()
  await row.getByText(/let go of the Lease/).waitFor()
}

/** The role goes back to `to` from the dialog; the steps are followed to the end. */
async function switchedOver(page: Page, to: string): Promise<void> {
  await page.getByRole("button", { name: "Switchover", exact: true }).click()
  const dialog = page.getByRole("dialog")
  // Its label hides the input of a radio from the pointer.
  await dialog.getByRole("radio", { name: new RegExp(`^${to}`) }).press("Space")
  await assertAccessible(page, page.url())
  await dialog.getByRole("button", { name: `Switch over to ${to}` }).click()
  const panel = page.getByRole("region", { name: `Switchover to ${to}` })
  await panel.getByText(`${to} is primary`).waitFor()
  await panel.getByText(/Writes were away for about/).waitFor()
  const steps = await panel.getByRole("list", { name: "Steps" }).innerText()
  for (const step of ["Check", "Stop", "Confirm", "Release", "Promote"])
    assert.match(steps, new RegExp(step))
  await history(page).locator("> li").filter({ hasText: "Switchover" }).first().waitFor()
  await page
    .getByRole("table", { name: "Instances" })
    .getByRole("row", { name: new RegExp(`^${to}\\b`) })
    .filter({ hasText: /primary/i })
    .waitFor()
}

test("a person signs in, approves a satellite and sees a failover and a switchover happen live", async (t) => {
  const say = (line: string): void => t.diagnostic(line)
  await using opened = await openTestDemo(["--sites", "1"], say)
  const { demo, flags } = opened
  const site = siteOf(demo, 0)
  await ensureRule(demo.api, await ensureProfile(demo.api, flags, demo.postgres[0].major, say), say)

  const chrome = await chromium.launch({ executablePath: browser, args: ["--no-sandbox"] })
  try {
    const context = await chrome.newContext({ viewport: { width: 1400, height: 1000 } })
    const page = await context.newPage()
    page.setDefaultTimeout(patience)
    await page.goto(demo.url)
    await page.getByLabel("User").fill(adminUser)
    await page.getByLabel("Password").fill(demo.password)
    await page.getByRole("button", { name: "Sign in" }).click()

    await page.getByRole("navigation").getByRole("link", { name: "Satellites" }).first().click()
    await page.getByRole("button", { name: `Approve ${site.name}` }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click()
    await page.getByRole("button", { name: `Approve ${site.name}` }).waitFor({ state: "detached" })

    await page.getByRole("navigation").getByRole("link", { name: "Clusters" }).first().click()
    await page.getByRole("link", { name: clusterName }).first().click()
    // No reload from here on: everything that follows arrives by itself.
    await page.evaluate("globalThis.stayed = true")
    await page.getByText("3 of 3 ready").waitFor()
    await assertAccessible(page, page.url())

    const { items } = await demo.api.call("listClusters", { query: {} })
    const cluster = present(items[0], "there is a cluster")
    const old = present(cluster.primary ?? undefined, "it has a primary")
    const rowOf = (pod: string) =>
      page
        .getByRole("table", { name: "Instances" })
        .getByRole("row", { name: new RegExp(`^${pod}\\b`) })
    await rowOf(old)
      .filter({ hasText: /primary/i })
      .waitFor()

    const processes = await processesOfPod(site.folder, cluster.namespace, old)
    process.kill(present(postmasterOf(processes), `PostgreSQL of ${old} runs`).pid, "SIGKILL")
    await rowOf(old)
      .filter({ hasText: /standby/i })
      .waitFor()
    await page.getByText("3 of 3 ready").waitFor()
    const after = await demo.api.call("getCluster", { params: { id: cluster.id } })
    assert.notEqual(after.primary, old)
    await rowOf(present(after.primary ?? undefined, "it has a primary"))
      .filter({ hasText: /primary/i })
      .waitFor()
    await explainedLive(page, old, present(after.primary ?? undefined, "it has a primary"))
    await switchedOver(page, old)
    assert.equal(await page.evaluate("globalThis.stayed"), true, "the page was not loaded again")
    await assertAccessible(page, page.url())
  } finally {
    await chrome.close()
  }
})
