/**
 * Where a demo keeps everything. Programs run from copies in here and not from the checkout, which an
 * unprivileged account may not be able to read (it may be in /root), and which may be built anew meanwhile.
 */
import { execFile } from "node:child_process"
import { chmod, chown, copyFile, cp, mkdir, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { type Account, closedFolder } from "#io/process/account.ts"

const run = promisify(execFile)

export type Folder = {
  readonly root: string
  /** Runs the programs. */
  readonly node: string
  readonly program: (name: string) => string
  readonly dashboard: string
  readonly central: string
  readonly site: (name: string) => string
}

const folderAt = (root: string, node: string): Folder => ({
  root,
  node,
  program: (name) => join(root, "programs", `${name}.js`),
  dashboard: join(root, "programs/dashboard"),
  central: join(root, "central"),
  site: (name) => join(root, "sites", name),
})

/** Makes the folders, and refuses a place that `account` can not work in; undefined: everything runs as ourselves. */
export async function openFolder(root: string, account: Account | undefined): Promise<Folder> {
  await mkdir(root, { recursive: true })
  await chmod(root, account === undefined ? 0o700 : 0o711)
  for (const name of ["logs", "programs", "bin"]) await mkdir(join(root, name), { recursive: true })
  for (const name of ["central", "sites"]) {
    const path = join(root, name)
    await mkdir(path, { recursive: true, mode: 0o700 })
    if (account !== undefined) await chown(path, account.uid, account.gid)
  }
  if (account === undefined) return folderAt(root, process.execPath)
  const closed = await closedFolder(join(root, "sites/any"), account)
  if (closed !== undefined)
    throw new Error(
      `PostgreSQL must run as ${account.name}, who may not enter ${closed}; choose another place with --state, e.g. /var/lib/pg-swarm-demo`,
    )
  const node = join(root, "bin/node")
  await copyWhenNew(process.execPath, node)
  return folderAt(root, node)
}

async function copyWhenNew(from: string, to: string): Promise<void> {
  const [source, copy] = await Promise.all([stat(from), stat(to).catch(() => undefined)])
  if (copy !== undefined && copy.size === source.size && copy.mtimeMs >= source.mtimeMs) return
  await copyFile(from, `${to}.new`)
  await chmod(`${to}.new`, 0o755)
  await rename(`${to}.new`, to)
}

const bundles = [
  "central",
  "log-sandbox",
  "satellite",
  "kubeconfig-reader",
  "failover",
  "microkube",
]

/** Puts what was built into the folder. No program of this demo runs yet, so nothing is pulled away under one. */
export async function copyPrograms(folder: Folder, dist: string): Promise<void> {
  for (const name of bundles) {
    await copyFile(join(dist, `${name}.js`), folder.program(name))
    await chmod(folder.program(name), 0o644)
  }
  await rm(folder.dashboard, { recursive: true, force: true })
  await cp(join(dist, "dashboard"), folder.dashboard, { recursive: true })
  // Whatever umask the checkout was made with, the account must be able to read it.
  await run("chmod", ["-R", "a+rX", folder.dashboard])
}

/** Removes all that earlier demos left here, and nothing that no demo made. */
export async function empty(root: string): Promise<void> {
  const made = ["central", "sites", "logs", "programs", "bin"]
  const files = ["demo.json", "processes.json", "admin-password"]
  for (const name of [...made, ...files])
    await rm(join(root, name), { recursive: true, force: true })
}
