import assert from "node:assert/strict"
import { test } from "node:test"
import type { ProfileSpec } from "#core/cluster/spec.ts"
import type { RecoveryRule } from "#core/recovery/rule.ts"
import { diffSpecs } from "#core/rollout/diff.ts"
import {
  type Effect,
  type Impact,
  impactOf,
  orderProblem,
  usualOrder,
} from "#core/rollout/impact.ts"
import { bytes, gibibytes } from "#core/units.ts"
import { profileSpec } from "../../../test/fixtures/cluster-spec.ts"

const base = profileSpec({
  postgres: { major: 17, image: "docker.io/library/postgres:17.2" },
  data: { size: gibibytes(10), storageClass: undefined },
  wal: { size: gibibytes(4), storageClass: undefined },
  resources: {
    cpuRequest: "250m",
    memoryRequest: "512Mi",
    cpuLimit: "2",
    memoryLimit: "1Gi",
  },
  parameters: { work_mem: "8MB" },
})
const rule = (name: string): RecoveryRule => ({
  name,
  category: "wal",
  pattern: "x",
  severities: [],
  action: "event",
  command: undefined,
  cooldownSeconds: 60,
  threshold: { count: 1, withinSeconds: 60 },
  enabled: true,
  description: "",
})

const impact = (changes: Partial<ProfileSpec>, from: ProfileSpec = base): Impact =>
  impactOf(from, { ...from, ...changes })
const set = (
  parameters: Readonly<Record<string, string>>,
  was: Readonly<Record<string, string>> = {},
): Impact => impact({ parameters }, { ...base, parameters: was })
const effectsOf = ({ changes }: Impact): Readonly<Record<string, Effect>> =>
  Object.fromEntries(changes.map(({ field, effect }) => [field, effect]))

test("a spec differs from itself in nothing, and nothing happens", () => {
  assert.deepEqual(diffSpecs(base, { ...base }), [])
  const none = impact({})
  assert.equal(none.strategy, "none")
  assert.deepEqual(none.passes, [])
})

test("a difference names the field as the profile writes it, with both values and their types", () => {
  const rules = { allowExec: false, rules: [rule("first"), rule("second")] }
  const turned = { allowExec: false, rules: [rule("second"), { ...rule("first"), pattern: "y" }] }
  assert.deepEqual(
    diffSpecs(
      { ...base, recovery: rules },
      {
        ...base,
        members: 5,
        wal: undefined,
        parameters: { Work_Mem: "8MB", jit: "off" },
        hba: ["host all all 10.0.0.0/8 scram-sha-256"],
        failover: { ...base.failover, priorities: [2, 1] },
        recovery: turned,
      },
    ),
    [
      { field: "members", from: 3, to: 5 },
      { field: "wal.sizeBytes", from: gibibytes(4), to: undefined },
      {
        field: "recovery.order",
        from: ["first", "second"],
        to: ["second", "first"],
      },
      {
        field: "recovery.rules.first",
        from: rule("first"),
        to: { ...rule("first"), pattern: "y" },
      },
      { field: "parameters.jit", from: undefined, to: "off" },
      { field: "hba", from: undefined, to: ["host all all 10.0.0.0/8 scram-sha-256"] },
      { field: "failover.priorities", from: undefined, to: [2, 1] },
    ],
  )
})

test("what members take over while they run restarts nothing", () => {
  for (const changes of [
    { parameters: { work_mem: "16MB" } },
    { parameters: {} },
    { hba: ["host all all 10.0.0.0/8 scram-sha-256"] },
    { failover: { preset: "edge", durability: "async" } },
    { recovery: { allowExec: false, rules: [] } },
  ] satisfies Partial<ProfileSpec>[]) {
    const found = impact(changes)
    assert.equal(found.strategy, "reload", JSON.stringify(changes))
    assert.deepEqual(found.passes, [])
  }
})

test("a parameter that PostgreSQL reads at start restarts members one after another, standbys first", () => {
  const found = set({ wal_buffers: "16MB", work_mem: "8MB" })
  assert.equal(found.strategy, "sequential-restart")
  assert.deepEqual(effectsOf(found), {
    "parameters.wal_buffers": "restart",
    "parameters.work_mem": "reload",
  })
  assert.deepEqual(found.passes, [{ order: "standbys-first", parameters: ["wal_buffers"] }])
  assert.match(found.summary, /3 members restart one after another, standbys first/)
})

