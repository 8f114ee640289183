/**
 * Whose processes the demo's are. PostgreSQL refuses to run as root, so a demo that root starts runs
 * everything as an unprivileged account, and keeps what those processes read where that account may read.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"

const run = promisify(execFile)

export type Account =
  | { readonly kind: "self"; readonly uid: number }
  | { readonly kind: "other"; readonly name: string; readonly uid: number; readonly gid: number }

/** `postgres` comes with every packaged PostgreSQL, `nobody` with every system. */
const candidates = ["postgres", "nobody"]

export async function chooseAccount(): Promise<Account> {
  const uid = process.getuid?.() ?? 0
  if (uid !== 0) return { kind: "self", uid }
  for (const name of candidates) {
    const ids = await idsOf(name)
    if (ids !== undefined) return { kind: "other", name, ...ids }
  }
  throw new Error(`root may not run PostgreSQL, and there is no user ${candidates.join(" or ")}`)
}

async function idsOf(
  name: string,
): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  try {
    const [user, group] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])])
    return { uid: Number(user.stdout), gid: Number(group.stdout) }
  } catch {
    return undefined
  }
}

/** What `child_process` wants to start a process as this account. */
export const asAccount = (
  account: Account,
): { readonly uid: number; readonly gid: number } | Record<string, never> =>
  account.kind === "other" ? { uid: account.uid, gid: account.gid } : {}
