/**
 * Pictures of the dashboard's pages over the stand-in, each in both themes and both widths:
 * `node test/e2e/dashboard/shoot.ts FOLDER [PAGE ...]`, with the pages as addresses.ts names them.
 */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { pagesOf } from "./addresses.ts"
import { narrow, openScene, openStage, settled, signIn, wide } from "./browser.ts"

const [folder, ...wanted] = process.argv.slice(2)
if (folder === undefined) throw new Error("say the folder for the pictures")
await mkdir(folder, { recursive: true })
await using stage = await openStage()
for (const colorScheme of ["light", "dark"] as const)
  for (const [width, viewport] of Object.entries({ wide, narrow })) {
    await using scene = await openScene(stage, { colorScheme, viewport })
    await signIn(scene)
    for (const [name, address] of Object.entries(await pagesOf(scene))) {
      if (wanted.length > 0 && !wanted.includes(name)) continue
      await scene.page.goto(address)
      await settled(scene.page)
      const path = join(folder, `${name}-${width}-${colorScheme}.png`)
      await scene.page.screenshot({ path, fullPage: true })
    }
  }
