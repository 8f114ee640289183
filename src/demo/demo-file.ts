/** `DIR/demo.json`: how to reach the running demo, for people with `curl` and for `make demo-fault`. */
import { readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"

const siteSchema = z.object({
  name: z.string(),
  kubeconfig: z.string(),
  /** Log and data of this site's microkube. */
  folder: z.string(),
})
export const demoSchema = z.object({
  url: z.string(),
  /** API token; whoever reads this file may do everything. */
  token: z.string(),
  grpc: z.string(),
  sites: z.array(siteSchema),
})
export type DemoFile = Readonly<z.infer<typeof demoSchema>>

const pathOf = (folder: string): string => join(folder, "demo.json")

export async function writeDemoFile(folder: string, demo: DemoFile): Promise<void> {
  const path = pathOf(folder)
  await writeFile(`${path}.new`, `${JSON.stringify(demo, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** What the last demo in this folder wrote; undefined when there never was one. */
export async function readDemoFile(folder: string): Promise<DemoFile | undefined> {
  try {
    return demoSchema.parse(JSON.parse(await readFile(pathOf(folder), "utf8")))
  } catch {
    return undefined
  }
}
