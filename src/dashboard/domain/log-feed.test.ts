import assert from "node:assert/strict"
import { test } from "node:test"
import type { TailMessage } from "#wire/log-tail-live.ts"
import { fileOf, heard, newFeed, readLine, rowsMax, rowsWith, socketClosed } from "./log-feed.ts"

const message = (texts: readonly string[], dropped = 0): TailMessage => ({
  dropped,
  lines: texts.map((text) => ({
    at: "2026-01-01T00:00:00.000Z",
    level: "info",
    text,
    cut: false,
  })),
  standing: { kind: "following" },
})

test("lines come in order, and where some are missing it says how many", () => {
  const feed = heard(heard(newFeed, message(["one", "two"])), message(["five"], 2))
  assert.deepEqual(
    feed.rows.map((row) => (row.kind === "gap" ? row.lines : row.text)),
    ["one", "two", 2, "five"],
  )
  assert.equal(feed.dropped, 2)
  assert.equal(new Set(feed.rows.map(({ id }) => id)).size, 4)
})

test("only the last rows are kept", () => {
  let feed = newFeed
  for (let at = 0; at < 100; at += 1)
    feed = heard(feed, message(Array.from({ length: 50 }, (_, line) => `${at * 50 + line}`)))
  assert.equal(feed.rows.length, rowsMax)
  const last = feed.rows.at(-1)
  assert.equal(last?.kind === "line" ? last.text : "", "4999")
})

test("central's word on the end counts for more than the socket's", () => {
  const ended = heard(newFeed, {
    ...message([]),
    standing: { kind: "ended", end: "gone", why: "the pod is gone" },
  })
  assert.equal(socketClosed(ended, 1000), ended)
  const cut = socketClosed(newFeed, 1006).standing
  assert.deepEqual(cut, { kind: "ended", end: "cut", why: "the line to central broke off" })
  const out = socketClosed(newFeed, 4401).standing
  assert.equal(out.kind === "ended" ? out.why : "", "the session has ended")
})

test("our own lines are read by their event, others are as they are", () => {
  assert.deepEqual(
    readLine(
      '{"level":"warn","time":"x","program":"satellite","event":"central.lost","why":"a b","in":7}',
    ),
    { head: "central.lost", fields: "why=a b in=7" },
  )
  assert.deepEqual(readLine('{"level":"warn","ev'), { head: '{"level":"warn","ev', fields: "" })
  assert.deepEqual(readLine("LOG:  x"), { head: "LOG:  x", fields: "" })
})

test("a search looks at lines, and the file has what is shown, with what is missing", () => {
  const { rows } = heard(heard(newFeed, message(["The Lease"])), message(["other"], 3))
  assert.equal(rowsWith(rows, "  ").length, 3)
  assert.deepEqual(
    rowsWith(rows, "lease ").map((row) => (row.kind === "line" ? row.text : "")),
    ["The Lease"],
  )
  assert.equal(
    fileOf(rows),
    "2026-01-01T00:00:00.000Z The Lease\n... 3 lines were left out ...\n2026-01-01T00:00:00.000Z other\n",
  )
})
