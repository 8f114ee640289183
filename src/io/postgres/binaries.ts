/**
 * Where PostgreSQL's server programs are on this host: in a folder that was named, on PATH, or where
 * Debian, the PGDG packages, Homebrew and `/opt` installs put them.
 */
import { access, constants, readdir, realpath } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { run } from "#io/process/run.ts"
import { seconds } from "#core/units.ts"

export const supportedMajors = [15, 16, 17, 18] as const
export type Major = (typeof supportedMajors)[number]

export type ServerBinaries = {
  readonly major: Major
  /** As the server says it: `17.6`. */
  readonly version: string
  /** Folder of `postgres`, `initdb`, `pg_ctl`. */
  readonly dir: string
}

/** Folders with one folder per version below them. */
const versioned = ["/usr/lib/postgresql", "/opt/postgresql", "/usr/local/lib/postgresql"] as const
const needed = ["postgres", "initdb", "pg_controldata"] as const

/**
 * All supported servers, best first: `prefer` before the others, then the newest. `folder` (when given) is
 * searched alone. `path` is the value of PATH.
 */
export async function findServerBinaries(options: {
  readonly folder?: string | undefined
  readonly path: string | undefined
  readonly prefer?: number | undefined
}): Promise<readonly ServerBinaries[]> {
  const folders = options.folder === undefined ? await usualFolders(options.path) : [options.folder]
  const real = await Promise.all(folders.map((folder) => realFolder(folder)))
  const distinct = new Set(real.filter((folder) => folder !== undefined))
  const found = await Promise.all([...distinct].map((folder) => inspect(folder)))
  const rank = ({ major }: ServerBinaries): number => (major === options.prefer ? 1000 : major)
  return found.filter((binaries) => binaries !== undefined).toSorted((a, b) => rank(b) - rank(a))
}

async function usualFolders(path: string | undefined): Promise<readonly string[]> {
  const onPath = (path ?? "").split(delimiter).filter((folder) => folder.startsWith("/"))
  const below = await Promise.all(
    versioned.map(async (folder) => {
      const names = await readdir(folder).catch(() => [])
      return names.filter((name) => /^\d+$/.test(name)).map((name) => join(folder, name, "bin"))
    }),
  )
  const perMajor = supportedMajors.flatMap((major) => [
    `/usr/pgsql-${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ])
  return [...onPath, ...below.flat(), ...perMajor, ...(await configured(onPath))]
}

/** What the `pg_config` programs on PATH point to. */
async function configured(onPath: readonly string[]): Promise<readonly string[]> {
  const asked = onPath.map(async (folder) => {
    const program = join(folder, "pg_config")
    if (!(await isExecutable(program))) return undefined
    const ran = await run(program, ["--bindir"], { within: seconds(5) }).catch(() => undefined)
    return ran?.exitCode === 0 ? ran.stdout.trim() : undefined
  })
  return (await Promise.all(asked)).filter((folder) => folder !== undefined)
}

/** A link on PATH (`/usr/bin/postgres`) counts as the folder that it leads to. */
async function realFolder(folder: string): Promise<string | undefined> {
  const program = await realpath(join(folder, "postgres")).catch(() => undefined)
  return program === undefined ? undefined : dirname(program)
}

async function inspect(dir: string): Promise<ServerBinaries | undefined> {
  const there = await Promise.all(needed.map((name) => isExecutable(join(dir, name))))
  if (there.includes(false)) return undefined
  const ran = await run(join(dir, "postgres"), ["--version"], { within: seconds(5) }).catch(
    () => undefined,
  )
  const version = /^postgres \(PostgreSQL\) (\d+\S*)/.exec(ran?.stdout ?? "")?.[1]
  const major = supportedMajors.find(
    (supported) => supported === Number.parseInt(version ?? "", 10),
  )
  return version === undefined || major === undefined ? undefined : { major, version, dir }
}

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
