import assert from "node:assert/strict"
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { openSupervisor } from "./channel.ts"

test("reports are heard of one supervisor after the other, whose files have the same names", async () => {
  const runDir = await mkdtemp(join(tmpdir(), "channel-"))
  const file = join(runDir, "supervisor", "reports")
  const stop = new AbortController()
  try {
    await mkdir(join(runDir, "supervisor"))
    await writeFile(file, "boot a0\n1 server-started 1\n")
    // From now on: what was reported before is not news.
    const reports = openSupervisor(runDir).reports(stop.signal)[Symbol.asyncIterator]()
    const next = async (write: () => Promise<void>): Promise<unknown> => {
      const heard = reports.next()
      await write()
      return (await heard).value
    }
    for (const postmaster of [2, 3])
      assert.deepEqual(
        await next(() => appendFile(file, `${postmaster} server-started ${postmaster}\n`)),
        { kind: "server-started", postmaster },
      )
    for (const boot of ["b1", "b2", "b3"]) {
      const started = { kind: "server-started", postmaster: 9 }
      const restart = async (): Promise<void> => {
        await rm(file)
        await writeFile(file, `boot ${boot}\n1 server-started 9\n`)
      }
      assert.deepEqual(await next(restart), started)
      assert.deepEqual(await next(() => appendFile(file, "2 server-started 9\n")), started)
    }
  } finally {
    stop.abort()
    await rm(runDir, { recursive: true })
  }
})
