import assert from "node:assert/strict"
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { end, endLeftovers, recordFile } from "./leftovers.ts"
import { isAlive, startOf } from "./proc.ts"
import { type ProgramSpec, Programs } from "./programs.ts"

const never = new AbortController().signal

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "pg-swarm-programs-"))
  await mkdir(join(dir, "logs"))
  t.after(() => rm(dir, { recursive: true }))
  return dir
}

const spec = (dir: string, script: string): ProgramSpec => ({
  name: "example",
  command: [process.execPath, "-e", script],
  cwd: dir,
  env: { PATH: "/usr/bin:/bin" },
  asOurselves: true,
  isReady: ({ event }) => event === "ready",
  readyWithinMs: 10_000,
})

const stays = `console.log("noise"); console.log('{"event":"ready","port":7}'); setInterval(() => {}, 1000)`

test("a program is ready when it says so, written down while it runs, and gone when it is stopped", async (t) => {
  const dir = await folder(t)
  const programs = new Programs(dir, undefined)
  const program = await programs.start(spec(dir, stays), never)
  assert.equal(program.ready["port"], 7)
  assert.match(await readFile(recordFile(dir), "utf8"), new RegExp(`"pid":${program.pid}\\b`))
  await program.stop(5_000)
  assert.equal(await startOf(program.pid), undefined)
  assert.equal(await readFile(recordFile(dir), "utf8"), "[]")
})

test("a program that does not listen to a friendly word is ended by force", async (t) => {
  const dir = await folder(t)
  const deaf = `process.on("SIGTERM", () => {}); ${stays}`
  const program = await new Programs(dir, undefined).start(spec(dir, deaf), never)
  await program.stop(100)
  assert.equal((await program.ended).how, "SIGKILL")
})

test("a program that ends before it is ready fails with its last lines", async (t) => {
  const dir = await folder(t)
  const failing = `console.error("the port is taken"); process.exit(3)`
  await assert.rejects(new Programs(dir, undefined).start(spec(dir, failing), never), (error) => {
    assert.ok(error instanceof Error)
    assert.match(error.message, /status 3.*\nthe port is taken/)
    return true
  })
})

test("a program that ends by itself later is told, one that was stopped is not", async (t) => {
  const dir = await folder(t)
  const programs = new Programs(dir, undefined)
  await (await programs.start(spec(dir, stays), never)).stop(5_000)
  const brief = `console.log('{"event":"ready"}'); setTimeout(() => process.exit(4), 20)`
  await programs.start(spec(dir, brief), never)
  assert.equal((await programs.broken).how, "status 4")
})

test("what a killed demo left running is found by its folder and ended, and nothing else", async (t) => {
  const dir = await folder(t)
  const other = await folder(t)
  const programs = new Programs(dir, undefined)
  const left = await programs.start(spec(dir, stays), never)
  // As a child that its killed parent never wrote down: only where it works tells whose it is.
  const unknown = await new Programs(other, undefined).start(
    { ...spec(dir, stays), name: "unknown" },
    never,
  )
  const bystander = await new Programs(other, undefined).start(spec(other, stays), never)
  const uids = new Set([process.getuid?.() ?? 0])
  assert.equal(await endLeftovers(dir, uids), 2)
  assert.equal(await startOf(left.pid), undefined)
  assert.equal(await startOf(unknown.pid), undefined)
  assert.notEqual(await startOf(bystander.pid), undefined)
  await bystander.stop(5_000)
})

test("a process id that was given to somebody else is not ended", async () => {
  const known = { name: "x", pid: process.pid, started: "1" }
  assert.equal(await isAlive(known), false)
  await end([known], 100)
})
