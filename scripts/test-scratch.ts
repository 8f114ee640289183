/**
 * The temporary folder of a tier of tests. Whatever they start lives below it, so what is left of them, when they failed or
 * were ended, is found and ended: on a small machine a forgotten cluster makes every test after it fail.
 */
import { chmod, mkdtemp, rm, statfs } from "node:fs/promises"
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

async function place(): Promise<string> {
  const room = await statfs(inMemory).catch(() => undefined)
  return room !== undefined && room.bavail * room.bsize >= roomMin ? inMemory : tmpdir()
}

export async function openScratch(): Promise<Scratch> {
  // Short: paths of sockets are below it, and those have about a hundred characters in all.
  const folder = await mkdtemp(join(await place(), "pst-"))
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
      await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch((error: unknown) =>
        console.error(`cannot remove ${folder}: ${String(error)}`),
      )
    },
  }
}
