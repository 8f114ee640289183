/** Every screen, in both themes and widths: sound for axe, inside the window, without a complaint. */
import assert from "node:assert/strict"
import { after, test } from "node:test"
import { pagesOf } from "./dashboard/addresses.ts"
import {
  assertFits,
  assertSound,
  goOn,
  looks,
  narrow,
  openScene,
  openStage,
  settled,
  signIn,
  wide,
} from "./dashboard/browser.ts"
import { graveDialogs } from "./dashboard/dialogs.ts"
import { exampleFleet } from "./dashboard/fleet.ts"
import { strained } from "./dashboard/strained.ts"

const stage = await openStage()
after(() => stage[Symbol.asyncDispose]())

/** As from a bookmark. */
const open: typeof goOn = async (page, address) => {
  await page.goto(address)
  await settled(page)
}

for (const [index, { name, colorScheme, viewport }] of looks.entries())
  test(`every page is sound, ${name}`, async () => {
    await using scene = await openScene(stage, { colorScheme, viewport })
    const { page, complaints } = scene
    await page.goto("/sign-in")
    await settled(page)
    await assertSound(page, "/sign-in")
    await signIn(scene)
    const go = index === 0 ? open : goOn
    for (const address of Object.values(await pagesOf(scene))) {
      await go(page, address)
      await assertSound(page, address)
    }
    assert.deepEqual(complaints, [])
  })

for (const colorScheme of ["light", "dark"] as const)
  test(`every dialog is sound in the ${colorScheme} theme`, async () => {
    await using scene = await openScene(stage, { colorScheme })
    const { page, complaints } = scene
    await signIn(scene, "/satellites")
    const close = async (what: string): Promise<void> => {
      await assertSound(page, what)
      await page.keyboard.press("Escape")
      await page
        .getByRole("dialog")
        .or(page.getByRole("alertdialog"))
        .waitFor({ state: "detached" })
    }
    await page.getByRole("button", { name: "Approve plant-porto" }).click()
    await close("approve")
    await page.getByRole("button", { name: "Reject plant-porto" }).click()
    await close("reject")
    await page.getByRole("link", { name: "plant-leipzig" }).click()
    await page.getByRole("button", { name: "Edit name and labels" }).click()
    await close("edit")
    await page.goto(`/clusters/${scene.central.fleet.clusters[0]?.id}`)
    await page.getByRole("button", { name: "Delete" }).click()
    await close("delete cluster")
    await page.getByRole("button", { name: "New database" }).click()
    await page.getByLabel("May be reached from").fill("10.0.0.1/8")
    await page.getByRole("button", { name: "Make database" }).click()
    await close("new database")
    for (const deed of ["New password", "Edit owner", "Drop"]) {
      await page.getByRole("button", { name: "Change orders" }).click()
      await page.getByRole("menuitem", { name: deed }).click()
      await close(deed)
    }
    await page.goto("/tokens")
    await page.getByRole("button", { name: "New token" }).click()
    await close("new token")
    await page.keyboard.press("/")
    await page
      .getByRole("menuitem", { name: /plant-turin/ })
      .first()
      .waitFor()
    await close("find")
    await page.getByRole("button", { name: /^Account and theme/ }).click()
    await assertSound(page, "account")
    assert.deepEqual(complaints, [])
  })

for (const { name, colorScheme, viewport } of looks)
  test(`dialogs that decide over data are sound, ${name}`, async () => {
    await using scene = await openScene(stage, { colorScheme, viewport })
    await signIn(scene)
    for (const [dialog, open] of Object.entries(graveDialogs)) {
      await open(scene)
      await assertSound(scene.page, dialog)
    }
    assert.deepEqual(scene.complaints, [])
  })

for (const [name, viewport] of Object.entries({ wide, narrow })) {
  test(`names as long as they may be have room on a ${name} screen`, async () => {
    await using scene = await openScene(stage, { viewport }, strained(exampleFleet()))
    const { page, central, complaints } = scene
    await signIn(scene)
    for (const address of Object.values(await pagesOf(scene))) {
      await goOn(page, address)
      await assertFits(page, address)
    }
    const telemetry = central.fleet.clusters.find((each) => each.name.startsWith("telemetry"))
    await page.goto(`/clusters/${telemetry?.id}`)
    await page.getByRole("button", { name: "Switchover" }).click()
    await page.getByRole("button", { name: /^Switch over to/ }).waitFor()
    await assertFits(page, "switchover")
    await page.goto("/satellites")
    for (const deed of ["Approve", "Reject"]) {
      await page.getByRole("button", { name: new RegExp(`^${deed} `) }).click()
      await page.getByRole("button", { name: deed, exact: true }).waitFor()
      await assertFits(page, deed)
      await page.keyboard.press("Escape")
      await page
        .getByRole("dialog")
        .or(page.getByRole("alertdialog"))
        .waitFor({ state: "detached" })
    }
    await page.keyboard.press("/")
    await page
      .getByRole("menuitem", { name: /orders-of/ })
      .first()
      .waitFor()
    await assertFits(page, "find")
    assert.deepEqual(complaints, [])
  })
}

test("an empty fleet says what to do first, on every page", async () => {
  await using scene = await openScene(
    stage,
    {},
    {
      satellites: [],
      clusters: [],
      profiles: [],
      versions: [],
      rules: [],
      events: [],
      roleChanges: [],
      operations: [],
    },
  )
  const { page } = scene
  await signIn(scene)
  await page.getByText("Three steps to the first cluster").waitFor()
  for (const [address, words] of Object.entries({
    "/satellites": "No satellite has registered yet",
    "/clusters": "No cluster yet",
    "/operations": "Nobody has asked for anything yet",
    "/events": "Nothing has happened yet",
    "/profiles": "No profile yet",
    "/rules": "No rule yet",
    "/rollouts": "No rollout yet",
    "/freeze-windows": "No freeze window",
  })) {
    await page.goto(address)
    await page.getByText(words).waitFor()
    await assertSound(page, `empty ${address}`)
  }
})
