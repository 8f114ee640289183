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

test("proxies are ranges of addresses, never everybody; days of the audit a whole number of them", () => {
  const base = { DATABASE_URL: "postgresql://x", PG_SWARM_TLS: "off" }
  const good = readCentralConfig({
    ...base,
    PG_SWARM_TRUSTED_PROXIES: "10.0.0.0/8, 2001:db8::/32",
    PG_SWARM_AUDIT_DAYS: "30",
  })
  assert.equal(good.kind, "ok")
  assert.deepEqual(good.value.trustedProxies, ["10.0.0.0/8", "2001:db8::/32"])
  assert.equal(good.value.auditDays, 30)
  const usual = readCentralConfig(base)
  assert.equal(usual.kind, "ok")
  assert.deepEqual([usual.value.trustedProxies, usual.value.auditDays], [[], 400])
  for (const [text, problem] of [
    ["0.0.0.0/0", /is everybody/],
    ["::/0", /is everybody/],
    ["10.0.0.1", /10\.0\.0\.1\/32 is this one address/],
    ["10.0.0.1/8", /10\.0\.0\.0\/8 is the range/],
    ["nginx", /is no range of addresses/],
  ] as const) {
    const read = readCentralConfig({ ...base, PG_SWARM_TRUSTED_PROXIES: text })
    assert.equal(read.kind, "bad", text)
    assert.deepEqual(
      read.problems.map(({ field }) => field),
      ["PG_SWARM_TRUSTED_PROXIES"],
    )
    assert.match(read.problems[0]?.problem ?? "", problem)
  }
  for (const text of ["0", "1.5", "forever"]) {
    const read = readCentralConfig({ ...base, PG_SWARM_AUDIT_DAYS: text })
    assert.equal(read.kind, "bad", text)
    assert.equal(read.problems[0]?.field, "PG_SWARM_AUDIT_DAYS")
  }
})
