/** Finds PostgreSQL's server programs, or gets them, or says exactly how a person gets them. */
import { findServerBinaries, type ServerBinaries } from "#io/postgres/binaries.ts"
import { install, withoutSystemCluster } from "./apt.ts"
import type { Say } from "./steps.ts"

/** Newest first: what `install` tries. */
const packages = [18, 17, 16, 15].map((major) => [`postgresql-${major}`])

/** The binaries to use, best first; never empty. `folder` (from `--postgres`) is looked at alone. */
export async function ensurePostgres(
  folder: string | undefined,
  path: string | undefined,
  say: Say,
): Promise<readonly [ServerBinaries, ...ServerBinaries[]]> {
  const find = async (): Promise<readonly ServerBinaries[]> => findServerBinaries({ folder, path })
  let [best, ...others] = await find()
  if (best !== undefined) return [best, ...others]
  if (folder !== undefined)
    throw new Error(
      `--postgres: ${folder} has no PostgreSQL server of version 15 to 18 (initdb, postgres and pg_controldata)`,
    )
  say("no PostgreSQL server of version 15 to 18 here; installing one with apt (once)")
  const got = await installPostgres(say)
  if (got.kind === "may-not")
    throw new Error(
      `PostgreSQL's server programs (version 15 to 18) are needed and not here, and ${got.reason}.\nInstall them with:\n\n  ${got.command}\n`,
    )
  ;[best, ...others] = await find()
  if (best === undefined) throw new Error("apt installed PostgreSQL, and it is still not found")
  return [best, ...others]
}

export const installPostgres = (say: Say) => withoutSystemCluster(() => install(packages, say))
