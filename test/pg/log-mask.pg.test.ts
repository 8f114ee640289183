/** What a real server writes of statements with passwords, as somebody who follows its log gets it. */
import assert from "node:assert/strict"
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { TailReader } from "#core/logs/tail-reader.ts"
import { LineSplitter } from "#io/line-splitter.ts"
import { startPrivateServer } from "#io/postgres/private-server.ts"
import { patience } from "./instance.ts"
import { testByVersion } from "./versions.ts"

const statements = [
  "create role a login password 's3cret' valid until 'infinity'",
  "ALTER ROLE a\n  WITH PASSWORD\n  -- a new one\n  's3cret'\n  VALID UNTIL 'infinity'",
  "alter role a password 'one\ns3cret\nthree' createdb",
  "alter role a password 'it''s3cret'",
  "alter role a password E'\\'s3cret'",
  "alter role a password $pw$s3cret$pw$",
  "do $$ begin execute 'alter role a password ''s3cret'''; end $$",
  "alter role nobody password 's3cret'",
  "alter role a password 's3cret' nonsense",
  "select pg_sleep(0), 'host=db user=a password=s3cret sslmode=require'",
  "select 'postgres://a:s3cret@db/app'",
  "select rolpassword from pg_authid where rolpassword = 'SCRAM-SHA-256$4096:c2FsdA==$s3cret:s3cret'",
] as const

await testByVersion(
  "no password of a statement passes, and the statement does",
  async (binaries) => {
    const parent = await mkdtemp(join(tmpdir(), "pg-swarm-log-mask-"))
    await chmod(parent, 0o755)
    const folder = join(parent, "postgres")
    try {
      {
        await using server = await startPrivateServer({
          folder,
          available: [binaries],
          signal: AbortSignal.timeout(patience),
        })
        const client = new pg.Client(server.connection.url)
        await client.connect()
        await client.query("set log_statement = 'all'; set log_min_duration_statement = 0")
        for (const statement of statements) await client.query(statement).catch(() => undefined)
        await client.query("select 'the end'")
        await client.end()
      }
      const raw = await readFile(join(folder, "postgres.log"))
      const hits = raw.toString("utf8").match(/s3cret/g)?.length ?? 0
      assert.ok(hits > statements.length, `the server logged them, ${hits} times`)
      const splitter = new LineSplitter(16 * 1024)
      const reader = new TailReader({ level: undefined, text: undefined })
      const shown = [...splitter.push(raw), ...splitter.end()].flatMap(
        (line) => reader.read({ at: undefined, ...line }) ?? [],
      )
      const text = shown.map((line) => line.text).join("\n")
      assert.doesNotMatch(text, /s3cret/)
      assert.match(text, /create role a login password '\[redacted\]' valid until 'infinity'/)
      assert.match(text, /select 'the end'/)
      assert.ok(
        shown.some(({ level, text: line }) => level === "error" && line.includes("STATEMENT:")),
        "what belongs to an error counts as one",
      )
    } finally {
      await rm(parent, { recursive: true, force: true })
    }
  },
)
