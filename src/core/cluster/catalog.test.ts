import assert from "node:assert/strict"
import { test } from "node:test"
import {
  bytesOf,
  inForce,
  isSameValue,
  parameterOf,
  parameterProblem,
} from "#core/cluster/catalog.ts"
import type { PostgresMajor } from "#core/cluster/spec.ts"

const problem = (name: string, value: string, major: PostgresMajor = 17): string =>
  parameterProblem(major, name, value) ?? ""

test("values that PostgreSQL takes are taken", () => {
  for (const [name, value] of [
    ["work_mem", "8MB"],
    ["work_mem", "8192"],
    ["WORK_MEM", "1.5GB"],
    ["shared_buffers", "128MB"],
    ["shared_buffers", "16384"],
    ["statement_timeout", "0"],
    ["statement_timeout", "5min"],
    ["checkpoint_timeout", "15min"],
    ["random_page_cost", "1.1"],
    ["jit", "off"],
    ["jit", "F"],
    ["synchronous_commit", "remote_apply"],
    ["synchronous_commit", "true"],
    ["log_min_duration_statement", "-1"],
    ["search_path", "app, public"],
    ["pg_stat_statements.max", "whatever it takes"],
    ["max_slot_wal_keep_size", "-1"],
  ] as const)
    assert.equal(problem(name, value), "", `${name} = ${value}`)
})

test("a misspelt name is refused, and the right one is offered", () => {
  assert.match(problem("work_mme", "8MB"), /no parameter of this name; did you mean work_mem\?/)
  assert.match(problem("frobnicate", "1"), /no parameter of this name$/)
})

test("values out of range, of the wrong kind or with the wrong unit are refused with what is expected", () => {
  assert.match(problem("max_connections", "0"), /expected 1 to 262143, not 0/)
  assert.match(problem("work_mem", "1kB"), /\(in kB\)/)
  assert.match(problem("work_mem", "8 apples"), /apples is none of its units: B, kB, MB, GB, TB/)
  assert.match(problem("work_mem", "10s"), /none of its units/)
  assert.match(problem("max_connections", "100MB"), /plain number/)
  assert.match(problem("random_page_cost", "cheap"), /expected a number/)
  assert.match(problem("jit", "maybe"), /on or off/)
  assert.match(problem("jit", "o"), /on or off/)
  assert.match(problem("wal_compression", "brotli"), /expected one of .*lz4/)
})

test("a parameter is known to the majors that have it", () => {
  assert.match(problem("transaction_timeout", "1s", 16), /comes with PostgreSQL 17; this is 16/)
  assert.equal(problem("transaction_timeout", "1s", 17), "")
  assert.match(problem("old_snapshot_threshold", "-1", 17), /went with PostgreSQL 17/)
  assert.match(problem("io_method", "worker", 17), /comes with PostgreSQL 18/)
  assert.equal(problem("io_method", "worker", 18), "")
})

test("what 18 has otherwise than 17 is known of it, and of no other", () => {
  assert.equal(problem("log_connections", "receipt,authentication", 18), "")
  assert.match(problem("log_connections", "receipt,authentication", 17), /on or off/)
  assert.equal(inForce(17, "autovacuum_max_workers"), "restart")
  assert.equal(inForce(18, "autovacuum_max_workers"), "reload")
  assert.match(problem("io_combine_limit", "512kB", 17), /expected 1 to 32/)
  assert.equal(problem("io_combine_limit", "512kB", 18), "")
})

test("16 has what came with it and not what came or went with 17 or before it", () => {
  for (const [name, is] of [
    ["reserved_connections", true],
    ["old_snapshot_threshold", true],
    ["work_mem", true],
    ["transaction_timeout", false],
    ["vacuum_defer_cleanup_age", false],
  ] as const)
    assert.equal(parameterOf(16, name) !== undefined, is, name)
})

test("when a value is in force follows from the parameter's context", () => {
  assert.equal(inForce(17, "work_mem"), "reload")
  assert.equal(inForce(17, "log_checkpoints"), "reload")
  assert.equal(inForce(17, "wal_buffers"), "restart")
  assert.equal(inForce(17, "max_parallel_workers"), "reload")
  assert.equal(inForce(17, "log_connections"), "new-connections")
  assert.equal(inForce(17, "post_auth_delay"), "new-connections")
  assert.equal(inForce(17, "pg_stat_statements.max"), "restart")
  assert.equal(inForce(17, "app.anything"), "unknown")
})

test("two spellings of one value are one value", () => {
  const same = (name: string, a: string, b: string): boolean => isSameValue(17, name, a, b)
  assert.ok(same("shared_buffers", "128MB", "16384"))
  assert.ok(same("shared_buffers", "128MB", "131072kB"))
  assert.ok(same("jit", "on", "yes"))
  assert.ok(same("jit", "off", "0"))
  assert.ok(same("synchronous_commit", "on", "TRUE"))
  assert.ok(same("statement_timeout", "1min", "60s"))
  assert.ok(!same("statement_timeout", "1min", "61s"))
  assert.ok(!same("jit", "on", "off"))
  assert.ok(!same("search_path", "a, b", "a,b"))
  assert.ok(!same("app.x", "1", "01"))
})

test("sizes are read in bytes", () => {
  assert.equal(bytesOf(17, "shared_buffers", "16384"), 128 * 1024 ** 2)
  assert.equal(bytesOf(17, "work_mem", "4096"), 4 * 1024 ** 2)
  assert.equal(bytesOf(17, "max_wal_size", "1"), 1024 ** 2)
  assert.equal(bytesOf(17, "statement_timeout", "1s"), undefined)
  assert.equal(bytesOf(17, "max_connections", "100"), undefined)
})
