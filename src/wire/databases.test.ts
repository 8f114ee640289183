import assert from "node:assert/strict"
import { test } from "node:test"
import type { DatabaseHealth, Databases } from "#core/cluster/databases.ts"
import {
  encodeDatabases,
  encodeDatabasesHealth,
  readDatabases,
  readDatabasesHealth,
} from "./databases.ts"
import { parseDatabases, writeDatabases } from "./databases-file.ts"
import { Reader } from "./proto-field.ts"

const verifier = `SCRAM-SHA-256$4096:${"a".repeat(22)}==$${"b".repeat(43)}=:${"c".repeat(43)}=`
const databases: Databases = {
  roles: [
    { name: "app", revision: 2, verifier },
    { name: "ö", revision: 1, verifier: undefined },
  ],
  databases: [
    {
      name: 'a "b"',
      owner: "app",
      revision: 3,
      allowedCidrs: ["10.0.0.0/8", "::/0"],
      endSessions: true,
      dropping: undefined,
    },
    {
      name: "gone",
      owner: "ö",
      revision: 1,
      allowedCidrs: [],
      endSessions: false,
      dropping: { role: true },
    },
  ],
}
const health: readonly DatabaseHealth[] = [
  { name: "a", revision: 3, state: "applied", reason: undefined, sessions: 4 },
  { name: "b", revision: 1, state: "failed", reason: "disk full", sessions: undefined },
]

test("databases and their state come over the wire, and by the file in the Secret, as they were", () => {
  const read = new Reader()
  assert.deepEqual(readDatabases(read, "at", encodeDatabases(databases)), databases)
  assert.deepEqual(readDatabasesHealth(read, "at", encodeDatabasesHealth(health)), health)
  assert.deepEqual(read.done(undefined), { kind: "ok", value: undefined })
  assert.deepEqual(parseDatabases(writeDatabases(databases)), { kind: "ok", value: databases })
  assert.deepEqual(parseDatabases(undefined), { kind: "ok", value: { roles: [], databases: [] } })
})

test("a file that is no list is told by its fields, never by what is in it", () => {
  for (const text of [
    "{",
    "[]",
    JSON.stringify({ roles: [{ name: "app", revision: 1, verifier: "hush" }], databases: [] }),
  ]) {
    const read = parseDatabases(text)
    assert.equal(read.kind, "bad")
    assert.ok(!JSON.stringify(read).includes("hush"))
  }
})
