import assert from "node:assert/strict"
import { test } from "node:test"
import { openLog, printable } from "#io/log.ts"
import { Outage } from "#io/outage.ts"

function logged(level: "debug" | "info" = "info") {
  const lines: string[] = []
  const log = openLog("test", level, (line) => lines.push(line))
  return { log, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? "{}") }
}

test("an event is one line of JSON with its name, time, program and fields", () => {
  const { log, lines, last } = logged()
  log.child({ satellite: "north" }).event("stream.opened", { stream: 3, note: "two\nlines" })
  assert.equal(lines.length, 1)
  assert.ok(!lines.join("").includes("\n"))
  const { time, ...rest } = last()
  assert.ok(typeof time === "string" && !Number.isNaN(Date.parse(time)))
  assert.deepEqual(rest, {
    level: "info",
    program: "test",
    event: "stream.opened",
    satellite: "north",
    stream: 3,
    note: "two\nlines",
  })
})

test("secrets are masked by the name of their field at any depth, and inside URLs", () => {
  const { log, lines } = logged()
  log.event("x", {
    password: "hunter2",
    headers: { authorization: "Bearer hunter2", cookie: "hunter2" },
    list: [{ authToken: "hunter2" }],
    url: "postgresql://user:hunter2@host/db",
    error: new Error("cannot reach postgres://u:hunter2@h"),
  })
  assert.ok(!lines.join("").includes("hunter2"), lines.join(""))
})

test("an error is printed with its code and every cause", () => {
  const { log, last } = logged()
  log.error("failed", { error: new Outage("AWAY", "no answer", { cause: new Error("refused") }) })
  assert.deepEqual(Object.keys(last()["error"] ?? {}), ["name", "message", "code", "cause"])
})

test("what has no end is printed up to a bound", () => {
  const round: Record<string, unknown> = {}
  round["self"] = round
  assert.ok(JSON.stringify(printable(round)).length < 200)
  assert.ok(JSON.stringify(printable("x".repeat(100_000))).length < 5000)
})

test("the level can be changed while the program runs, for every child at once", () => {
  const { log, lines } = logged()
  const child = log.child({ part: "a" })
  child.debug("hidden")
  log.setLevel("debug")
  child.debug("shown")
  child.setLevel("error")
  log.event("hidden again")
  assert.equal(lines.length, 1)
})
