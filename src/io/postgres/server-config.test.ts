import assert from "node:assert/strict"
import { test } from "node:test"
import { conninfo, serverConfig, synchronousStandbyNames } from "./server-config.ts"

const settings = {
  include: undefined,
  clusterName: "orders",
  primaryConninfo: undefined,
  primarySlotName: undefined,
  synchronousStandbys: undefined,
  others: {},
} as const

test("values of a connection string can hold quotes, blanks and backslashes", () => {
  assert.equal(
    conninfo({ host: "10.0.0.1", port: 5432, password: "a b'c\\d", sslmode: undefined }),
    "host='10.0.0.1' port='5432' password='a b\\'c\\\\d'",
  )
})

test("a connection string inside the file is quoted twice", () => {
  const text = serverConfig({ ...settings, primaryConninfo: { password: "it's" } })
  assert.ok(text.includes("primary_conninfo = 'password=''it\\\\''s'''\n"), text)
})

test("a value can not begin a setting of its own", () => {
  const text = serverConfig({ ...settings, clusterName: "x'\nfsync = off\n#" })
  assert.ok(!text.split("\n").includes("fsync = off"), text)
})

test("the included file comes first, so that what changes with the roles wins", () => {
  const text = serverConfig({ ...settings, include: "/config/postgresql.conf" })
  const lines = text.split("\n").filter((line) => !line.startsWith("#"))
  assert.equal(lines[0], "include '/config/postgresql.conf'")
})

test("synchronous standbys are named with quotes, and nobody means asynchronous", () => {
  assert.equal(
    synchronousStandbyNames({ count: 1, members: ["pg-1", "pg-2"] }),
    'ANY 1 ("pg-1", "pg-2")',
  )
  assert.equal(synchronousStandbyNames({ count: 1, members: [] }), "")
  assert.equal(synchronousStandbyNames(undefined), "")
  assert.throws(() => synchronousStandbyNames({ count: 3, members: ["pg-1"] }))
})

test("a name that is no setting is a bug, not a line of the file", () => {
  assert.throws(() => serverConfig({ ...settings, others: { "a = b\nc": 1 } }))
})
