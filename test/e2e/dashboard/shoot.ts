/**
 * Pictures of the dashboard's pages over the stand-in, each in both themes and both widths:
 * `node test/e2e/dashboard/shoot.ts FOLDER [--strained] [PAGE ...]`, with the pages as addresses.ts names them and the
 * dialogs as dialogs.ts does.
 */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { pagesOf } from "./addresses.ts"
import { narrow, openScene, openStage, settled, signIn, wide } from "./browser.ts"
import { graveDialogs } from "./dialogs.ts"
import { exampleFleet } from "./fleet.ts"
import { strained } from "./strained.ts"

const { values, positionals } = parseArgs({
  options: { strained: { type: "boolean" } },
  allowPositionals: true,
})
const [folder, ...wanted] = positionals
if (folder === undefined) throw new Error("say the folder for the pictures")
await mkdir(folder, { recursive: true })
await using stage = await openStage()
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name)
const fleet = () => (values.strained === true ? strained(exampleFleet()) : exampleFleet())
for (const colorScheme of ["light", "dark"] as const)
  for (const [width, viewport] of Object.entries({ wide, narrow })) {
    const file = (name: string): string => join(folder, `${name}-${width}-${colorScheme}.png`)
    await using scene = await openScene(stage, { colorScheme, viewport }, fleet())
    await signIn(scene)
    for (const [name, address] of Object.entries(await pagesOf(scene))) {
      if (!isWanted(name)) continue
      await scene.page.goto(address)
      await settled(scene.page)
      await scene.page.screenshot({ path: file(name), fullPage: true })
    }
    if (values.strained === true) continue
    for (const [name, open] of Object.entries(graveDialogs)) {
      if (!isWanted(name)) continue
      await open(scene)
      await scene.page.screenshot({ path: file(name) })
      await scene.page.keyboard.press("Escape")
    }
  }
