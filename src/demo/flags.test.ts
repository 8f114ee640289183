import assert from "node:assert/strict"
import { test } from "node:test"
import { parseFlags } from "./flags.ts"

const parse = (text: string, isRoot = false) =>
  parseFlags(text === "" ? [] : text.split(" "), { XDG_STATE_HOME: "/state" }, isRoot)

const fieldsOf = (text: string): readonly string[] => {
  const outcome = parse(text)
  assert.ok(outcome.kind === "bad")
  return outcome.problems.map(({ field }) => field)
}

test("without flags the demo has two sites of three members on port 8080", () => {
  const outcome = parse("")
  assert.ok(outcome.kind === "ok")
  const { sites, members, port, state, fresh } = outcome.value
  assert.deepEqual(
    { sites, members, port, state, fresh },
    { sites: 2, members: 3, port: 8080, state: "/state/pg-swarm-demo", fresh: false },
  )
})

test("root keeps the demo where an unprivileged process can read it", () => {
  const outcome = parse("", true)
  assert.ok(outcome.kind === "ok")
  assert.equal(outcome.value.state, "/var/lib/pg-swarm-demo")
})

test("flags are taken with and without an equals sign", () => {
  const outcome = parse("--sites=3 --members 1 --port 9000 --state /tmp/x --fresh")
  assert.ok(outcome.kind === "ok")
  const { sites, members, port, state, fresh } = outcome.value
  assert.deepEqual(
    { sites, members, port, state, fresh },
    { sites: 3, members: 1, port: 9000, state: "/tmp/x", fresh: true },
  )
})

test("every bad flag is named, all at once", () => {
  assert.deepEqual(
    fieldsOf("--sites 0 --members ten --port 65000 --color --fresh=yes --preset soon extra"),
    ["--color", "--fresh", "extra", "--sites", "--members", "--port", "--preset"],
  )
})

test("a flag without its value is refused, not swallowed with the next one", () => {
  assert.deepEqual(fieldsOf("--state --fresh"), ["--state"])
  assert.deepEqual(fieldsOf("--sites"), ["--sites"])
})

test("help wins over everything else", () => {
  assert.equal(parse("--sites 0 --help").kind, "help")
})
