/** The processes of this host, as /proc shows them. */
import { readFileSync, readdirSync, readlinkSync } from "node:fs"

export type Proc = {
  readonly pid: number
  readonly parent: number
  readonly session: number
  readonly command: string
  /** `R`, `S`, `T` (stopped), `Z` (dead, not yet collected) … */
  readonly state: string
  /** In clock ticks since boot: with the pid it names a process for good. */
  readonly startedAt: number
}

export function readProc(pid: number): Proc | undefined {
  const text = read(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The command is in parentheses and may itself hold anything.
  const close = text.lastIndexOf(")")
  const fields = text.slice(close + 2).split(" ")
  return {
    pid,
    command: text.slice(text.indexOf("(") + 1, close),
    state: fields[0] ?? "?",
    parent: Number(fields[1]),
    session: Number(fields[3]),
    startedAt: Number(fields[19]),
  }
}

/** Gone or not ours to see is undefined. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1")
  } catch {
    return undefined
  }
}

export function allProcs(): readonly Proc[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    const found = readProc(Number(name))
    return found === undefined ? [] : [found]
  })
}

/** The processes that descend from one of the roots, roots first, parents before children. */
export function descendants(
  roots: ReadonlySet<number>,
  all: readonly Proc[] = allProcs(),
): readonly Proc[] {
  const children = Map.groupBy(all, (proc) => proc.parent)
  const found = all.filter((proc) => roots.has(proc.pid))
  const seen = new Set(found.map((proc) => proc.pid))
  for (let at = 0; at < found.length; at += 1) {
    for (const child of children.get(found[at]?.pid ?? -1) ?? []) {
      if (seen.has(child.pid)) continue
      seen.add(child.pid)
      found.push(child)
    }
  }
  return found
}

/**
 * What is left of a container whose main process is gone: processes that carry `NAME=value` in the
 * environment they were started with, and orphans that work in one of the folders. Servers that
 * write their title over their environment are known by their folder; a person's shell there is not
 * taken for one, as it has a parent.
 */
export function strays(marker: string, folders: readonly string[]): readonly Proc[] {
  const all = allProcs()
  const orphanages = new Set([
    1,
    ...all.filter((one) => one.command === "systemd").map((one) => one.pid),
  ])
  return all.filter((proc) => {
    const environ = read(`/proc/${proc.pid}/environ`)
    if (environ?.split("\0").includes(marker) === true) return true
    if (!orphanages.has(proc.parent)) return false
    try {
      const cwd = readlinkSync(`/proc/${proc.pid}/cwd`)
      return folders.some((folder) => cwd === folder || cwd.startsWith(`${folder}/`))
    } catch {
      return false
    }
  })
}

/** The command line, for people. */
export const commandLine = (pid: number): string =>
  (read(`/proc/${pid}/cmdline`) ?? "").split("\0").join(" ").trim()

/** Sends the signal to one process; false when there is no such process. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
