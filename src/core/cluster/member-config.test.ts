import assert from "node:assert/strict"
import { test } from "node:test"
import { standbyFloors } from "#core/cluster/member-config.ts"

const conf = "# by pg-swarm\nmax_connections = '100'\nmax_wal_senders = '10'\nwork_mem = '8MB'\n"

test("a standby keeps what its own WAL asks for, and nothing else", () => {
  const needed = new Map([
    ["max_connections", 200],
    ["max_wal_senders", 10],
    ["max_worker_processes", 8],
  ])
  assert.deepEqual([...standbyFloors(conf, needed)], [["max_connections", 200]])
})

test("what the file leaves out counts with PostgreSQL's own default", () => {
  assert.deepEqual(
    [...standbyFloors(conf, new Map([["max_worker_processes", 16]]))],
    [["max_worker_processes", 16]],
  )
  assert.deepEqual([...standbyFloors(conf, new Map([["max_locks_per_transaction", 64]]))], [])
})
