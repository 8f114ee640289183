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

test("D5: a password that breaks the URL of the database is told with the way to write it", () => {
  const read = (password: string) =>
    readCentralConfig({
      DATABASE_URL: `postgresql://central:${password}@db:5432/pg_swarm`,
      PG_SWARM_TLS: "off",
    })
  for (const password of ["1/2", "a/b", "a?b", "a#b"]) {
    const broken = read(password)
    assert.equal(broken.kind, "bad", password)
    assert.deepEqual(
      broken.problems.map(({ field }) => field),
      ["DATABASE_URL"],
    )
    assert.match(broken.problems[0]?.problem ?? "", /%2F/)
    assert.equal(read(encodeURIComponent(password)).kind, "ok")
  }
})