test("max_parallel_workers, which others take for a restart, is a reload; wal_buffers, which others forget, is a restart", () => {
  assert.equal(set({ max_parallel_workers: "4" }).strategy, "reload")
  assert.equal(set({ wal_buffers: "1MB" }).strategy, "sequential-restart")
})

test("the same value in another spelling is nothing to the server", () => {
  const found = set({ shared_buffers: "1024MB", jit: "no" }, { shared_buffers: "1GB", jit: "off" })
  assert.equal(found.strategy, "none")
  assert.deepEqual(new Set(Object.values(effectsOf(found))), new Set(["none"]))
})

test("saying what pg-swarm would have set anyway is nothing to the server", () => {
  // A quarter of 1 GiB.
  assert.equal(set({ shared_buffers: "256MB" }).strategy, "none")
  assert.equal(set({ shared_buffers: "255MB" }).strategy, "sequential-restart")
})

test("a parameter that pg-swarm derives from another field is shown as such", () => {
  const found = impact({ resources: { ...base.resources, memoryLimit: "2Gi" } })
  assert.equal(found.strategy, "sequential-restart")
  const derived = found.changes.filter(({ cause }) => cause === "derived")
  assert.deepEqual(
    derived.map(({ field, from, to, effect }) => [field, from, to, effect]),
    [
      ["parameters.effective_cache_size", "640MB", "1280MB", "reload"],
      ["parameters.shared_buffers", "256MB", "512MB", "restart"],
    ],
  )
})

test("more members mean more senders: a scale that raises their limit restarts those that run", () => {
  const few = impact({ members: 4 })
  assert.equal(few.strategy, "scale")
  assert.deepEqual(few.scale, { from: 3, to: 4 })
  const many = impact({ members: 7 })
  assert.equal(many.strategy, "sequential-restart")
  assert.deepEqual(many.scale, { from: 3, to: 7 })
  assert.deepEqual(many.passes, [{ order: "standbys-first", parameters: ["max_wal_senders"] }])
  assert.match(many.summary, /3 members become 7/)
})

test("what standbys need rises on standbys first and falls on the primary first", () => {
  const up = set({ max_connections: "300" }, { max_connections: "200" })
  assert.deepEqual(up.passes, [{ order: "standbys-first", parameters: ["max_connections"] }])
  const down = set({ max_connections: "200" }, { max_connections: "300" })
  assert.deepEqual(down.passes, [{ order: "primary-first", parameters: ["max_connections"] }])
  assert.match(down.summary, /the primary in its place/)
})

test("against PostgreSQL's own default too: leaving a parameter out may be to lower it", () => {
  const down = set({}, { max_prepared_transactions: "10" })
  assert.deepEqual(down.passes, [
    { order: "primary-first", parameters: ["max_prepared_transactions"] },
  ])
  const up = set({ max_locks_per_transaction: "65" })
  assert.deepEqual(up.passes, [
    { order: "standbys-first", parameters: ["max_locks_per_transaction"] },
  ])
})

test("a change that raises one and lowers another takes two rounds, each value new in its own", () => {
  const found = set(
    { max_connections: "300", max_worker_processes: "4", wal_buffers: "1MB" },
    { max_connections: "200", max_worker_processes: "16" },
  )
  assert.deepEqual(found.passes, [
    { order: "standbys-first", parameters: ["max_connections", "wal_buffers"] },
    { order: "primary-first", parameters: ["max_worker_processes"] },
  ])
  assert.match(found.summary, /in 2 rounds/)
})

test("what only waits for some restart comes with the one that lowers", () => {
  const found = set({ max_connections: "100", wal_buffers: "1MB" }, { max_connections: "200" })
  assert.deepEqual(found.passes, [
    { order: "primary-first", parameters: ["max_connections", "wal_buffers"] },
  ])
})

test("what the WAL holds changes for all members at one point", () => {
  const found = set({ wal_level: "logical" })
  assert.equal(found.strategy, "full-restart")
  assert.deepEqual(found.passes, [{ order: "together", parameters: ["wal_level"] }])
  const lowering = set({ wal_level: "logical" }, { max_connections: "500" })
  assert.deepEqual(lowering.passes, [
    { order: "together", parameters: ["wal_level"] },
    { order: "primary-first", parameters: ["max_connections"] },
  ])
})

