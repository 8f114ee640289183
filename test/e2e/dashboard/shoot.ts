/**
 * Pictures of the dashboard's pages over the stand-in, each in both themes and both widths:
 * `node test/e2e/dashboard/shoot.ts FOLDER [--strained] [PAGE ...]`, with the pages as addresses.ts names them.
 */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { pagesOf } from "./addresses.ts"
import { narrow, openScene, openStage, settled, signIn, wide } from "./browser.ts"
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
for (const colorScheme of ["light", "dark"] as const)
  for (const [width, viewport] of Object.entries({ wide, narrow })) {
    const fleet = values.strained === true ? strained(exampleFleet()) : exampleFleet()
    await using scene = await openScene(stage, { colorScheme, viewport }, fleet)
    await signIn(scene)
    for (const [name, address] of Object.entries(await pagesOf(scene))) {
      if (wanted.length > 0 && !wanted.includes(name)) continue
      await scene.page.goto(address)
      await settled(scene.page)
      const path = join(folder, `${name}-${width}-${colorScheme}.png`)
      await scene.page.screenshot({ path, fullPage: true })
    }
  }
