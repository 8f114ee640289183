import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { readConfig, ruleFor } from "./config.ts"

const args = ["--dir", "/x", "--name", "s", "--block", "127.20"]

test("all mistakes of the command line are named at once", () => {
  const read = readConfig(["--block", "10.0", "--port", "x"])
  assert.ok(read.kind === "bad")
  assert.deepEqual(read.problems.map((one) => one.field).toSorted(), [
    "--block",
    "--dir",
    "--name",
    "--port",
  ])
})

test("an unknown option and an unknown setting are refused", (t) => {
  assert.equal(readConfig([...args, "--colour", "red"]).kind, "bad")
  const dir = mkdtempSync(join(tmpdir(), "mk-config-"))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, "c.json")
  writeFileSync(file, JSON.stringify({ colour: "red", images: [{ env: [] }] }))
  const read = readConfig([...args, "--config", file])
  assert.ok(read.kind === "bad")
  assert.deepEqual(read.problems.map((one) => one.field).toSorted(), [
    "colour",
    "images[0].env",
    "images[0].match",
  ])
})

test("the first image rule that fits is taken, and the dots in it are dots", () => {
  const rules = ["postgres:1.*", "postgres:*", "reg/*/app:?"].map((match) => ({
    match,
    env: {},
    entrypoint: [],
  }))
  assert.equal(ruleFor(rules, "postgres:1.5")?.match, "postgres:1.*")
  assert.equal(ruleFor(rules, "postgres:175")?.match, "postgres:*")
  assert.equal(ruleFor(rules, "reg/a/app:?")?.match, "reg/*/app:?")
  assert.equal(ruleFor(rules, "mysql:8"), undefined)
})
