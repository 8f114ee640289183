import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { FleetEvent, Severity } from "#core/cluster/events.ts"
import { clusterId, eventId } from "#core/ids.ts"
import { Outbox } from "./outbox.ts"

const event = (severity: Severity = "info", message = "m"): FleetEvent => ({
  id: eventId(randomUUID()),
  at: 1,
  severity,
  kind: "a.b",
  message,
  clusterId: clusterId(randomUUID()),
  pod: undefined,
  details: { key: "value" },
})

test("events outlive the process that took them, in their order", async () => {
  const folder = await mkdtemp(join(tmpdir(), "outbox-"))
  try {
    const file = join(folder, "deep", "outbox.db")
    const events = [event(), event("critical"), event()]
    {
      using outbox = new Outbox(file)
      outbox.put(events)
    }
    using again = new Outbox(file)
    assert.deepEqual(again.oldest(10), events)
    again.forget([events[0]?.id ?? ""])
    assert.deepEqual(again.oldest(10), events.slice(1))
  } finally {
    await rm(folder, { recursive: true })
  }
})

test("an event that is put twice is there once", () => {
  using outbox = new Outbox(":memory:")
  const one = event()
  outbox.put([one, one])
  outbox.put([one])
  assert.equal(outbox.size, 1)
})

test("when it is full, the oldest of little weight go first, and are counted", () => {
  using outbox = new Outbox(":memory:", 3)
  const heavy = [event("error", "1"), event("warning", "2")]
  const light = [event("info", "3"), event("debug", "4")]
  outbox.put([...heavy, ...light])
  assert.deepEqual(
    outbox.oldest(10).map(({ message }) => message),
    ["1", "2", "4"],
  )
  outbox.put([event("critical", "5"), event("critical", "6")])
  assert.deepEqual(
    outbox.oldest(10).map(({ message }) => message),
    ["2", "5", "6"],
    "with no light one left, the oldest goes",
  )
  assert.equal(outbox.dropped, 3)
})

test("what was lost is told once, as one event, and counted over restarts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "outbox-"))
  try {
    const file = join(folder, "outbox.db")
    const at = (time: number) => ({ ...event("info", String(time)), at: time })
    {
      using outbox = new Outbox(file, 2)
      outbox.put([at(10), at(20), at(30)])
      outbox.put([at(40), at(50)])
    }
    using again = new Outbox(file, 2)
    again.lost(60)
    assert.equal(again.dropped, 4)
    again.tellLost((lost) => ({ ...event("warning", JSON.stringify(lost)), at: 70 }))
    again.tellLost(() => assert.fail("told already"))
    assert.deepEqual(
      again.oldest(10).map(({ message }) => message),
      ["40", "50", JSON.stringify({ count: 4, first: 10, last: 60 })],
    )
    assert.equal(again.dropped, 4)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test("a role change that went well outweighs what is worth little", () => {
  using outbox = new Outbox(":memory:", 2)
  outbox.put([{ ...event("info", "1"), kind: "switchover.completed" }, event("info", "2")])
  outbox.put([event("warning", "3")])
  assert.deepEqual(
    outbox.oldest(10).map(({ message }) => message),
    ["1", "3"],
  )
})

test("a damaged file is put aside, and events begin anew", async () => {
  const folder = await mkdtemp(join(tmpdir(), "outbox-"))
  try {
    const file = join(folder, "outbox.db")
    await writeFile(file, "this is no database ".repeat(500))
    using outbox = new Outbox(file)
    outbox.put([event()])
    assert.equal(outbox.size, 1)
    assert.equal(outbox.setAside, `${file}.damaged`)
    assert.match(await readFile(`${file}.damaged`, "utf8"), /^this is no database/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
