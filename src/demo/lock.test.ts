import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { takeLock } from "./lock.ts"
import { startOf } from "./proc.ts"

const folder = async (): Promise<string> => mkdtemp(join(tmpdir(), "pg-swarm-lock-"))

test("a folder is locked by one demo at a time, and free when that one is done", async () => {
  const dir = await folder()
  const first = await takeLock(dir)
  assert.ok(first.kind === "locked")
  const second = await takeLock(dir)
  assert.ok(second.kind === "taken")
  assert.equal(second.by.pid, process.pid)

  await first.lock[Symbol.asyncDispose]()
  assert.equal((await takeLock(dir)).kind, "locked")
  await rm(dir, { recursive: true })
})

test("the lock of a demo that was killed is taken over", async () => {
  const dir = await folder()
  const child = spawn("sleep", ["60"])
  const started = await startOf(child.pid ?? 0)
  await writeFile(join(dir, "demo.lock"), JSON.stringify({ name: "demo", pid: child.pid, started }))
  assert.equal((await takeLock(dir)).kind, "taken")
  child.kill("SIGKILL")
  await once(child, "close")
  assert.equal((await takeLock(dir)).kind, "locked")
  await rm(dir, { recursive: true })
})

test("a process that got the number of the dead one does not hold its lock", async () => {
  const dir = await folder()
  await writeFile(
    join(dir, "demo.lock"),
    JSON.stringify({ name: "demo", pid: process.pid, started: "1" }),
  )
  assert.equal((await takeLock(dir)).kind, "locked")
  assert.ok(existsSync(join(dir, "demo.lock")))
  await rm(dir, { recursive: true })
})

test("a lock file that is no lock is taken over", async () => {
  const dir = await folder()
  await writeFile(join(dir, "demo.lock"), "half a")
  assert.equal((await takeLock(dir)).kind, "locked")
  await rm(dir, { recursive: true })
})
