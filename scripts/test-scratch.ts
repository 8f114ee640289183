/**
 * The temporary folder of a tier of tests. Whatever they start lives below it, so what is left of them, when they failed or
 * were ended, is found and ended: on a small machine a forgotten cluster makes every test after it fail.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { serverAccount } from "#io/process/account.ts"
import { endLeftovers } from "../src/demo/leftovers.ts"

export type Scratch = AsyncDisposable & {
  readonly folder: string
  /** Says how many there were. */
  readonly endStrays: () => Promise<number>
}

export async function openScratch(): Promise<Scratch> {
  // Short: paths of sockets are below it, and those have about a hundred characters in all.
  const folder = await mkdtemp(join(tmpdir(), "pst-"))
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
