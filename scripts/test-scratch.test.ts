import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { test } from "node:test"
import { openScratch } from "./test-scratch.ts"

test("what still lives in the folder is ended, the folder goes, and nobody else is touched", async () => {
  const elsewhere = spawn("sleep", ["60"], { stdio: "ignore" })
  const scratch = await openScratch("memory")
  try {
    const inside = spawn("sleep", ["60"], { cwd: scratch.folder, stdio: "ignore", detached: true })
    const ended = once(inside, "exit")
    await once(inside, "spawn")
    assert.equal(await scratch.endStrays(), 1)
    await ended
    assert.equal(await scratch.endStrays(), 0)
    assert.equal(elsewhere.exitCode, null)
  } finally {
    await scratch[Symbol.asyncDispose]()
    elsewhere.kill("SIGKILL")
  }
  assert.ok(!existsSync(scratch.folder))
})
