import assert from "node:assert/strict"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { timeline } from "#core/ids.ts"
import { skipTimelines } from "./timelines.ts"

test("R13: a history file stands in the way of each timeline that somebody else opened", async () => {
  const data = await mkdtemp(join(tmpdir(), "timelines-"))
  try {
    const wal = join(data, "pgdata", "pg_wal")
    await mkdir(wal, { recursive: true })
    await writeFile(join(wal, "0000000A.history"), "9\t0/5\ttrue\n")
    await skipTimelines(data, timeline(8), timeline(12))
    await skipTimelines(data, timeline(8), timeline(12))
    const names = ["00000009.history", "0000000A.history", "0000000B.history"]
    assert.deepEqual((await readdir(wal)).toSorted(), names)
    assert.equal(await readFile(join(wal, "0000000A.history"), "utf8"), "9\t0/5\ttrue\n")
    assert.match(await readFile(join(wal, "0000000B.history"), "utf8"), /^8\t0\/1\t/)
    await assert.rejects(skipTimelines(data, timeline(1), timeline(20_000)), /too far/)
  } finally {
    await rm(data, { recursive: true, force: true })
  }
})

test("the next timeline needs nothing", async () => {
  await skipTimelines(join(tmpdir(), "nowhere"), timeline(1), timeline(2))
})
