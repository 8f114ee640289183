import assert from "node:assert/strict"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { readCentralConfig } from "../config.ts"
import { newKey, ownKeys, readKeys } from "./keys.ts"
import { type Place, SecretBox, SecretUnreadable } from "./secret-box.ts"

const at: Place = { table: "cluster_role", column: "verifier", row: ["c", "app"] }
const refuses = (code: SecretUnreadable["code"]) => (error: unknown) =>
  error instanceof SecretUnreadable && error.code === code && !error.message.includes("hush")

test("what is sealed opens in its own row only, and names its key", () => {
  const key = newKey()
  const box = new SecretBox([key])
  const sealed = box.seal(at, "hush")
  assert.match(sealed, new RegExp(`^v1:${key.id}:[A-Za-z0-9_-]+$`))
  assert.equal(box.open(at, sealed), "hush")
  assert.notEqual(box.seal(at, "hush"), sealed, "each time under another nonce")
  for (const other of [
    { ...at, row: ["c", "other"] },
    { ...at, row: ["other", "app"] },
    { ...at, column: "x" },
    { ...at, table: "x" },
  ])
    assert.throws(() => box.open(other, sealed), refuses("TAMPERED"))
})

test("a changed letter, a cut value, another key of that id and an unknown key are told apart from a secret", () => {
  const key = newKey()
  const box = new SecretBox([key])
  const sealed = box.seal(at, "hush")
  const [version = "", id = "", body = ""] = sealed.split(":")
  for (let place = 0; place < body.length - 1; place += 1) {
    const letter = body[place] === "A" ? "B" : "A"
    const changed = `${version}:${id}:${body.slice(0, place)}${letter}${body.slice(place + 1)}`
    assert.throws(() => box.open(at, changed), refuses("TAMPERED"))
  }
  for (const wrong of ["", "hush", "v2:a:b", `${version}:${id}:`, sealed.slice(0, -10)])
    assert.throws(() => box.open(at, wrong), SecretUnreadable)
  assert.throws(
    () => new SecretBox([{ ...newKey(), id: key.id }]).open(at, sealed),
    refuses("TAMPERED"),
  )
  assert.throws(() => new SecretBox([newKey()]).open(at, sealed), refuses("KEY_MISSING"))
})

test("an older key opens what it sealed, and seals nothing", () => {
  const [older, newer] = [newKey(), newKey()]
  const sealed = new SecretBox([older]).seal(at, "hush")
  const box = new SecretBox([newer, older])
  assert.equal(box.open(at, sealed), "hush")
  assert.ok(box.seal(at, "hush").startsWith(`v1:${newer.id}:`))
})

test("keys are read by their ids; what is wrong is told without the key", () => {
  const text = (key: Buffer): string => key.toString("base64")
  const [a, b] = [newKey(), newKey()]
  const read = readKeys("F", `# current\n2027:${text(a.bytes)}\n\n2026:${text(b.bytes)}\n`)
  assert.deepEqual(read, {
    kind: "ok",
    value: [
      { id: "2027", bytes: a.bytes },
      { id: "2026", bytes: b.bytes },
    ],
  })
  const bad = readKeys("F", `x:short,x y:${text(a.bytes)},z:${text(a.bytes)},z:${text(b.bytes)}`)
  assert.equal(bad.kind, "bad")
  assert.equal(bad.problems.length, 3)
  assert.ok(!JSON.stringify(bad).includes(text(a.bytes)))
  assert.equal(readKeys("F", "").kind, "bad")
})

test("central makes a key beside its own database, for its owner only, and keeps to it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pg-swarm-keys-"))
  try {
    const file = join(folder, "new", "secret-keys")
    const first = await ownKeys(file)
    assert.equal(first.made, true)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await ownKeys(file), { keys: first.keys, made: false })
    assert.match(await readFile(file, "utf8"), /keep a copy/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test("a given database has no key made up for it; keys are given once", () => {
  const database = "postgres://x"
  const none = readCentralConfig({ DATABASE_URL: database, PG_SWARM_TLS: "off" })
  assert.deepEqual(none.kind === "ok" && none.value.secretKeys, { kind: "none" })
  const own = readCentralConfig({ PG_SWARM_DATA_DIR: "/var/lib/x" })
  assert.deepEqual(own.kind === "ok" && own.value.secretKeys, {
    kind: "own",
    file: "/var/lib/x/secret-keys",
  })
  const twice = readCentralConfig({
    DATABASE_URL: database,
    PG_SWARM_SECRET_KEYS: "a:b",
    PG_SWARM_SECRET_KEYS_FILE: "/nowhere",
  })
  assert.equal(twice.kind, "bad")
  assert.ok(twice.problems.some(({ problem }) => problem.includes("given twice")))
})
