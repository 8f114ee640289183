/** Following a log in Chromium: what a person sees of it while it is written. */
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { after, test } from "node:test"
import { present } from "#core/assert.ts"
import type { LineLevel } from "#core/logs/tail.ts"
import type { TailMessage } from "#wire/log-tail-live.ts"
import {
  assertSound,
  looks,
  openScene,
  openStage,
  type Scene,
  signIn,
} from "./dashboard/browser.ts"
import { eventually } from "../fixtures/site.ts"

const stage = await openStage()
after(() => stage[Symbol.asyncDispose]())

const message = (
  texts: readonly string[],
  more: Partial<TailMessage> & { level?: LineLevel } = {},
): TailMessage => ({
  dropped: more.dropped ?? 0,
  lines: texts.map((text) => ({
    at: "2026-01-01T10:20:30.456Z",
    level: more.level ?? "info",
    text,
    cut: false,
  })),
  standing: more.standing ?? { kind: "following" },
})

/** Sends once somebody follows. */
const written = async ({ central }: Scene, sent: TailMessage): Promise<void> => {
  await eventually("somebody follows", () => Promise.resolve(central.write("/log", sent) > 0))
}

for (const { name, colorScheme, viewport } of looks)
  test(`a log is read, held, searched and taken along, ${name}`, async () => {
    await using scene = await openScene(stage, { colorScheme, viewport, acceptDownloads: true })
    const { page, central, complaints } = scene
    const cluster = present(
      central.fleet.clusters.find(({ name }) => name === "telemetry"),
      "the fleet has it",
    )
    await signIn(scene, `/clusters/${cluster.id}/logs?pod=telemetry-1`)
    const log = page.getByRole("region", { name: "Log of telemetry-1 postgres" })
    await log.waitFor()
    const at = "2026-01-01 10:20:30.456 UTC [71]"
    await written(
      scene,
      message([
        `${at} (postmaster) LOG:  database system is ready to accept connections`,
        `${at} (client backend) LOG:  statement: CREATE ROLE app LOGIN PASSWORD '[redacted]'`,
      ]),
    )
    central.write(
      "/log",
      message([`${at} (client backend) ERROR:  relation "x" does not exist`, "\tat character 15"], {
        level: "error",
      }),
    )
    central.write(
      "/log",
      message([`${at} (client backend) WARNING:  there is no transaction`], {
        level: "warn",
        dropped: 1234,
      }),
    )
    central.write(
      "/log",
      message(
        Array.from(
          { length: 100 },
          (_, line) =>
            `${at} (checkpointer) LOG:  checkpoint ${line} ${"wrote 12 buffers; ".repeat(6)}`,
        ),
      ),
    )
    await log.getByText("1,234 lines left out here").waitFor()
    const distance = () =>
      log.evaluate(
        ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight,
      )
    await eventually("the newest line is in sight", async () => (await distance()) < 24)
    await assertSound(page, "a log that is followed")
    await log.evaluate((element) => element.scrollTo({ top: 0 }))
    await page.getByRole("button", { name: "Jump to the end" }).click()
    await eventually("the end is in sight again", async () => (await distance()) < 24)
    await page.getByRole("searchbox", { name: "Search in what is shown" }).fill("RELATION")
    await page.getByText("1 line shown").waitFor()
    const downloading = page.waitForEvent("download")
    await page.getByRole("button", { name: "Download" }).click()
    const file = await (await downloading).path()
    assert.match(
      await readFile(file, "utf8"),
      /^2026-01-01T10:20:30\.456Z .*relation "x" does not exist\n$/,
    )
    central.write(
      "/log",
      message([], {
        standing: { kind: "ended", end: "gone", why: "telemetry-1 did not come back" },
      }),
    )
    await page.getByRole("alert").getByText("telemetry-1 did not come back").waitFor()
    await assertSound(page, "a log that has ended")
    assert.deepEqual(complaints, [])
  })

test("the logs of a member are opened from its row", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  const cluster = present(
    central.fleet.clusters.find(({ name }) => name === "telemetry"),
    "the fleet has it",
  )
  await signIn(scene, `/clusters/${cluster.id}`)
  await page.getByRole("link", { name: "Logs of telemetry-1" }).click()
  await page.getByRole("region", { name: "Log of telemetry-1 postgres" }).waitFor()
})

test("a log is opened from the page that it belongs to, and leaving ends it", async () => {
  await using scene = await openScene(stage)
  const { page, central } = scene
  const satellite = present(
    central.fleet.satellites.find(({ state }) => state === "connected"),
    "the fleet has one",
  )
  await signIn(scene, `/satellites/${satellite.id}`)
  await page.getByRole("link", { name: "Follow the satellite's log" }).click()
  await written(scene, message(['{"level":"info","event":"central.connected","name":"north"}']))
  await page.getByText("central.connected").waitFor()
  await page.getByRole("link", { name: satellite.name, exact: true }).first().click()
  await page.getByRole("heading", { name: new RegExp(`^${satellite.name}`) }).waitFor()
  await eventually("nobody follows any more", () =>
    Promise.resolve(central.write("/log", message([])) === 0),
  )
})
