/**
 * The temporary folder of a tier of tests. Whatever they start lives below it, so what is left of them, when they failed or
 * were ended, is found and ended: on a small machine a forgotten cluster makes every test after it fail.
 */
import { chmod, mkdtemp, readdir, readFile, rm, statfs } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gibibytes } from "#core/units.ts"
import { serverAccount } from "#io/process/account.ts"
import { endLeftovers } from "../src/demo/leftovers.ts"

export type Scratch = AsyncDisposable & {
  readonly folder: string
  /** Says how many there were. */
  readonly endStrays: () => Promise<number>
}

/**
 * A folder in memory, where this machine has one with room: three servers that write each commit to one disk wait for it most
 * of the time, and no test ends the machine that it runs on.
 */
const inMemory = "/dev/shm"
const roomMin = gibibytes(6)

async function placeInMemory(): Promise<string> {
  const room = await statfs(inMemory).catch(() => undefined)
  return room !== undefined && room.bavail * room.bsize >= roomMin ? inMemory : tmpdir()
}

/** What a server that was killed leaves in shared memory (`dynamic_shared_memory_type`), until somebody removes it. */
const segmentsOfServers = async (): Promise<readonly string[]> =>
  (await readdir(inMemory).catch(() => [])).filter((name) => name.startsWith("PostgreSQL."))

/** Those that are new and that no process has in use. */
async function removeSegments(before: ReadonlySet<string>): Promise<void> {
  const maps = (await readdir("/proc"))
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => readFile(`/proc/${pid}/maps`, "utf8").catch(() => ""))
  const used = (await Promise.all(maps)).join("\n")
  for (const name of await segmentsOfServers())
    if (!before.has(name) && !used.includes(`${inMemory}/${name}`))
      await rm(join(inMemory, name), { force: true })
}

export async function openScratch(where: "disk" | "memory"): Promise<Scratch> {
  const segments = new Set(await segmentsOfServers())
  // Short: paths of sockets are below it, and those have about a hundred characters in all.
  const folder = await mkdtemp(join(where === "memory" ? await placeInMemory() : tmpdir(), "pst-"))
  // As /tmp itself: PostgreSQL runs under an account of its own.
  await chmod(folder, 0o1777)
  const endStrays = async (): Promise<number> => {
    const server = await serverAccount().catch(() => undefined)
    const uids = [process.getuid?.(), server?.uid].filter((uid) => uid !== undefined)
    return endLeftovers(folder, new Set(uids))
  }
  return {
    folder,
    endStrays,
    async [Symbol.asyncDispose]() {
      await endStrays()
      await removeSegments(segments)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch((error: unknown) =>
        console.error(`cannot remove ${folder}: ${String(error)}`),
      )
    },
  }
}
