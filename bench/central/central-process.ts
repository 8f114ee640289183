/** The central under test: its own process from the bundle that ships, with TLS, on a PostgreSQL that outlives it. */
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { createServer, type AddressInfo } from "node:net"
import { join } from "node:path"
import { setDefaultCACertificates } from "node:tls"
import { promisify } from "node:util"
import { present } from "#core/assert.ts"
import { centralNodeEnv, centralNodeFlags } from "#core/names.ts"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { startPrivateServer } from "#io/postgres/private-server.ts"
import { CentralApi } from "../../src/demo/central-api.ts"
import { type Program, Programs, type ProgramSpec } from "../../src/demo/programs.ts"
import type { Target } from "./orders.ts"

const run = promisify(execFile)
const certificateDays = 2
const stopWithin = 30_000

export interface CentralUnderTest extends AsyncDisposable {
  readonly target: Target
  readonly url: string
  readonly api: CentralApi
  readonly token: string
  readonly pid: () => number
  readonly postmaster: number
  /** By how much its event loop was late since the last call, at the 99th percentile, in milliseconds. */
  readonly lateP99: () => Promise<number>
  readonly stop: () => Promise<void>
  /** Resolves when it says that it is ready. */
  readonly start: () => Promise<void>
}

export async function startCentralUnderTest(
  folder: string,
  postgres: string | undefined,
  signal: AbortSignal,
): Promise<CentralUnderTest> {
  await using stack = new AsyncDisposableStack()
  await run(process.execPath, [join(checkout, "scripts/build.ts"), "central"], {
    cwd: checkout,
    timeout: 180_000,
  })
  await mkdir(join(folder, "logs"), { recursive: true })
  const authority = await certificates(folder)
  const database = stack.use(
    await startPrivateServer({
      folder: join(folder, "postgres"),
      available: await findServerBinaries({ folder: postgres, path: process.env["PATH"] }),
      signal,
    }),
  )
  const pidFile = await readFile(join(folder, "postgres/pgdata/postmaster.pid"), "utf8")
  const password = randomBytes(12).toString("base64url")
  const [rest, grpc] = [await freePort(), await freePort()]
  const programs = new Programs(folder, undefined)
  let program: Program | undefined = await programs.start(
    centralSpec(folder, { rest, grpc, password, databaseUrl: database.connection.url }),
    signal,
  )
  const stop = async (): Promise<void> => {
    await program?.stop(stopWithin)
    program = undefined
  }
  stack.defer(stop)
  const url = `https://localhost:${rest}`
  const session = await new CentralApi(url, { kind: "none" }).signIn("admin", password)
  const { token } = await session.call("createToken", { body: { name: "bench" } })
  const owned = stack.move()
  return {
    target: { grpc: `https://localhost:${grpc}`, authority },
    url,
    token,
    api: new CentralApi(url, { kind: "token", token }),
    pid: () => present(program, "central runs").pid,
    lateP99: async () => {
      const answer = await fetch(`${url}/metrics`, {
        headers: { authorization: `Bearer ${token}` },
      })
      const found = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(await answer.text())
      return Number(found?.[1] ?? Number.NaN) * 1000
    },
    postmaster: Number(pidFile.split("\n", 1)[0]),
    stop,
    start: async () => {
      program = await programs.restart("central", signal)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const checkout = join(import.meta.dirname, "../..")

const centralSpec = (
  folder: string,
  given: {
    readonly rest: number
    readonly grpc: number
    readonly password: string
    readonly databaseUrl: string
  },
): ProgramSpec => ({
  name: "central",
  command: [process.execPath, ...centralNodeFlags, join(checkout, "dist/central.js")],
  cwd: folder,
  asOurselves: true,
  env: {
    ...centralNodeEnv,
    PATH: process.env["PATH"] ?? "",
    DATABASE_URL: given.databaseUrl,
    PG_SWARM_REST_LISTEN: `127.0.0.1:${given.rest}`,
    PG_SWARM_GRPC_LISTEN: `127.0.0.1:${given.grpc}`,
    PG_SWARM_ADMIN_PASSWORD: given.password,
    PG_SWARM_TLS_CERT: join(folder, "central.crt"),
    PG_SWARM_TLS_KEY: join(folder, "central.key"),
  },
  isReady: ({ event }) => event === "central.ready",
  readyWithinMs: 60_000,
})

/** Writes central's certificate and key, and lets this process trust their authority. */
async function certificates(folder: string): Promise<string> {
  const now = Date.now()
  const authority = await newAuthority("bench", now, certificateDays)
  const pair = await issue(authority, "localhost", now, certificateDays)
  await writeFile(join(folder, "central.crt"), pair.certificate)
  await writeFile(join(folder, "central.key"), pair.key, { mode: 0o600 })
  setDefaultCACertificates([authority.certificate])
  return authority.certificate
}

/** The same port again after a restart: one that the system did not have in use just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address: AddressInfo | string | null = server.address()
  const closed = once(server, "close")
  server.close()
  await closed
  if (typeof address !== "object" || address === null) throw new Error("no port was given")
  return address.port
}
