/** The dashboard in Chromium, over a stand-in for central that can be made to fail: what a person does and sees. */
import assert from "node:assert/strict"
import { after, test } from "node:test"
import type { Page } from "playwright-core"
import { present } from "#core/assert.ts"
import { assertSound, live, openScene, openStage, settled, signIn } from "./dashboard/browser.ts"
import { event, instance } from "./dashboard/fleet-parts.ts"

const stage = await openStage()
after(() => stage[Symbol.asyncDispose]())

const text = async (page: Page, words: string | RegExp): Promise<void> => {
  await page.getByText(words).first().waitFor()
}

test("the door refuses wrong passwords, then too many, and leads back to the page that was asked for", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  await page.goto("/events?severity=error")
  await page.getByLabel("User").fill("admin")
  const attempt = async (password: string): Promise<void> => {
    await page.getByLabel("Password").fill(password)
    await page.getByRole("button", { name: "Sign in" }).click()
  }
  await attempt("wrong")
  await text(page, "User or password is wrong.")
  await attempt(central.password)
  await page.getByRole("heading", { name: "Events" }).waitFor()
  assert.match(page.url(), /\/events\?severity=error$/)
})

test("too many wrong passwords say how long to wait", async () => {
  await using scene = await openScene(stage)
  const { page } = scene
  await page.goto("/")
  await page.getByLabel("User").fill("admin")
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await page.getByLabel("Password").fill(`wrong ${attempt}`)
    const answered = page.waitForResponse((response) => response.url().endsWith("/session"))
    await page.getByRole("button", { name: "Sign in" }).click()
    await answered
  }
  await text(page, "Too many tries. Wait 30 seconds before the next one.")
})

test("a failover is watched without a reload: state, roles, term and event", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  const cluster = present(
    central.fleet.clusters.find(({ name }) => name === "telemetry"),
    "the fleet has it",
  )
  await signIn(scene, `/clusters/${cluster.id}`)
  await page.evaluate(() => document.body.setAttribute("data-stayed", ""))
  const row = (pod: string) => page.getByRole("row", { name: new RegExp(`^${pod}`) })
  await row("telemetry-2").getByText("Primary").waitFor()
  central.push({
    kind: "cluster",
    cluster: {
      ...cluster,
      state: "failing-over",
      reason: "The postmaster of telemetry-2 has exited.",
      primary: null,
      instances: cluster.instances.map((each) =>
        each.role === "primary"
          ? { ...each, role: "unknown", phase: "stopped", ready: false }
          : each,
      ),
    },
  })
  await text(page, "Failing over")
  await row("telemetry-2").getByText("Stopped").waitFor()
  const message = "telemetry-0 is primary of telemetry in term 5; writes were away for 0.8 s."
  central.push({
    kind: "cluster",
    cluster: {
      ...cluster,
      primary: "telemetry-0",
      term: 5,
      instances: [
        instance("telemetry-0", "primary", { timeline: 5 }),
        instance("telemetry-1", "replica", { timeline: 5 }),
        instance("telemetry-2", "replica", { timeline: 5, phase: "rewinding", ready: false }),
      ],
    },
  })
  central.push({
    kind: "events",
    events: [event(0, "warning", "failover.completed", message, { cluster })],
  })
  await row("telemetry-0").getByText("Primary").waitFor()
  await row("telemetry-2").getByText("Rewinding").waitFor()
  await text(page, message)
  assert.equal(await page.evaluate(() => document.body.hasAttribute("data-stayed")), true)
  await assertSound(page, "after the failover")
})

test("a satellite is approved from the keyboard alone", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  await signIn(scene)
  await settled(page)
  await page.keyboard.press("/")
  await page.locator("input:focus").waitFor()
  await page.keyboard.type("porto")
  // At once, as people do, long before central has found it.
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: /^plant-porto/ }).waitFor()
  await page.getByRole("button", { name: "Approve plant-porto" }).focus()
  await page.keyboard.press("Enter")
  await page.getByRole("dialog").waitFor()
  await page.getByLabel("Name", { exact: true }).and(page.locator(":focus")).waitFor()
  await page.keyboard.press("Control+A")
  await page.keyboard.type("plant-porto-1")
  await page.keyboard.press("Enter")
  await page.getByRole("heading", { name: /plant-porto-1.*Connected/ }).waitFor()
  assert.ok(
    central.fleet.satellites.some(
      ({ name, state }) => name === "plant-porto-1" && state === "connected",
    ),
  )
})

