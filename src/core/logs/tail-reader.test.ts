import assert from "node:assert/strict"
import { test } from "node:test"
import { type TailFilter, tailBounds } from "./tail.ts"
import { TailReader } from "./tail-reader.ts"

const all: TailFilter = { level: undefined, text: undefined }

const read = (filter: TailFilter, ...texts: readonly string[]) => {
  const reader = new TailReader(filter)
  return texts.flatMap((text) => reader.read({ at: undefined, text, isCut: false }) ?? [])
}

test("a line has the level that it says, and its further lines have the same", () => {
  const lines = read(
    all,
    "2026-01-01 00:00:00.000 UTC [1] (client backend) ERROR:  relation is missing",
    "2026-01-01 00:00:00.000 UTC [1] (client backend) STATEMENT:  select",
    "\t1 from nothing",
    "2026-01-01 00:00:00.000 UTC [1] (checkpointer) LOG:  checkpoint starting",
    "2026-01-01 00:00:00.000 UTC [1] (client backend) WARNING:  there is no transaction",
    "2026-01-01 00:00:00.000 UTC [1] (client backend) DEBUG2:  x",
    '{"level":"warn","time":"2026-01-01T00:00:00.000Z","event":"x"}',
    "2026-01-01T00:00:00+0000 supervisor: in hold",
  )
  assert.deepEqual(
    lines.map(({ level }) => level),
    ["error", "error", "error", "info", "warn", "debug", "warn", "info"],
  )
})

test("a filter by level keeps a message whole, one by text looks at each line in any case", () => {
  const texts = ["WARNING:  a", "\tmore of it", "LOG:  b", "\tmore of b", "ERROR:  The Lease"]
  assert.deepEqual(
    read({ level: "warn", text: undefined }, ...texts).map(({ text }) => text),
    ["WARNING:  a", "\tmore of it", "ERROR:  The Lease"],
  )
  assert.deepEqual(
    read({ level: undefined, text: "lease" }, ...texts).map(({ text }) => text),
    ["ERROR:  The Lease"],
  )
})

test("a filter by text does not find what is masked: it is no way to guess it", () => {
  assert.deepEqual(
    read({ level: undefined, text: "s3cret" }, "LOG:  ALTER ROLE a PASSWORD 's3cret'"),
    [],
  )
})

test("a tail that begins within a message begins with the next: nobody knows what it left open", () => {
  assert.deepEqual(
    read(all, "\t's3cret'", "\tmore", "LOG:  a", "\tof a").map(({ text }) => text),
    ["LOG:  a", "\tof a"],
  )
})

test("a long line is cut after it was masked, and what no wire carries is replaced", () => {
  const [long] = read(all, `LOG:  ${"x".repeat(tailBounds.lineMax)}`)
  assert.deepEqual([long?.text.length, long?.isCut], [tailBounds.lineMax, true])
  const head = `LOG:  ${"x".repeat(tailBounds.lineMax - 20)}`
  const [cut] = read(all, `${head} PASSWORD 's3cret'`)
  assert.doesNotMatch(cut?.text ?? "", /s3/)
  const [odd] = read(all, `LOG:  ${"x".repeat(tailBounds.lineMax - 7)}\u{1F600} a\0b`)
  assert.equal(odd?.text.isWellFormed(), true)
  assert.equal(read(all, "a\0b")[0]?.text, "a\u{FFFD}b")
})
