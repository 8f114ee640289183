import assert from "node:assert/strict"
import { test } from "node:test"
import { readCentralConfig } from "./config.ts"

test("a database or a folder for one must be named", () => {
  const read = readCentralConfig({})
  assert.equal(read.kind, "bad")
  assert.deepEqual(
    read.problems.map(({ field }) => field),
    ["DATABASE_URL"],
  )
})

test("a folder alone means a private PostgreSQL in it, and the usual ports", () => {
  const read = readCentralConfig({ PG_SWARM_DATA_DIR: "/var/lib/pg-swarm" })
  assert.equal(read.kind, "ok")
  assert.deepEqual(read.value.database, {
    kind: "private",
    folder: "/var/lib/pg-swarm/postgres",
    binaries: undefined,
  })
  assert.deepEqual([read.value.rest.port, read.value.grpc.port], [8080, 9090])
})

test("a certificate without its key, an unreadable file and a short password are all told at once", () => {
  const short = readCentralConfig({ DATABASE_URL: "mysql://x", PG_SWARM_ADMIN_PASSWORD: "short" })
  assert.equal(short.kind, "bad")
  assert.equal(short.problems.length, 2)
  const files = readCentralConfig({
    DATABASE_URL: "postgresql://x",
    PG_SWARM_TLS_CERT: "/nowhere/cert.pem",
  })
  assert.equal(files.kind, "bad")
  assert.deepEqual(
    files.problems.map(({ field }) => field),
    ["PG_SWARM_TLS_CERT", "PG_SWARM_TLS_CERT"],
  )
})
