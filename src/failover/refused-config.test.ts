import assert from "node:assert/strict"
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import {
  forgetRefused,
  readRefused,
  type RefusedConfig,
  textPrint,
  writeRefused,
} from "./refused-config.ts"

test("what was refused is on the volume until it is forgotten, small, and nothing where it cannot be read", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "refused-config-"))
  try {
    assert.equal(await readRefused(dataDir), undefined)
    const refused: RefusedConfig = {
      print: textPrint({ conf: "work_mem = '4MB'\n", hba: "" }),
      serverPrint: undefined,
      kind: "guilty",
      times: 2,
      problem: "x".repeat(300),
    }
    await writeRefused(dataDir, refused)
    assert.deepEqual({ serverPrint: undefined, ...(await readRefused(dataDir)) }, refused)
    const file = join(dataDir, "pg-swarm", "refused-config")
    assert.ok((await stat(file)).size < 1024)
    await writeFile(file, '{"print":"half')
    assert.equal(await readRefused(dataDir), undefined)
    await forgetRefused(dataDir)
    await forgetRefused(dataDir)
    assert.equal(await readRefused(dataDir), undefined)
  } finally {
    await rm(dataDir, { recursive: true })
  }
})

test("a config is told from another by both of its files", () => {
  const prints = [
    { conf: "a", hba: "b" },
    { conf: "ab", hba: "" },
    { conf: "b", hba: "a" },
  ].map(textPrint)
  assert.equal(new Set(prints).size, 3)
})