test("the first stop of the keyboard leads past the navigation, and g with a letter goes", async () => {
  await using scene = await openScene(stage)
  const { page } = scene
  await signIn(scene)
  await settled(page)
  await page.reload()
  await settled(page)
  await page.keyboard.press("Tab")
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to content")
  await page.keyboard.press("Enter")
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main")
  await page.keyboard.press("g")
  await page.keyboard.press("c")
  await page.getByRole("heading", { name: "Clusters" }).waitFor()
})

test("an absent central is told, with the age of what is shown, and its return is seen", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  await signIn(scene, "/clusters")
  await settled(page)
  central.away()
  await text(page, /The live connection is lost\. Showing what was known at/)
  await page
    .getByRole("status", { name: "Live connection: Reconnecting" })
    .first()
    .waitFor({ state: "attached" })
  await assertSound(page, "reconnecting")
  const [first] = central.fleet.clusters
  central.fleet.clusters = [
    { ...present(first, "there is one"), name: "renamed-meanwhile" },
    ...central.fleet.clusters.slice(1),
  ]
  central.back()
  await live(page)
  await text(page, "renamed-meanwhile")
})

test("a session that ends asks over the page, and the page goes on where it was", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  await signIn(scene, "/rules/new")
  await page.getByLabel("Name of the rule").fill("kept")
  central.endSessions()
  const asked = page.getByRole("dialog", { name: "Your session has ended" })
  await asked.waitFor()
  await assertSound(page, "session ended")
  await asked.getByLabel("Password").fill(central.password)
  await asked.getByRole("button", { name: "Sign in" }).click()
  await asked.waitFor({ state: "detached" })
  await live(page)
  assert.equal(await page.getByLabel("Name of the rule").inputValue(), "kept")
})

test("signing out shuts the door and leaves nothing behind", async () => {
  await using scene = await openScene(stage)
  const { page } = scene
  await signIn(scene, "/clusters")
  await page.getByRole("button", { name: /^Account and theme/ }).click()
  await page.getByRole("menuitem", { name: "Sign out" }).click()
  await page.getByRole("button", { name: "Sign in" }).waitFor()
  await page.goto("/clusters")
  await page.getByRole("button", { name: "Sign in" }).waitFor()
})

test("the theme that was chosen is there again after a reload, before anything is drawn", async () => {
  await using scene = await openScene(stage, { colorScheme: "light" })
  const { page } = scene
  await signIn(scene)
  await page.getByRole("button", { name: /^Account and theme/ }).click()
  await page.getByRole("menuitemradio", { name: "Dark" }).click()
  assert.equal(await page.evaluate(() => document.documentElement.dataset["theme"]), "dark")
  await page.route("**/assets/*.js", (route) => route.abort())
  await page.reload({ waitUntil: "domcontentloaded" })
  assert.equal(await page.evaluate(() => document.documentElement.dataset["theme"]), "dark")
})

test("new events wait above what is being read, and come at a press", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  await signIn(scene, "/events")
  await settled(page)
  central.push({ kind: "events", events: [event(0, "info", "first", "Seen at the top at once.")] })
  await text(page, "Seen at the top at once.")
  await page.mouse.wheel(0, 1200)
  let place = 0
  while (place < 600) place = await page.evaluate(() => scrollY)
  central.push({
    kind: "events",
    events: [event(0, "warning", "second", "Held back while reading.")],
  })
  await page.getByRole("button", { name: "1 new event" }).waitFor()
  assert.equal(await page.getByText("Held back while reading.").count(), 0)
  assert.equal(await page.evaluate(() => scrollY), place)
  await page.getByRole("button", { name: "1 new event" }).click()
  await text(page, "Held back while reading.")
})

test("the log goes on by scrolling until its end", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  await signIn(scene, "/events")
  await settled(page)
  const all = central.fleet.events.length
  assert.ok(all > 60, "more than one page")
  while ((await page.getByText(`That is all: ${all} events.`).count()) === 0) {
    await page.mouse.wheel(0, 3000)
    await page.evaluate(() => new Promise(requestAnimationFrame))
  }
  assert.equal(await page.locator("ol[aria-label=Events] > li").count(), all)
})

