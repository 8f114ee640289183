/**
 * Server processes that a predecessor left on a data directory. Every process of a PostgreSQL server
 * works inside its data directory, children included, and children leave the postmaster's process
 * group: so they are found by their working directory, never by a process id that was written down,
 * which may be another program's by now. Dead processes nobody has reaped have no working directory and
 * do not count.
 */
import { readdir, readFile, readlink, realpath } from "node:fs/promises"
import { systemClock } from "#io/clock.ts"
import { Outage } from "#io/outage.ts"
import { millis, seconds } from "#core/units.ts"
import type { Millis } from "#core/units.ts"

/** Process ids of all server processes that work in `dataDir`. */
export async function serverProcesses(dataDir: string): Promise<readonly number[]> {
  const folder = await realpath(dataDir).catch(() => undefined)
  if (folder === undefined) return []
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)
  const working = await Promise.all(
    pids.map(async (pid) => {
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
      if (cwd !== folder) return undefined
      const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")
      return name.trim() === "postgres" ? pid : undefined
    }),
  )
  return working.filter((pid) => pid !== undefined)
}

/**
 * Stops every server process on `dataDir`: fast (clients out, data flushed) for `patience`, then at
 * once, then by SIGKILL. Throws an Outage when even that did not end them.
 */
export async function endServers(
  dataDir: string,
  patience: Millis,
  signal: AbortSignal,
): Promise<void> {
  const steps = [
    ["SIGINT", patience],
    ["SIGQUIT", seconds(5)],
    ["SIGKILL", seconds(5)],
  ] as const
  for (const [name, wait] of steps) {
    const found = await serverProcesses(dataDir)
    if (found.length === 0) return
    const postmaster = await writtenPostmaster(dataDir)
    // SIGINT to a backend only cancels its statement, so the polite request goes to the postmaster alone.
    const targets = name === "SIGINT" ? found.filter((pid) => pid === postmaster) : found
    for (const pid of targets) send(pid, name)
    if (targets.length > 0 && (await gone(dataDir, wait, signal))) return
  }
  throw new Outage("SERVER_NOT_ENDED", `processes of a server on ${dataDir} survived SIGKILL`)
}

async function writtenPostmaster(dataDir: string): Promise<number | undefined> {
  const text = await readFile(`${dataDir}/postmaster.pid`, "utf8").catch(() => "")
  const pid = Number.parseInt(text, 10)
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined
}

async function gone(dataDir: string, patience: Millis, signal: AbortSignal): Promise<boolean> {
  const ended = async (): Promise<boolean> => (await serverProcesses(dataDir)).length === 0
  return systemClock.until(ended, { every: millis(50), within: patience, signal }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Outage) return false
      throw error
    },
  )
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself between the look and the signal.
  }
}
