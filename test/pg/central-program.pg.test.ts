import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { request as httpsRequest } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { after, before, test } from "node:test"
import { createClient } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { RegistrationService } from "#wire/registration.ts"
import { request, signIn } from "../fixtures/central.ts"
import { eventually } from "../fixtures/site.ts"

const main = join(import.meta.dirname, "../../src/central/main.ts")
let folder: string
const running = new Set<ChildProcess>()

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "pg-swarm-central-"))
  await chmod(folder, 0o755)
})
after(async () => {
  for (const child of running) child.kill("SIGKILL")
  await rm(folder, { recursive: true, force: true })
})

type Program = {
  readonly child: ChildProcess
  readonly lines: string[]
  readonly exit: Promise<number | null>
  readonly ready: () => Promise<{ rest: string; grpc: string }>
}

function start(environment: Readonly<Record<string, string>>): Program {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env["PATH"],
      PG_SWARM_REST_LISTEN: "127.0.0.1:0",
      PG_SWARM_GRPC_LISTEN: "127.0.0.1:0",
      PG_SWARM_TLS: "off",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  })
  running.add(child)
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => lines.push(line))
  const exit = once(child, "close").then(() => {
    running.delete(child)
    return child.exitCode
  })
  const event = (name: string) =>
    lines
      .filter((line) => line.startsWith("{"))
      .map((line): Record<string, unknown> => JSON.parse(line))
      .find((line) => line["event"] === name)
  return {
    child,
    lines,
    exit,
    ready: async () => {
      const found = await eventually(`central.ready in ${lines.join("\n")}`, async () =>
        Promise.resolve(event("central.ready")),
      )
      return { rest: String(found["rest"]), grpc: String(found["grpc"]) }
    },
  }
}

const residentMegabytes = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024

test("central runs with a PostgreSQL of its own, prints its first password once, stops in seconds and goes on after being killed", async (t) => {
  const data = { PG_SWARM_DATA_DIR: join(folder, "data") }
  const first = start(data)
  const { rest } = await first.ready()
  const printed = first.lines.filter((line) => line.includes("with the password"))
  assert.equal(printed.length, 1)
  const password = /password (\S+)/.exec(printed[0] ?? "")?.[1] ?? ""
  assert.ok(first.lines.every((line) => !line.startsWith("{") || !line.includes(password)))
  const { answer, cookie } = await signIn(`http://${rest}`, password)
  assert.equal(answer.status, 200)
  t.diagnostic(`resident: ${Math.round(residentMegabytes(first.child.pid))} MiB`)
  const began = Date.now()
  first.child.kill("SIGTERM")
  assert.equal(await first.exit, 0, first.lines.join("\n"))
  assert.ok(Date.now() - began < 10_000, "stops in seconds")

  const second = start(data)
  await second.ready()
  second.child.kill("SIGKILL")
  await second.exit

  const third = start(data)
  const again = await third.ready()
  assert.ok(third.lines.every((line) => !line.includes("with the password")))
  const who = await request(`http://${again.rest}`, "GET", "/api/v1/session", { cookie })
  assert.equal(who.status, 200, "the session is still there")
  third.child.kill("SIGTERM")
  await third.exit
})

test("a wrong environment is told in full, and the program leaves with status 2", async () => {
  const program = start({
    PG_SWARM_REST_LISTEN: "nowhere",
    PG_SWARM_LOG_LEVEL: "loud",
    PG_SWARM_ADMIN_PASSWORD: "short",
    DATABASE_URL: "postgresql://x",
  })
  assert.equal(await program.exit, 2)
  for (const field of ["PG_SWARM_REST_LISTEN", "PG_SWARM_LOG_LEVEL", "PG_SWARM_ADMIN_PASSWORD"])
    assert.ok(
      program.lines.some((line) => line.startsWith(`${field}: `)),
      field,
    )
})

test("a database that is not there yet is waited for, and the wait ends with SIGTERM", async () => {
  const program = start({ DATABASE_URL: "postgresql://u:hunter2@127.0.0.1:1/none" })
  await eventually("it says that it waits", async () =>
    Promise.resolve(program.lines.some((line) => line.includes("central.waiting"))),
  )
  program.child.kill("SIGTERM")
  assert.equal(await program.exit, 0)
  assert.ok(!program.lines.join("").includes("hunter2"))
})

test("given a certificate, both ports speak TLS and the cookie is for TLS only", async () => {
  const authority = await newAuthority("test", Date.now(), 2)
  const { certificate, key } = await issue(authority, "central.test", Date.now(), 1)
  const trust = { ca: authority.certificate, servername: "central.test" }
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") }
  await writeFile(files.cert, certificate)
  await writeFile(files.key, key)
  const program = start({
    PG_SWARM_DATA_DIR: join(folder, "data"),
    PG_SWARM_TLS: "files",
    PG_SWARM_TLS_CERT: files.cert,
    PG_SWARM_TLS_KEY: files.key,
    PG_SWARM_ADMIN_PASSWORD: "a long password",
  })
  const { rest, grpc } = await program.ready()
  const body = JSON.stringify({ user: "admin", password: "a long password" })
  const answer = await new Promise<{
    status: number | undefined
    headers: NodeJS.Dict<string | string[]>
  }>((resolve, reject) => {
    const sent = httpsRequest(
      `https://${rest}/api/v1/session`,
      { method: "POST", ...trust, headers: { "content-type": "application/json" } },
      (response) => {
        response.resume()
        resolve({ status: response.statusCode, headers: response.headers })
      },
    )
    sent.on("error", reject)
    sent.end(body)
  })
  assert.equal(answer.status, 200)
  assert.match(String(answer.headers["set-cookie"]), /; Secure/)
  assert.match(String(answer.headers["strict-transport-security"]), /max-age/)
  const client = createClient(
    RegistrationService,
    createGrpcTransport({ baseUrl: `https://${grpc}`, nodeOptions: trust }),
  )
  const made = await client.register({
    site: "secure",
    kubernetesUid: "uid",
    satelliteVersion: "1",
    protocolVersion: 1,
  })
  assert.ok(made.registrationToken.length > 0)
  program.child.kill("SIGTERM")
  await program.exit
})
