/** What the machine says of processes, and what many measurements come to. */
import { readFile, readdir } from "node:fs/promises"

/** USER_HZ, which every Linux of today has. */
const ticksPerSecond = 100

/** Seconds of processor time that a process has used, with those of its children that are gone. */
async function processorSeconds(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0) / ticksPerSecond
}

export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "latin1")
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
}

/** Of the process alone. */
export const ownProcessorSeconds = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond
}

/** Of the process and all below it: a PostgreSQL whose backends come and go. */
export async function treeProcessorSeconds(root: number): Promise<number> {
  const parents = new Map<string, string>()
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue
    const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "")
    parents.set(pid, stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "")
  }
  const isBelow = (pid: string): boolean => {
    for (let at: string | undefined = pid; at !== undefined && at !== "0"; at = parents.get(at))
      if (at === String(root)) return true
    return false
  }
  const all = await Promise.all([...parents.keys()].filter(isBelow).map(processorSeconds))
  return all.reduce((sum, one) => sum + one, 0)
}

/** `share` in 0 to 1; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
