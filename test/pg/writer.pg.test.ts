/** The writing client of demo and tests must be able to see a loss, or every green table is worth nothing. */
import assert from "node:assert/strict"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { Client } from "pg"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { type PrivateServer, startPrivateServer } from "#io/postgres/private-server.ts"
import { type Database, tableSql, Writer } from "../../src/demo/writer.ts"

const patience = 30_000
let folder: string
let server: PrivateServer
let database: Database

async function start(): Promise<void> {
  server = await startPrivateServer({
    folder,
    available: await findServerBinaries({ path: process.env["PATH"] }),
    signal: AbortSignal.timeout(patience),
  })
  database = server.connection
}

async function query(text: string): Promise<void> {
  const { host, port, user, password, database: name } = database
  const client = new Client({ host, port, user, password, database: name })
  await client.connect()
  await client.query(text)
  await client.end()
}

before(async () => {
  const outer = await mkdtemp(join(tmpdir(), "pg-swarm-writer-"))
  // The server runs as somebody else when this test runs as root.
  await chmod(outer, 0o711)
  folder = join(outer, "server")
  await start()
  await query(tableSql)
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(join(folder, ".."), { recursive: true })
})

test("every commit that the writer noted is found again", async () => {
  await using writer = new Writer("calm", database, 1)
  await writer.nextCommit(patience)
  const second = await writer.nextCommit(patience)
  await writer.stop()
  assert.ok(second.id > 1)
  assert.deepEqual(await writer.lost(), [])
})

test("what is acknowledged while it looks for losses is none", async () => {
  await using writer = new Writer("busy", database, 0)
  await writer.nextCommit(patience)
  for (let look = 0; look < 50; look += 1) assert.deepEqual(await writer.lost(), [])
})

test("a row that is gone is reported as lost", async () => {
  await using writer = new Writer("robbed", database, 1)
  const first = await writer.nextCommit(patience)
  await writer.nextCommit(patience)
  await writer.stop()
  await query(`delete from pg_swarm_writes where writer = 'robbed' and id = ${first.id}`)
  assert.deepEqual(await writer.lost(), [first.id])
})

test("a server that is away is a gap, and the writer goes on when it is back", async () => {
  await using writer = new Writer("patient", database, 1)
  await writer.nextCommit(patience)
  const since = performance.now()
  await server[Symbol.asyncDispose]()
  const away = performance.now()
  await start()
  const back = performance.now()
  await writer.nextCommit(patience)
  await writer.stop()
  assert.ok(writer.longestGap(since).ms >= back - away, "the gap covers the whole absence")
  assert.ok(writer.errors.size > 0, "the application noticed")
  assert.deepEqual(await writer.lost(), [])
})
