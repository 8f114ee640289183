/** The PostgreSQL versions of this machine that tests run on, and what was left out. */
import { test } from "node:test"
import { access } from "node:fs/promises"
import { join } from "node:path"
import { findServerBinaries, supportedMajors } from "#io/postgres/binaries.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { long } from "../long.ts"

const clientTools = ["psql", "pg_basebackup", "pg_rewind"] as const

/** For a person: `PG_SWARM_TEST_MAJOR=15` leaves out all other versions, also where only the newest is played. */
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

/** For facts of the whole, whose parts are shown on each version elsewhere: on the newest, and on each with PG_SWARM_TEST_LONG. */
export const testNewest = (
  fact: string,
  body: (binaries: ServerBinaries) => Promise<void>,
): Promise<void> => (long ? testEachVersion(fact, body) : testOnce(fact, body))

/** One test for each major version that is installed; a skipped one for each that is not. */
export async function testEachVersion(
  fact: string,
  body: (binaries: ServerBinaries) => Promise<void>,
): Promise<void> {
  const here = await installed()
  for (const major of supportedMajors) {
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
  if (newest === undefined)
    test(fact, { skip: "no PostgreSQL server with its client tools is installed here" })
  else test(fact, { timeout: 180_000 }, () => body(newest))
}
