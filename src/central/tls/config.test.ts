import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { readCentralConfig } from "../config.ts"

const folder = mkdtempSync(join(tmpdir(), "tls-config-"))
after(() => rmSync(folder, { recursive: true, force: true }))

const keys = `k1:${Buffer.alloc(32).toString("base64")}`
const read = (given: Readonly<Record<string, string>>) =>
  readCentralConfig({ DATABASE_URL: "postgresql://x", PG_SWARM_SECRET_KEYS: keys, ...given })

const fields = (given: Readonly<Record<string, string>>) => {
  const config = read(given)
  assert.ok(config.kind === "bad", JSON.stringify(config))
  return config.problems.map(({ field }) => field)
}

function written(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test("who says nothing is protected by central's own authority, and plain must be asked for", () => {
  const usual = read({})
  assert.ok(usual.kind === "ok" && usual.value.tls.kind === "private")
  assert.ok(usual.value.tls.names.includes("central.pg-swarm.io"))
  const plain = read({ PG_SWARM_TLS: "off" })
  assert.ok(plain.kind === "ok" && plain.value.tls.kind === "plain")
})

test("without a key to seal it with there is no authority, and none is left unsealed", () => {
  assert.deepEqual(fields({ PG_SWARM_SECRET_KEYS: "" }), ["PG_SWARM_TLS"])
})

test("names of the private certificate are read, and wrong ones told", () => {
  const config = read({ PG_SWARM_TLS_NAMES: "central.example.org, 192.0.2.7" })
  assert.ok(config.kind === "ok" && config.value.tls.kind === "private")
  assert.deepEqual(config.value.tls.names.slice(0, 2), ["central.example.org", "192.0.2.7"])
  assert.deepEqual(fields({ PG_SWARM_TLS_NAMES: "a b,,c" }), ["PG_SWARM_TLS_NAMES"])
})

test("settings that contradict one another are told, all at once", () => {
  assert.deepEqual(
    fields({
      PG_SWARM_TLS: "off",
      PG_SWARM_TLS_NAMES: "central.example.org",
      PG_SWARM_CLIENT_CERTIFICATES: "required",
    }),
    ["PG_SWARM_TLS_NAMES", "PG_SWARM_CLIENT_CERTIFICATES"],
  )
  assert.deepEqual(fields({ PG_SWARM_TLS: "files" }), ["PG_SWARM_TLS_CERT"])
})

test("files are looked into: no certificate, a key with a password, another's key", async () => {
  const authority = await newAuthority("test", Date.now(), 2)
  const pair = await issue(authority, "central.test", Date.now(), 1)
  const other = await issue(authority, "central.test", Date.now(), 1)
  const cert = written("tls.crt", pair.certificate)
  const key = written("tls.key", pair.key)
  const good = read({ PG_SWARM_TLS_CERT: cert, PG_SWARM_TLS_KEY: key })
  assert.ok(good.kind === "ok" && good.value.tls.kind === "files")
  const wrong = (PG_SWARM_TLS_CERT: string, PG_SWARM_TLS_KEY: string) =>
    fields({ PG_SWARM_TLS_CERT, PG_SWARM_TLS_KEY })
  assert.deepEqual(wrong(key, key), ["PG_SWARM_TLS_CERT"])
  assert.deepEqual(wrong(cert, written("other.key", other.key)), ["PG_SWARM_TLS_KEY"])
  assert.deepEqual(wrong(written("empty.crt", ""), written("empty.key", "")), [
    "PG_SWARM_TLS_CERT",
    "PG_SWARM_TLS_KEY",
  ])
})
