/**
 * The processes of one pod of a demo site, found by what the pod's environment says. microkube runs containers as
 * processes of this host, so a signal is all that a fault needs.
 */
import { readdir, readFile, readlink } from "node:fs/promises"
import { env } from "#core/names.ts"

export type PodProcess = {
  readonly pid: number
  readonly parent: number
  /** Name of the program that it runs, `postgres`. */
  readonly program: string
  readonly environment: ReadonlyMap<string, string>
}

/**
 * All processes of the pod: those whose environment says so, and whatever they started. PostgreSQL writes its
 * titles over its environment, so its processes are known by their parents alone.
 */
export async function processesOfPod(
  siteFolder: string,
  namespace: string,
  pod: string,
): Promise<readonly PodProcess[]> {
  const pids = (await readdir("/proc")).map(Number).filter(Number.isInteger)
  const all = (await Promise.all(pids.map(read))).filter((one) => one !== undefined)
  const isOfPod = ({ environment }: PodProcess): boolean =>
    environment.get(env.podName) === pod &&
    environment.get(env.namespace) === namespace &&
    // Pods of other sites have the same names; their folders differ.
    (environment.get(env.dataDir) ?? "").startsWith(`${siteFolder}/`)
  const found = new Map(all.filter(isOfPod).map((one) => [one.pid, one]))
  for (let size = -1; size !== found.size;) {
    size = found.size
    for (const one of all) if (found.has(one.parent)) found.set(one.pid, one)
  }
  return [...found.values()]
}

/** The server's first process: its children are `postgres` too, its parent is not. */
export function postmasterOf(processes: readonly PodProcess[]): PodProcess | undefined {
  const servers = processes.filter(({ program }) => program === "postgres")
  const pids = new Set(servers.map(({ pid }) => pid))
  return servers.find(({ parent }) => !pids.has(parent))
}

export function signalAll(processes: readonly PodProcess[], name: NodeJS.Signals): number {
  let reached = 0
  for (const { pid } of processes) {
    try {
      process.kill(pid, name)
      reached += 1
    } catch {
      // It ended meanwhile.
    }
  }
  return reached
}

async function read(pid: number): Promise<PodProcess | undefined> {
  try {
    const [environ, stat, exe] = await Promise.all([
      readFile(`/proc/${pid}/environ`, "utf8"),
      readFile(`/proc/${pid}/stat`, "utf8"),
      readlink(`/proc/${pid}/exe`),
    ])
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    if (fields[0] === "Z") return undefined
    const environment = new Map(
      environ.split("\0").map((line): readonly [string, string] => {
        const at = line.indexOf("=")
        return [line.slice(0, at), line.slice(at + 1)]
      }),
    )
    return { pid, parent: Number(fields[1]), program: exe.replace(/^.*\//, ""), environment }
  } catch {
    return undefined
  }
}