test("a cluster is made from the browser: profile, rule with its preview, and refusals at their field", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  await signIn(scene, "/profiles/new")
  await page.getByRole("tab", { name: "PostgreSQL" }).click()
  await page.getByRole("button", { name: "Add by name" }).click()
  await page.getByLabel("Name of parameter 1").fill("fsync")
  await page.getByLabel("Value of parameter 1").fill("off")
  await page.getByRole("button", { name: "Make profile" }).click()
  await text(page, "2 things are to be corrected.")
  await page.getByLabel("Name", { exact: true }).fill("edge-fast")
  await page.getByRole("tab", { name: /PostgreSQL/ }).click()
  await text(page, /is set by pg-swarm/)
  await assertSound(page, "a profile with mistakes")
  await page.getByLabel("Name of parameter 1").fill("work_mem")
  await page.getByLabel("Value of parameter 1").fill("16MB")
  await page.getByRole("button", { name: "Make profile" }).click()
  await page.getByRole("heading", { name: "New rule" }).waitFor()
  assert.ok(central.fleet.profiles.some(({ name }) => name === "edge-fast"))
  await page.getByLabel("Name of the rule").fill("on-stores")
  await page.getByLabel("Name of the cluster").fill("tills")
  await page.getByLabel("Name of label 1").fill("kind")
  await page.getByLabel("Value of label 1").fill("store")
  await text(page, "1 approved satellite matches.")
  await text(page, /on satellite store-oslo-03, where one of that name is already/)
  await page.getByLabel("Name of the cluster").fill("basket")
  await page.getByText(/one of that name is already/).waitFor({ state: "detached" })
  await page.getByRole("button", { name: "Make rule" }).click()
  await page.getByRole("heading", { name: "Clusters" }).waitFor()
  assert.ok(
    central.fleet.rules.some(
      ({ name, clusterName }) => name === "on-stores" && clusterName === "basket",
    ),
  )
})

test("a profile in use is not deleted, and the refusal is shown", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  const used = present(central.fleet.profiles[0], "there is a profile")
  await signIn(scene, `/profiles/${used.id}`)
  await page.getByRole("button", { name: "Delete" }).click()
  await page.getByRole("button", { name: "Delete profile" }).click()
  await text(page, /is used by \d+ clusters/)
  assert.ok(central.fleet.profiles.some(({ id }) => id === used.id))
})

test("a token is shown once and is gone from the page afterwards", async () => {
  await using scene = await openScene(stage)
  const { page } = scene
  await signIn(scene, "/tokens")
  await page.getByRole("button", { name: "New token" }).click()
  await page.getByLabel("Name", { exact: true }).fill("nightly-report")
  await page.getByRole("button", { name: "Make token" }).click()
  const token = await page.getByTestId("token").textContent()
  assert.match(token ?? "", /^pgs_/)
  await assertSound(page, "a new token")
  await page.getByRole("button", { name: "I have copied it" }).click()
  await page.getByRole("row", { name: /nightly-report/ }).waitFor()
  assert.equal(await page.getByText(token ?? "").count(), 0)
  await page.getByRole("button", { name: "Revoke nightly-report" }).click()
  await page.getByRole("button", { name: "Revoke", exact: true }).click()
  await page.getByRole("row", { name: /nightly-report/ }).waitFor({ state: "detached" })
})

test("lists are filtered by the address, and Back undoes a page", async () => {
  await using scene = await openScene(stage)
  const { page } = scene
  await signIn(scene, "/clusters?state=degraded")
  await settled(page)
  assert.equal(await page.getByRole("table", { name: "Clusters" }).getByRole("row").count(), 2)
  await page.getByRole("radio", { name: /^All/ }).click()
  await page.getByLabel("Search clusters").fill("oslo")
  await page.waitForURL(/search=oslo/)
  await page.getByRole("link", { name: "tills" }).click()
  await page.getByRole("heading", { name: /^tills/ }).waitFor()
  await page.goBack()
  await page.waitForURL(/search=oslo/)
  assert.equal(await page.getByLabel("Search clusters").inputValue(), "oslo")
})
