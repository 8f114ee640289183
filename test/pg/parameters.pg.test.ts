/** The catalog of parameters against PostgreSQL itself, on every major that this machine has. */
import assert from "node:assert/strict"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import * as z from "zod"
import { parameterProblem } from "#core/cluster/catalog.ts"
import { catalogTable } from "#core/cluster/catalog-table.ts"
import { ownReason } from "#core/cluster/parameters.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { startPrivateServer } from "#io/postgres/private-server.ts"
import { query } from "../fixtures/postgres.ts"

const setting = z.object({
  name: z.string(),
  context: z.string(),
  boot_val: z.string().nullable(),
})
const found = await findServerBinaries({ path: process.env["PATH"] })

for (const binaries of found)
  test(`PostgreSQL ${binaries.major} knows every parameter that the catalog gives it, and takes its own values`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "parameters-"))
    await chmod(folder, 0o755)
    try {
      await using server = await startPrivateServer({
        folder: join(folder, "postgres"),
        available: [binaries],
        signal: AbortSignal.timeout(120_000),
      })
      const rows = z
        .array(setting)
        .parse(
          await query(
            server.connection.url,
            "select name, context, boot_val from pg_settings where name not like '%.%'",
          ),
        )
      const known = new Set(rows.map(({ name }) => name.toLowerCase()))
      const missing = catalogTable
        .trim()
        .split("\n")
        .map((row) => row.split(" "))
        .filter(([, majors = ""]) => {
          const [from, until] = majors.split("-")
          return (
            Number(from) <= binaries.major &&
            (until === undefined || until === "" || Number(until) >= binaries.major)
          )
        })
        .map(([name = ""]) => name)
        .filter((name) => !known.has(name))
      // Minor releases bring parameters too; the catalog says since which major they may be there.
      assert.deepEqual(
        missing.filter((name) => !["file_extend_method", "output_plugin_libraries"].includes(name)),
        [],
      )
      for (const { name, context, boot_val: value } of rows) {
        if (context === "internal" || value === null || ownReason(name) !== undefined) continue
        const problem = parameterProblem(binaries.major, name, value)
        assert.equal(problem, undefined, `${name} = ${value}: ${problem}`)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

test("there is a server to ask", () => {
  assert.ok(found.length > 0)
})