test("the only member just restarts, whatever asks for it", () => {
  const alone: ProfileSpec = { ...base, members: 1, parameters: {} }
  for (const parameters of [{ wal_level: "logical" }, { max_connections: "20" }]) {
    const found = impact({ parameters }, alone)
    assert.equal(found.strategy, "restart")
    assert.deepEqual(found.passes, [{ order: "alone", parameters: Object.keys(parameters) }])
    assert.match(found.summary, /clients are cut off/)
  }
})

test("another image or other resources replace each member's pod", () => {
  for (const changes of [
    { postgres: { major: 17, image: "docker.io/library/postgres:17.3" } },
    { resources: { ...base.resources, cpuLimit: "4" } },
  ] satisfies Partial<ProfileSpec>[]) {
    const found = impact(changes)
    assert.equal(found.strategy, "sequential-restart")
    assert.deepEqual(
      found.changes.map(({ effect }) => effect),
      ["new-pod"],
    )
    assert.deepEqual(found.passes, [{ order: "standbys-first", parameters: [] }])
  }
})

test("volumes and the major version of a cluster that is there are not changed, and nothing else is promised", () => {
  for (const changes of [
    { data: { size: gibibytes(9), storageClass: undefined } },
    { data: { size: gibibytes(10), storageClass: "fast" } },
    { wal: undefined },
    { wal: { size: bytes(3 * 1024 ** 3), storageClass: undefined } },
    { postgres: { major: 18, image: "docker.io/library/postgres:18.0" } },
  ] satisfies Partial<ProfileSpec>[]) {
    const found = impact({ ...changes, parameters: { wal_buffers: "1MB" } })
    assert.equal(found.strategy, "immutable", JSON.stringify(changes))
    assert.deepEqual(found.passes, [])
    const immutable = found.changes.filter(({ effect }) => effect === "immutable")
    assert.ok(immutable.length > 0 && immutable.every(({ why }) => why !== undefined))
  }
})

test("larger volumes grow while the cluster runs", () => {
  const found = impact({ data: { size: gibibytes(20), storageClass: undefined } })
  assert.equal(found.strategy, "grow")
  assert.deepEqual(effectsOf(found), { "data.sizeBytes": "grow" })
  assert.deepEqual(found.passes, [])
})

test("what people ordered about a parameter is done, and said to be their order", () => {
  const orders = new Map([
    ["work_mem", "restart"],
    ["wal_level", "restart"],
  ] as const)
  const to = { ...base, parameters: { work_mem: "16MB", wal_level: "logical" } }
  const found = impactOf(base, to, orders)
  assert.equal(found.strategy, "sequential-restart")
  assert.deepEqual(found.passes, [
    { order: "standbys-first", parameters: ["work_mem", "wal_level"] },
  ])
  assert.ok(found.changes.every(({ why }) => why?.includes("which people edit") === true))
})

test("people can order more than PostgreSQL needs, and not less", () => {
  assert.equal(usualOrder(17, "work_mem"), "reload")
  assert.equal(usualOrder(17, "Shared_Buffers"), "restart")
  assert.equal(usualOrder(17, "wal_level"), "full-restart")
  assert.equal(orderProblem(17, "work_mem", "full-restart"), undefined)
  assert.equal(orderProblem(17, "wal_level", "restart"), undefined)
  assert.equal(orderProblem(17, "app.setting", "restart"), undefined)
  assert.match(orderProblem(18, "shared_buffers", "reload") ?? "", /PostgreSQL 18 reads/)
  assert.match(orderProblem(17, "autovacuum_max_workers", "reload") ?? "", /PostgreSQL 17 reads/)
  assert.equal(orderProblem(18, "autovacuum_max_workers", "reload"), undefined)
})

test("a parameter of an extension is expected to reload, and said to be unsure", () => {
  const found = set({ "app.setting": "1" })
  assert.deepEqual(effectsOf(found), { "parameters.app.setting": "unknown" })
  assert.equal(found.strategy, "reload")
  assert.equal(set({ "pg_stat_statements.max": "9000" }).strategy, "sequential-restart")
})
