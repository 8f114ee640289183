/** One demo per folder: a lock file with the process that holds it, taken over when that process is gone. */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert } from "#core/assert.ts"
import { isAlive, type KnownProcess, processSchema, startOf } from "./proc.ts"

export type Locked =
  | { readonly kind: "locked"; readonly lock: AsyncDisposable }
  | { readonly kind: "taken"; readonly by: KnownProcess }

const takeoversMax = 5

export async function takeLock(folder: string): Promise<Locked> {
  const file = join(folder, "demo.lock")
  const mine = `${file}.${process.pid}`
  const started = await startOf(process.pid)
  assert(started !== undefined, "a running process has a start time")
  await writeFile(mine, JSON.stringify({ name: "demo", pid: process.pid, started }))
  try {
    for (let attempt = 0; attempt < takeoversMax; attempt += 1) {
      if (await linked(mine, file))
        return {
          kind: "locked",
          lock: {
            async [Symbol.asyncDispose]() {
              await rm(file, { force: true })
            },
          },
        }
      const holder = await readHolder(file)
      if (holder !== undefined && (await isAlive(holder))) return { kind: "taken", by: holder }
      // Renaming has one winner; whoever loses finds the lock of the winner in the next round.
      await rename(file, `${mine}.stale`).catch(() => undefined)
    }
    throw new Error(`${file} keeps changing hands; remove it when no demo is running`)
  } finally {
    await rm(mine, { force: true })
    await rm(`${mine}.stale`, { force: true })
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false
    throw error
  }
}

/** Who holds the lock; undefined when it is gone or not readable as one. */
async function readHolder(file: string): Promise<KnownProcess | undefined> {
  try {
    return processSchema.parse(JSON.parse(await readFile(file, "utf8")))
  } catch {
    return undefined
  }
}
