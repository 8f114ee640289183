import assert from "node:assert/strict"
import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { lineMax, LogFile } from "./log-file.ts"

/** A folder with a log, and what reads it. */
function place(context: TestContext): {
  readonly file: string
  readonly follow: () => LogFile
  readonly write: (text: string | Uint8Array) => void
} {
  const folder = mkdtempSync(join(tmpdir(), "pg-swarm-log-"))
  const file = join(folder, "server.log")
  const followers: LogFile[] = []
  context.after(async () => {
    for (const follower of followers) await follower[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    file,
    follow: () => {
      const follower = new LogFile(folder)
      followers.push(follower)
      return follower
    },
    write: (text) => appendFileSync(file, text),
  }
}

/** Everything that there is to read now. */
async function all(log: LogFile): Promise<{ lines: string[]; dropped: number }> {
  const lines: string[] = []
  let dropped = 0
  for (let looks = 0; looks < 200; looks += 1) {
    const look = await log.look()
    lines.push(...look.lines)
    dropped += look.droppedBytes
    if (look.atEnd) return { lines, dropped }
  }
  assert.fail("the end was never reached")
}

test("lines are read once, in whatever pieces they are written", async (context) => {
  const { follow, write } = place(context)
  const log = follow()
  assert.deepEqual((await all(log)).lines, [])
  write("one\ntw")
  assert.deepEqual((await all(log)).lines, ["one"])
  write("o\n\nthree\n")
  assert.deepEqual((await all(log)).lines, ["two", "", "three"])
  assert.deepEqual((await all(log)).lines, [])
})

test("a file that was emptied or replaced is read from its beginning", async (context) => {
  const { file, follow, write } = place(context)
  const log = follow()
  write("before\nhalf")
  await all(log)
  truncateSync(file, 0)
  write("new\n")
  assert.deepEqual((await all(log)).lines, ["new"])
  rmSync(file)
  assert.deepEqual((await all(log)).lines, [])
  writeFileSync(file, "another file\n")
  assert.deepEqual((await all(log)).lines, ["another file"])
})

test("a restarted sidecar goes on where the one before it was, half lines too", async (context) => {
  const { follow, write } = place(context)
  write("one\nha")
  assert.deepEqual((await all(follow())).lines, ["one"])
  write("lf\nthree\n")
  assert.deepEqual((await all(follow())).lines, ["half", "three"])
})

test("a line of a megabyte is cut, and the next one is whole", async (context) => {
  const { follow, write } = place(context)
  write(`${"x".repeat(1024 * 1024)}\nnext\n`)
  const { lines } = await all(follow())
  assert.deepEqual(
    lines.map((line) => line.length),
    [lines[0]?.length, 4],
  )
  assert.ok((lines[0]?.length ?? 0) <= lineMax)
  assert.equal(lines[1], "next")
})

test("bytes that are no UTF-8 do not stop the reading", async (context) => {
  const { follow, write } = place(context)
  write(Buffer.from([0xff, 0xfe, 0x41, 0x0a, 0xc3, 0x28, 0x0a, 0x42, 0x0a]))
  assert.deepEqual((await all(follow())).lines, ["\ufffd\ufffdA", "\ufffd(", "B"])
})

test("what comes too fast is left out and counted, and reading goes on with a whole line", async (context) => {
  const { follow, write } = place(context)
  const log = follow()
  const line = `${"y".repeat(99)}\n`
  write(line.repeat(40_000))
  write("last\n")
  const { lines, dropped } = await all(log)
  assert.equal(lines.at(-1), "last")
  assert.ok(lines.every((found) => found === "last" || found.length === 99))
  assert.ok(dropped > 3_000_000)
  assert.ok(lines.length * 100 + dropped <= 4_000_100)
})

test("a large file is emptied once it was read and nothing more comes", async (context) => {
  const { file, follow, write } = place(context)
  const log = follow()
  write(`${"z".repeat(999)}\n`.repeat(1500))
  await all(log)
  await all(log)
  assert.equal(statSync(file).size, 0)
  write("after\n")
  assert.deepEqual((await all(log)).lines, ["after"])
})
