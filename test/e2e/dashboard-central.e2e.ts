/** The dashboard in Chromium over the real central and a site that speaks the real protocol. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import type { Page } from "playwright-core"
import type { ClusterHealth, ClusterState, InstanceHealth } from "#core/cluster/state.ts"
import {
  type ClusterId,
  eventId,
  memberPod,
  clusterName,
  podName,
  term,
  timeline,
  configVersion,
} from "#core/ids.ts"
import type { Central } from "../../src/central/central.ts"
import { adminPassword, restUrl, startTestCentral } from "../fixtures/central.ts"
import { instanceHealth } from "../fixtures/instance-health.ts"
import { type TestServer, testServer } from "../fixtures/postgres.ts"
import { Site } from "../fixtures/site.ts"
import { type Stage, assertSound, live, openStage, wide } from "./dashboard/browser.ts"

let server: TestServer
let stage: Stage

before(async () => {
  server = await testServer()
  stage = await openStage()
})
after(async () => {
  await stage[Symbol.asyncDispose]()
  await server.close()
})

const member = (at: number, primary: number): InstanceHealth =>
  instanceHealth(memberPod(clusterName("orders"), at), {
    role: at === primary ? "primary" : "replica",
    phase: at === primary ? "primary" : "streaming",
    ready: true,
    timeline: timeline(primary + 1),
    lagBytes: at === primary ? 0 : 4096,
    lagSeconds: 0,
    connectionsUsed: 3,
    connectionsActive: 1,
    connectionsMax: 100,
    dataBytes: 25_000_000,
    walBytes: 16_777_216,
    diskTotalBytes: 10_000_000_000,
    diskFreeBytes: 9_000_000_000,
    receiver: at === primary ? undefined : "streaming",
    startedAt: Date.now() - 60_000,
    synchronous: at !== primary,
  })

const health = (clusterId: ClusterId, state: ClusterState, primary: number): ClusterHealth => ({
  clusterId,
  state,
  reason: `orders-${primary} is primary`,
  appliedVersion: configVersion(1),
  primary: podName(`orders-${primary}`),
  term: term(primary + 1),
  instances: [0, 1, 2].map((at) => member(at, primary)),
  observedAt: Date.now(),
  systemIdentifier: undefined,
})

async function enter(page: Page, central: Central): Promise<void> {
  await page.goto(restUrl(central))
  await page.getByLabel("User").fill("admin")
  await page.getByLabel("Password").fill("not this one")
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.getByText("User or password is wrong.").waitFor()
  await page.getByLabel("Password").fill(adminPassword)
  await page.getByRole("button", { name: "Sign in" }).click()
  await live(page)
}

test("from the empty fleet to a failover: every step in the browser, nothing reloaded, nothing refused by the policy", async () => {
  await using central = await startTestCentral(await server.freshDatabase(), {
    dashboardDir: stage.built,
  })
  const context = await stage.browser.newContext({ viewport: wide, reducedMotion: "reduce" })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    const complaints: string[] = []
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        complaints.push(message.text())
    })
    await enter(page, central)
    await page.getByText("Three steps to the first cluster").waitFor()
    await page.evaluate(() => document.body.setAttribute("data-stayed", ""))

    const site = new Site(central, "plant-porto")
    await site.register({ tier: "edge" })
    await page.getByRole("button", { name: "Approve plant-porto" }).click()
    await page.getByRole("button", { name: "Add label" }).click()
    await page.getByLabel("Name of label 2").fill("kind")
    await page.getByLabel("Value of label 2").fill("plant")
    await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click()
    await page.getByRole("dialog").waitFor({ state: "detached" })
    assert.equal((await site.approval()).kind, "approved")
    const { stream } = await site.connect()
    await page.getByText("Connected").first().waitFor()

    const nav = page.getByRole("navigation")
    await nav.getByRole("link", { name: "Profiles" }).click()
    await page.getByRole("link", { name: "New profile" }).click()
    await page.getByLabel("Name", { exact: true }).fill("edge")
    await page.getByRole("button", { name: "Make profile" }).click()
    await page.getByLabel("Name of the rule").fill("orders-on-plants")
    await page.getByLabel("Name of the cluster").fill("orders")
    await page.getByLabel("Name of label 1").fill("kind")
    await page.getByLabel("Value of label 1").fill("plant")
    await page.getByText("1 approved satellite matches.").waitFor()
    await page.getByRole("button", { name: "Make rule" }).click()

    const { spec } = await stream.next("config")
    assert.equal(spec.name, "orders")
    await page.getByRole("link", { name: "orders" }).click()
    await page.getByText("Creating").first().waitFor()
    stream.send({
      kind: "config-ack",
      clusterId: spec.id,
      version: spec.version,
      outcome: { kind: "applied" },
    })
    stream.send({ kind: "health", health: health(spec.id, "healthy", 0) })
    await page.getByText("3 of 3 ready").waitFor()
    await assertSound(page, "a healthy cluster")

    const row = (pod: string) => page.getByRole("row", { name: new RegExp(`^${pod}`) })
    await row("orders-0").getByText("Primary").waitFor()
    stream.send({ kind: "health", health: health(spec.id, "healthy", 1) })
    stream.send({
      kind: "events",
      unreadable: [],
      events: [
        {
          id: eventId(randomUUID()),
          at: Date.now(),
          severity: "warning",
          kind: "failover.completed",
          message: "orders-1 became primary in term 2",
          clusterId: spec.id,
          pod: podName("orders-1"),
          details: { detectMs: "120", electMs: "40", promoteMs: "600", routeMs: "80" },
        },
      ],
    })
    await row("orders-1").getByText("Primary").waitFor()
    await row("orders-0").getByText("Standby").waitFor()
    await page.getByText("orders-1 became primary in term 2").waitFor()
    await page.getByText("600 ms").waitFor()

    await page.getByRole("button", { name: "Delete" }).click()
    await page.getByLabel("Type orders to confirm").fill("orders")
    await page.getByRole("button", { name: "Delete cluster and data" }).click()
    await page.getByText("Deleting").first().waitFor()
    const { clusterId } = await stream.next("delete-cluster")
    stream.send({ kind: "delete-ack", clusterId, gone: true })
    await page.getByRole("heading", { name: "There is no such page" }).waitFor()

    assert.equal(await page.evaluate(() => document.body.hasAttribute("data-stayed")), true)
    assert.deepEqual(complaints, [])
    await site.close()
  } finally {
    await context.close()
  }
})

test("a central that goes away is told, and the page that was asked for comes back with it", async () => {
  const database = await server.freshDatabase()
  const first = await startTestCentral(database, { dashboardDir: stage.built })
  const port = first.rest.port
  const context = await stage.browser.newContext({ viewport: wide, reducedMotion: "reduce" })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    await enter(page, first)
    await page.getByRole("navigation").getByRole("link", { name: "API tokens" }).click()
    await page.getByText("No token yet").waitFor()
    await first[Symbol.asyncDispose]()
    await page.getByText("The live connection is lost.").waitFor()
    await using _second = await startTestCentral(database, {
      dashboardDir: stage.built,
      rest: { host: "127.0.0.1", port },
    })
    await live(page)
    await page.getByRole("heading", { name: "API tokens" }).waitFor()
    assert.equal(await page.getByRole("dialog").count(), 0, "the session outlives central")
  } finally {
    await context.close()
  }
})
