/**
 * A PostgreSQL server of our own, for a program that was given no database: made once in a folder,
 * reached through a socket in that folder only, stopped with its owner.
 *
 * It must never start on a data directory that another living program uses, and never initialise
 * one that exists. What a killed predecessor left (a running server, half an initialisation) is put
 * in order first.
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import type { ServerBinaries } from "./binaries.ts"
import { endServers } from "./stray-servers.ts"
import { closedFolder, serverAccount } from "#io/process/account.ts"
import type { Account } from "#io/process/account.ts"
import { run } from "#io/process/run.ts"
import { systemClock } from "#io/clock.ts"
import { Outage } from "#io/outage.ts"
import { millis, minutes, seconds } from "#core/units.ts"

/** How to reach it; `url` says the same for drivers that take one string. */
export type ServerConnection = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  readonly url: string
}

export interface PrivateServer extends AsyncDisposable {
  readonly connection: ServerConnection
  readonly binaries: ServerBinaries
  /** Resolves with a sentence when the server is gone: by itself, or because it was disposed of. */
  readonly ended: Promise<string>
}

const user = "postgres"
const database = "pg_swarm"
/** Names the socket file only: nothing listens on TCP. */
const port = 5432
/** Longest path of a socket that every kernel takes. */
const socketPathMax = 100
const settings = [
  "listen_addresses=",
  "logging_collector=off",
  "log_min_messages=warning",
  "shared_buffers=32MB",
  "max_connections=60",
  "max_wal_size=256MB",
  "jit=off",
] as const

/**
 * Starts the server of `folder`, which belongs to it alone, and makes it on the first call. `available` are
 * the binaries of this host, best first; an existing server goes on with those of its own major version.
 */
export async function startPrivateServer(options: {
  readonly folder: string
  readonly available: readonly ServerBinaries[]
  readonly signal: AbortSignal
}): Promise<PrivateServer> {
  const { folder, signal } = options
  const account = await serverAccount()
  await prepareFolder(folder, account)
  await takeOwnership(folder)
  const dataDir = join(folder, "pgdata")
  const binaries = await chooseBinaries(dataDir, options.available)
  await endServers(dataDir, seconds(20), signal)
  await rm(join(dataDir, "postmaster.pid"), { force: true }) // nobody is left behind it, and its process id may be reused
  await initialise(folder, binaries, account, signal)
  const password = await readFile(join(folder, "password"), "utf8")
  const socketDir = await socketFolder(folder, account)
  const connection = connectionOf(socketDir.path, password)
  const server = await launch({ folder, dataDir, socketDir: socketDir.path, binaries, account })
  try {
    await untilAnswering(server, connection, folder, signal)
    await ensureDatabase(connection)
  } catch (error) {
    await stop(server, dataDir)
    throw error
  }
  let asked = false
  return {
    connection,
    binaries,
    ended: server.exit.then(async (why) => {
      if (asked) return "the private PostgreSQL was stopped"
      return `the private PostgreSQL ended: ${why}${await logTail(folder)}`
    }),
    async [Symbol.asyncDispose]() {
      asked = true
      await stop(server, dataDir)
      await rm(join(folder, "owner"), { force: true })
      if (socketDir.temporary) await rm(socketDir.path, { recursive: true, force: true })
    },
  }
}

async function prepareFolder(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o700)
  if (account === undefined) return
  const closed = await closedFolder(folder, account)
  if (closed !== undefined)
    throw new Error(
      `PostgreSQL runs as ${account.name} and may not enter ${closed}: choose a data folder outside of it, or allow it with \`chmod o+x ${closed}\``,
    )
  await chown(folder, account.uid, account.gid)
}

/** One living program per folder: the next one may clean up only after a dead one. */
async function takeOwnership(folder: string): Promise<void> {
  const file = join(folder, "owner")
  const [pid, started] = (await readFile(file, "utf8").catch(() => "")).trim().split(" ")
  if (pid !== undefined && pid !== "" && Number(pid) !== process.pid) {
    if ((await startOf(Number(pid))) === started && started !== undefined)
      throw new Error(
        `process ${pid} already runs the private PostgreSQL in ${folder}: stop it first, or use another data folder`,
      )
  }
  await writeFile(file, `${process.pid} ${(await startOf(process.pid)) ?? ""}\n`)
}

/** When the process began, in clock ticks since boot: with its id it names a process for good. */
async function startOf(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined)
  return line?.slice(line.lastIndexOf(")") + 2).split(" ")[19]
}

async function chooseBinaries(
  dataDir: string,
  available: readonly ServerBinaries[],
): Promise<ServerBinaries> {
  const written = await readFile(join(dataDir, "PG_VERSION"), "utf8").catch(() => undefined)
  const major = written === undefined ? undefined : Number.parseInt(written, 10)
  const found = available.find((binaries) => major === undefined || binaries.major === major)
  if (found !== undefined) return found
  throw new Error(
    major === undefined
      ? "no PostgreSQL server (15 to 18) found on this host: install one, e.g. `apt-get install postgresql`, or name its folder"
      : `${dataDir} was made by PostgreSQL ${major}, which is not installed here: install that version or name its folder`,
  )
}

