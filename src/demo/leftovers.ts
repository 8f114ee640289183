/** Processes that a demo left behind when it was killed: found by what it wrote down and by where they live. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as z from "zod"
import { isAlive, type KnownProcess, processesOf, processSchema } from "./proc.ts"

export const recordFile = (folder: string): string => join(folder, "processes.json")

async function recorded(folder: string): Promise<readonly KnownProcess[]> {
  try {
    return z.array(processSchema).parse(JSON.parse(await readFile(recordFile(folder), "utf8")))
  } catch {
    return []
  }
}

const politeMs = 15_000
const lookEveryMs = 50

/** Asks them to end, and ends those that do not listen. Resolves when all are gone. */
export async function end(
  processes: readonly KnownProcess[],
  patienceMs = politeMs,
): Promise<void> {
  await signal(processes, "SIGTERM")
  if (await gone(processes, patienceMs)) return
  await signal(processes, "SIGKILL")
  await gone(processes, politeMs)
}

async function signal(processes: readonly KnownProcess[], name: NodeJS.Signals): Promise<void> {
  for (const known of processes) {
    if (!(await isAlive(known))) continue
    try {
      process.kill(known.pid, name)
    } catch {
      // It ended between the look and the signal.
    }
  }
}

async function gone(processes: readonly KnownProcess[], withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs
  for (;;) {
    const alive = await Promise.all(processes.map(isAlive))
    if (!alive.includes(true)) return true
    if (performance.now() > until) return false
    await sleep(lookEveryMs)
  }
}

/**
 * Ends what an earlier demo in this folder left running; says how many that were. First the programs that
 * it had written down, so that they take their own children with them, then whoever is still there.
 */
export async function endLeftovers(folder: string, uids: ReadonlySet<number>): Promise<number> {
  const before = await processesOf(folder, uids)
  const known = []
  for (const one of await recorded(folder)) if (await isAlive(one)) known.push(one)
  const ids = new Set([...before, ...known].map(({ pid }) => pid))
  await end(known)
  await end(await processesOf(folder, uids), 5_000)
  // Backends outlive a killed postmaster for a moment and are only now without parents.
  await end(await processesOf(folder, uids), 2_000)
  return ids.size
}
