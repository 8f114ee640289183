/**
 * The operating system account that PostgreSQL runs as. Servers refuse root, so a program that is
 * root itself starts them as `postgres`; any other account starts them as itself.
 */
import { readFile, stat } from "node:fs/promises"
import { dirname, resolve } from "node:path"

export type Account = { readonly name: string; readonly uid: number; readonly gid: number }

/** Whom to become before starting a server; undefined: stay who we are. Throws when root has nobody to become. */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const passwd = await readFile("/etc/passwd", "utf8")
  const line = passwd.split("\n").find((entry) => entry.startsWith("postgres:"))
  const [name, , uid, gid] = line?.split(":") ?? []
  if (name !== undefined && uid !== undefined && gid !== undefined)
    return { name, uid: Number(uid), gid: Number(gid) }
  throw new Error(
    "PostgreSQL refuses to run as root, and this host has no account `postgres`: create it with `useradd --system postgres`",
  )
}

/** The first folder on the way to `path` that `account` may not enter; undefined when there is none. */
export async function closedFolder(path: string, account: Account): Promise<string | undefined> {
  const above: string[] = []
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    above.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of above) {
    const found = await stat(folder).catch(() => undefined)
    if (found === undefined) continue // made later, by us and for that account
    const bit = found.uid === account.uid ? 0o100 : found.gid === account.gid ? 0o010 : 0o001
    if ((found.mode & bit) === 0) return folder
  }
  return undefined
}
