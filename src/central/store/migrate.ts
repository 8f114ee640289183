/**
 * Brings the schema up to date: numbered SQL files, forward only, one transaction each, under an advisory
 * lock, so that several centrals may start at once. A file that was changed after it ran is refused.
 */
import { createHash } from "node:crypto"
import { assert } from "#core/assert.ts"
import { Outage } from "#io/outage.ts"
import { textOf } from "#io/postgres/row.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { migrations as shipped } from "./gen/migrations.ts"

export type Migration = { readonly name: string; readonly sql: string }

/** Any number that is ours alone; one central migrates, the others wait. */
const lockKey = 0x7067_7377
const leastMajor = 15

const checksum = (sql: string): string => createHash("sha256").update(sql).digest("hex")

/** Runs what has not run yet and returns the names of those. */
export async function migrate(
  database: Database,
  migrations: readonly Migration[] = shipped,
): Promise<readonly string[]> {
  return database.session(async (sql, script) => {
    await requireVersion(sql)
    // A migration may well take longer than a statement of daily work.
    await script("set statement_timeout = '10min'; set lock_timeout = '60s'")
    await script(`select pg_advisory_lock(${lockKey})`)
    await script(`create table if not exists schema_migration (
      name text primary key,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`)
    const done = await applied(sql)
    refuseChanged(migrations, done)
    const waiting = migrations.filter(({ name }) => !done.has(name))
    for (const { name, sql: text } of waiting) {
      assert(!text.includes("$migration$"), "a migration does not hold the quote of its own record")
      await script(
        `begin;\n${text}\n;insert into schema_migration (name, checksum) ` +
          `values ($migration$${name}$migration$, '${checksum(text)}');\ncommit`,
      )
    }
    return waiting.map(({ name }) => name)
  })
}

async function requireVersion(sql: Sql): Promise<void> {
  const [row] = await sql`select current_setting('server_version_num') as version`
  const major = Math.floor(Number(textOf(row ?? {}, "version")) / 10_000)
  if (major < leastMajor)
    throw new Outage(
      "DATABASE_TOO_OLD",
      `central's database is PostgreSQL ${major}; it must be ${leastMajor} or newer`,
    )
}

const applied = async (sql: Sql): Promise<ReadonlyMap<string, string>> =>
  new Map(
    (await sql`select name, checksum from schema_migration`).map((row) => [
      textOf(row, "name"),
      textOf(row, "checksum"),
    ]),
  )

function refuseChanged(migrations: readonly Migration[], done: ReadonlyMap<string, string>): void {
  const known = new Map(migrations.map(({ name, sql }) => [name, checksum(sql)]))
  for (const [name, sum] of done) {
    const ours = known.get(name)
    // A newer central ran here already; its schema may not be what this one expects.
    if (ours === undefined)
      throw new Outage(
        "DATABASE_NEWER",
        `the database has the migration ${name}, which this central does not know; run a newer central`,
      )
    if (ours !== sum)
      throw new Outage(
        "MIGRATION_CHANGED",
        `the migration ${name} is not the one that ran on this database; restore the original file`,
      )
  }
}