/** Makes the data directory beside its place and moves it there complete, so that half of one is never taken for a whole. */
async function initialise(
  folder: string,
  binaries: ServerBinaries,
  account: Account | undefined,
  signal: AbortSignal,
): Promise<void> {
  if ((await stat(join(folder, "pgdata")).catch(() => undefined)) !== undefined) return
  const made = join(folder, "pgdata.new")
  await rm(made, { recursive: true, force: true })
  const passwordFile = join(folder, "password")
  await writeFile(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 })
  if (account !== undefined) await chown(passwordFile, account.uid, account.gid)
  const ran = await run(
    join(binaries.dir, "initdb"),
    [
      "-D",
      made,
      "-U",
      user,
      "-E",
      "UTF8",
      "--locale=C",
      "--data-checksums",
      "--auth=scram-sha-256",
      `--pwfile=${passwordFile}`,
    ],
    { within: minutes(3), account, cwd: folder, signal },
  )
  if (ran.exitCode !== 0)
    throw new Outage("INITDB_FAILED", `initdb in ${folder} failed: ${ran.stderr.slice(-1000)}`)
  await rename(made, join(folder, "pgdata"))
}

/** The folder itself where its path is short enough for a socket, else one of our own below the temporary folder. */
async function socketFolder(
  folder: string,
  account: Account | undefined,
): Promise<{ readonly path: string; readonly temporary: boolean }> {
  const temporary = join(folder, `.s.PGSQL.${port}`).length > socketPathMax
  const path = temporary ? await mkdtemp(join(tmpdir(), "pg-swarm-")) : folder
  await chmod(path, 0o700)
  if (account !== undefined) await chown(path, account.uid, account.gid)
  if (!temporary) await rm(join(path, `.s.PGSQL.${port}.lock`), { force: true })
  return { path, temporary }
}

function connectionOf(host: string, password: string): ServerConnection {
  const query = new URLSearchParams({ host, port: String(port) })
  const url = `postgresql://${user}:${password}@localhost/${database}?${query.toString()}`
  return { host, port, user, password, database, url }
}

type Server = { readonly child: ChildProcess; readonly exit: Promise<string> }

async function launch(options: {
  readonly folder: string
  readonly dataDir: string
  readonly socketDir: string
  readonly binaries: ServerBinaries
  readonly account: Account | undefined
}): Promise<Server> {
  const { account } = options
  await using log = await open(join(options.folder, "postgres.log"), "w", 0o600)
  const all = [...settings, `unix_socket_directories=${options.socketDir}`, `port=${port}`]
  const child = spawn(
    join(options.binaries.dir, "postgres"),
    ["-D", options.dataDir, ...all.flatMap((setting) => ["-c", setting])],
    {
      cwd: options.folder,
      // A group of its own: Ctrl-C in a terminal must reach its owner first, which still writes to it.
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    },
  )
  const { promise, resolve } = Promise.withResolvers<string>()
  child.on("error", (error) => {
    resolve(error.message)
  })
  child.on("exit", (code, name) => {
    resolve(name === null ? `exit code ${code}` : name)
  })
  return { child, exit: promise }
}

async function untilAnswering(
  server: Server,
  connection: ServerConnection,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  let exit: string | undefined
  void server.exit.then((why) => (exit = why))
  const answers = async (): Promise<boolean> => {
    if (exit !== undefined)
      throw new Outage(
        "PRIVATE_SERVER_FAILED",
        `the private PostgreSQL did not start: ${exit}${await logTail(folder)}`,
      )
    return withClient(connection, "postgres", () => Promise.resolve(true)).catch(() => false)
  }
  await systemClock.until(answers, { every: millis(50), within: seconds(60), signal })
}

const ensureDatabase = (connection: ServerConnection): Promise<void> =>
  withClient(connection, "postgres", async (client) => {
    const found = await client.query("select 1 from pg_database where datname = $1", [database])
    if (found.rowCount === 0) await client.query(`create database ${database}`)
  })

async function withClient<T>(
  { host, password }: ServerConnection,
  name: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host,
    port,
    user,
    password,
    database: name,
    connectionTimeoutMillis: 5000,
  })
  client.on("error", () => undefined) // the query that is waiting gets it too
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function stop({ child, exit }: Server, dataDir: string): Promise<void> {
  child.kill("SIGINT")
  const patience = AbortSignal.timeout(seconds(20))
  const late = new Promise<void>((resolve) => {
    patience.addEventListener("abort", () => {
      resolve()
    })
  })
  await Promise.race([exit, late])
  await endServers(dataDir, seconds(1), AbortSignal.timeout(seconds(15)))
}

async function logTail(folder: string): Promise<string> {
  const text = await readFile(join(folder, "postgres.log"), "utf8").catch(() => "")
  return text === "" ? "" : `; its log ends with: ${text.slice(-800)}`
}
