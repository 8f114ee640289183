/** The PostgreSQL versions of this machine that tests run on, and what was left out. */
import { test } from "node:test"
import { access } from "node:fs/promises"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { findServerBinaries, supportedMajors } from "#io/postgres/binaries.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { long } from "../long.ts"

const clientTools = ["psql", "pg_basebackup", "pg_rewind"] as const

export const nothingInstalled = "no PostgreSQL server with its client tools is installed here"

/** For a person: `PG_SWARM_TEST_MAJOR=15` leaves out all other versions. */
const chosen = process.env["PG_SWARM_TEST_MAJOR"]

/** Server binaries of this machine that have the client tools beside them, newest first. */
export async function installed(): Promise<readonly ServerBinaries[]> {
  const found = await findServerBinaries({ path: process.env["PATH"] })
  const complete = await Promise.all(
    found.map(async (binaries) => {
      const tools = clientTools.map((name) => access(join(binaries.dir, name)))
      return (await Promise.allSettled(tools)).every(({ status }) => status === "fulfilled")
        ? binaries
        : undefined
    }),
  )
  const all = complete
    .filter((binaries) => binaries !== undefined)
    .filter(({ major }) => chosen === undefined || String(major) === chosen)
  return all.filter(({ major }, at) => all.findIndex((binaries) => binaries.major === major) === at)
}

/**
 * The major versions that a fact is shown on: one of those that are installed, chosen by its name, so that all facts
 * together go through all versions; with PG_SWARM_TEST_LONG every version that pg-swarm supports.
 */
export function majorsFor(fact: string, here: readonly ServerBinaries[]): readonly number[] {
  if (long) return supportedMajors
  const newestFirst = here.map(({ major }) => major)
  const its = newestFirst[crc32(fact) % newestFirst.length]
  return its === undefined ? [] : [its]
}

/** For facts that may depend on the version; a skipped test for one that is not installed. */
export async function testByVersion(
  fact: string,
  body: (binaries: ServerBinaries) => Promise<void>,
): Promise<void> {
  const here = await installed()
  if (here.length === 0) test(fact, { skip: nothingInstalled })
  for (const major of majorsFor(fact, here)) {
    const binaries = here.find((one) => one.major === major)
    if (binaries === undefined)
      test(`PostgreSQL ${major}: ${fact}`, { skip: `PostgreSQL ${major} is not installed here` })
    else test(`PostgreSQL ${major}: ${fact}`, { timeout: 180_000 }, () => body(binaries))
  }
}

/** One test, on the newest version that is installed: for facts that do not depend on it. */
export async function testOnce(
  fact: string,
  body: (binaries: ServerBinaries) => Promise<void>,
): Promise<void> {
  const [newest] = await installed()
  if (newest === undefined) test(fact, { skip: nothingInstalled })
  else test(fact, { timeout: 180_000 }, () => body(newest))
}
