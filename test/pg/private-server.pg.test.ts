import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import pg from "pg"
import { eventually, isAlive, patience } from "./instance.ts"
import { installed, testByVersion, testOnce } from "./versions.ts"
import { startPrivateServer } from "#io/postgres/private-server.ts"
import type { PrivateServer } from "#io/postgres/private-server.ts"
import { endServers, serverProcesses } from "#io/postgres/stray-servers.ts"
import { serverAccount } from "#io/process/account.ts"
import { millis } from "#core/units.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"

async function place(): Promise<{ readonly folder: string } & AsyncDisposable> {
  const parent = await mkdtemp(join(tmpdir(), "pg-swarm-private-"))
  await chmod(parent, 0o755)
  const folder = join(parent, "postgres")
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await endServers(join(folder, "pgdata"), millis(1), AbortSignal.timeout(patience))
      await rm(parent, { recursive: true, force: true })
    },
  }
}

const start = (folder: string, available: readonly ServerBinaries[]): Promise<PrivateServer> =>
  startPrivateServer({ folder, available, signal: AbortSignal.timeout(patience) })

async function ask(server: PrivateServer, text: string): Promise<unknown> {
  const client = new pg.Client(server.connection.url)
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text, rowMode: "array" })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}

/** Another program that owns the server of `folder`. */
async function owner(folder: string): Promise<ReturnType<typeof spawn>> {
  const program = `
    import { findServerBinaries } from "#io/postgres/binaries.ts"
    import { startPrivateServer } from "#io/postgres/private-server.ts"
    const available = await findServerBinaries({ path: process.env.PATH })
    await startPrivateServer({ folder: process.argv[1], available, signal: AbortSignal.timeout(60000) })
    console.log("ready")
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, folder], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  })
  await once(child.stdout, "data")
  return child
}

await testByVersion(
  "a private server keeps its data and its password from one start to the next",
  async (binaries) => {
    await using there = await place()
    const passwords: string[] = []
    for (const round of [0, 1, 2]) {
      await using server = await start(there.folder, [binaries])
      assert.equal(server.binaries.major, binaries.major)
      if (round === 0) await ask(server, "create table seen as select 0 as n")
      await ask(server, "update seen set n = n + 1")
      assert.equal(await ask(server, "select n from seen"), round + 1)
      assert.equal(await ask(server, "select current_database()"), "pg_swarm")
      assert.equal(await ask(server, "show listen_addresses"), "", "nothing listens on TCP")
      passwords.push(server.connection.password)
    }
    assert.equal(new Set(passwords).size, 1)
    assert.deepEqual(await serverProcesses(join(there.folder, "pgdata")), [])
  },
)

await testOnce("a private server lets nobody in without the password", async (binaries) => {
  await using there = await place()
  await using server = await start(there.folder, [binaries])
  const { host, port, user, database } = server.connection
  const client = new pg.Client({ host, port, user, database, password: "guess" })
  await assert.rejects(client.connect(), /password authentication failed/)
})

await testOnce("a server that a killed owner left running is taken over", async (binaries) => {
  await using there = await place()
  const before = await owner(there.folder)
  const left = await serverProcesses(join(there.folder, "pgdata"))
  assert.ok(left.length > 0)
  before.kill("SIGKILL")
  await once(before, "exit")
  await using server = await start(there.folder, await installed())
  assert.deepEqual(left.filter(isAlive), [])
  assert.equal(await ask(server, "select 1"), 1)
  assert.equal(server.binaries.major, binaries.major)
})

await testOnce("a server whose owner lives is left alone", async () => {
  await using there = await place()
  const other = await owner(there.folder)
  try {
    const running = await serverProcesses(join(there.folder, "pgdata"))
    await assert.rejects(
      start(there.folder, await installed()),
      /already runs the private PostgreSQL/,
    )
    assert.ok(running.length > 0 && running.every(isAlive))
  } finally {
    other.kill("SIGKILL")
    await once(other, "exit")
  }
})

await testOnce("half an initialisation is begun again", async (binaries) => {
  await using there = await place()
  await mkdir(join(there.folder, "pgdata.new/base"), { recursive: true })
  await writeFile(join(there.folder, "pgdata.new/PG_VERSION"), `${binaries.major}\n`)
  await using server = await start(there.folder, [binaries])
  assert.equal(await ask(server, "select 1"), 1)
})

await testOnce(
  "data of a version that is not installed is refused with its name",
  async (binaries) => {
    await using there = await place()
    await mkdir(join(there.folder, "pgdata"), { recursive: true })
    await writeFile(join(there.folder, "pgdata/PG_VERSION"), "9\n")
    await assert.rejects(
      start(there.folder, [binaries]),
      /made by PostgreSQL 9, which is not installed/,
    )
    await assert.rejects(start(join(there.folder, "other"), []), /no PostgreSQL server/)
  },
)

await testOnce(
  "a folder that the server's account may not enter is refused with its name",
  async (binaries) => {
    if ((await serverAccount()) === undefined) return // not root: we are that account
    await using there = await place()
    const closed = join(there.folder, "closed")
    await mkdir(closed, { recursive: true })
    await chmod(closed, 0o700)
    await assert.rejects(
      start(join(closed, "postgres"), [binaries]),
      new RegExp(`may not enter .*/closed`),
    )
  },
)

await testOnce("the owner learns that its server ended", async (binaries) => {
  await using there = await place()
  await using server = await start(there.folder, [binaries])
  for (const pid of await serverProcesses(join(there.folder, "pgdata")))
    process.kill(pid, "SIGKILL")
  assert.match(await server.ended, /the private PostgreSQL ended: SIGKILL/)
})

await testOnce("a long folder name is no obstacle to the socket", async (binaries) => {
  await using there = await place()
  const folder = join(there.folder, "x".repeat(150), "postgres")
  await mkdir(folder, { recursive: true })
  await chmod(there.folder, 0o755)
  let socketFolder = ""
  {
    await using server = await start(folder, [binaries])
    assert.equal(await ask(server, "select 1"), 1)
    socketFolder = server.connection.host
  }
  await eventually("its folder is gone", async () => !(await exists(socketFolder)))
})

const exists = (path: string): Promise<boolean> =>
  chmod(path, 0o700).then(
    () => true,
    () => false,
  )
