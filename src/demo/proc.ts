/** What Linux says about processes, in /proc: enough to know one again, and to find those of a folder. */
import { readdir, readFile, readlink, stat } from "node:fs/promises"
import * as z from "zod"
import { env } from "#core/names.ts"

/** A process id alone is reused; together with its start time it names one process of this boot. */
export const processSchema = z.object({
  name: z.string(),
  pid: z.number().int().positive(),
  /** Clock ticks since boot, field 22 of /proc/<pid>/stat. */
  started: z.string(),
})
export type KnownProcess = Readonly<z.infer<typeof processSchema>>

/** Start time of a living process; undefined when there is none with this id (a zombie is none). */
export async function startOf(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8")
    // The second field is the name in brackets and may hold spaces and brackets itself.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" ? undefined : fields[19]
  } catch {
    return undefined
  }
}

export const isAlive = async (known: KnownProcess): Promise<boolean> =>
  (await startOf(known.pid)) === known.started

/**
 * Processes of these users that live in `folder`: a path inside it among the arguments, as the place of a
 * container's data, or as working directory (PostgreSQL rewrites its arguments). Never this process or an ancestor.
 */
export async function processesOf(
  folder: string,
  uids: ReadonlySet<number>,
): Promise<readonly KnownProcess[]> {
  const spared = await ancestors()
  const found: KnownProcess[] = []
  for (const entry of await readdir("/proc")) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || spared.has(pid)) continue
    const name = await belongsTo(pid, folder, uids)
    const started = name === undefined ? undefined : await startOf(pid)
    if (name !== undefined && started !== undefined) found.push({ name, pid, started })
  }
  return found
}

/** Only these are ever started by a demo; a person's shell or editor in the folder is left alone. */
const programs = /^(node|postgres|bash|sh|sleep|pg_[a-z]+|initdb)\b/

async function belongsTo(
  pid: number,
  folder: string,
  uids: ReadonlySet<number>,
): Promise<string | undefined> {
  try {
    if (!uids.has((await stat(`/proc/${pid}`)).uid)) return undefined
    const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0")
    const name = (argv[0] ?? "").replace(/^.*\//, "")
    const inside = (path: string): boolean => path === folder || path.startsWith(`${folder}/`)
    if (!programs.test(name)) return undefined
    // A shell that a person opened here has a terminal; nothing of the demo has.
    const input = await readlink(`/proc/${pid}/fd/0`).catch(() => "")
    if (/^\/dev\/(pts|tty)/.test(input)) return undefined
    if (argv.some((word) => word.includes(`${folder}/`))) return name
    const environment = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0")
    // Containers are told where their volumes are, which is here whatever else they do.
    if (environment.some((line) => line.startsWith(`${env.dataDir}=${folder}/`))) return name
    return inside(await readlink(`/proc/${pid}/cwd`)) ? name : undefined
  } catch {
    return undefined
  }
}

async function ancestors(): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  for (let pid = process.pid; pid > 1 && !found.has(pid);) {
    found.add(pid)
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")
    pid = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1] ?? 0)
  }
  return found
}
