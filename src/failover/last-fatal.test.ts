import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { lastFatal } from "./last-fatal.ts"

const line = (process: string, rest: string): string =>
  `2026-11-30 12:00:00.000 UTC [17] (${process}) ${rest}\n`

test("why a server did not start is its own last word, and not what a client made it say", async () => {
  const folder = await mkdtemp(join(tmpdir(), "last-fatal-"))
  try {
    assert.equal(await lastFatal(folder), undefined, "nothing was logged yet")
    const log = join(folder, "server.log")
    await writeFile(log, line("postmaster", "LOG:  starting PostgreSQL 17"))
    assert.equal(await lastFatal(folder), undefined)
    await writeFile(
      log,
      "x".repeat(40_000) +
        "\n" +
        line("postmaster", "FATAL:  an earlier one") +
        line("postmaster", 'FATAL:  could not access file "no_such_library": No such file') +
        line("postmaster", "LOG:  database system is shut down") +
        line("client backend", "FATAL:  whatever a client likes"),
    )
    assert.equal(await lastFatal(folder), 'could not access file "no_such_library": No such file')
  } finally {
    await rm(folder, { recursive: true })
  }
})
