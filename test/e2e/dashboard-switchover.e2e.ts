/** The history of a cluster and its switchover in Chromium, on the stand-in for central. */
import assert from "node:assert/strict"
import { after, test } from "node:test"
import { present } from "#core/assert.ts"
import {
  assertSound,
  live,
  narrow,
  openScene,
  openStage,
  type Scene,
  settled,
  signIn,
} from "./dashboard/browser.ts"
import { roleChange, switchover } from "./dashboard/history.ts"

const stage = await openStage()
after(() => stage[Symbol.asyncDispose]())

const telemetryOf = ({ central }: Scene) =>
  present(
    central.fleet.clusters.find(({ name }) => name === "telemetry"),
    "the example fleet has telemetry",
  )

for (const colorScheme of ["light", "dark"] as const)
  test(`history, dialog and every end of a switchover are sound in the ${colorScheme} theme`, async () => {
    for (const viewport of [{ width: 1440, height: 900 }, narrow]) {
      await using scene = await openScene(stage, { colorScheme, viewport })
      const { page, central, complaints } = scene
      const cluster = telemetryOf(scene)
      await signIn(scene, `/clusters/${cluster.id}`)
      await settled(page)
      await page.getByText("What was seen").first().click()
      await assertSound(page, "the history")
      await page.getByRole("button", { name: "Switchover" }).click()
      await assertSound(page, "the dialog")
      await page.keyboard.press("Escape")
      const operation = switchover(cluster, 2, { running: "confirm", target: "telemetry-1" })
      const push = (change: Partial<typeof operation>): void =>
        central.push({ kind: "operation", operation: { ...operation, ...change } })
      push({})
      await page.getByRole("region", { name: "Switchover to telemetry-1" }).waitFor()
      await assertSound(page, "a running switchover")
      push({ state: "failed", error: "the candidate did not receive the shutdown checkpoint" })
      await page.getByText("The old primary goes on.").waitFor()
      await assertSound(page, "a failed switchover")
      push({ ...switchover(cluster, 2, { target: "telemetry-1" }), id: operation.id })
      await page.getByText("telemetry-1 is primary").waitFor()
      await assertSound(page, "a switchover that succeeded")
      assert.deepEqual(complaints, [])
    }
  })

test("a switchover is done with the keyboard alone, survives a reload, and ends in the history", async () => {
  await using scene = await openScene(stage)
  const { page, central, complaints } = scene
  const cluster = telemetryOf(scene)
  await signIn(scene, `/clusters/${cluster.id}`)
  await page.getByRole("button", { name: "Switchover" }).focus()
  await page.keyboard.press("Enter")
  const dialog = page.getByRole("dialog", { name: "Switch telemetry over" })
  await dialog.waitFor()
  await dialog.getByRole("radio", { name: /telemetry-1/ }).focus()
  await page.keyboard.press("ArrowDown")
  await dialog.getByRole("button", { name: "Switch over to telemetry-0" }).waitFor()
  await page.keyboard.press("Enter")
  const panel = page.getByRole("region", { name: "Switchover to telemetry-0" })
  await panel.waitFor()

  await page.reload()
  await live(page)
  await panel.waitFor()
  const running = present(central.fleet.operations[0], "it was asked for")
  assert.equal(running.target, "telemetry-0")
  await panel.getByRole("button", { name: "Cancel" }).waitFor()
  const next = (change: Parameters<typeof switchover>[2]): void =>
    central.push({
      kind: "operation",
      operation: {
        ...switchover(cluster, 1, { target: "telemetry-0", ...change }),
        id: running.id,
      },
    })
  next({ running: "promote" })
  await panel.getByText("It can not be cancelled any more").waitFor()
  assert.equal(await panel.getByRole("button", { name: "Cancel" }).isDisabled(), true)
  next({})
  central.push({
    kind: "role-change",
    roleChange: roleChange(cluster, 0, {
      kind: "switchover",
      cause: "handed-over",
      from: "telemetry-2",
      to: "telemetry-0",
      term: 5,
      totalMs: 112,
    }),
  })
  await panel.getByText("Writes were away for about 250 ms").waitFor()
  await page
    .getByRole("list", { name: "Role changes" })
    .getByRole("listitem")
    .first()
    .filter({ hasText: "term 5" })
    .waitFor()
  await panel.getByRole("button", { name: "Dismiss" }).click()
  await panel.waitFor({ state: "detached" })
  assert.deepEqual(complaints, [])
})
