import assert from "node:assert/strict"
import { test } from "node:test"
import { profileWarnings } from "#core/cluster/plausible.ts"
import type { ProfileSpec } from "#core/cluster/spec.ts"
import { gibibytes, mebibytes } from "#core/units.ts"
import { profileSpec } from "../../../test/fixtures/cluster-spec.ts"

const nothing = profileSpec().resources
const sound = profileSpec({
  data: { size: gibibytes(20), storageClass: undefined },
  wal: { size: gibibytes(4), storageClass: undefined },
  resources: { ...nothing, memoryRequest: "2Gi", memoryLimit: "2Gi" },
})

const warned = (changes: Partial<ProfileSpec>): readonly string[] =>
  profileWarnings({ ...sound, ...changes }).map(({ field }) => field)
const set = (parameters: Readonly<Record<string, string>>): readonly string[] =>
  warned({ parameters })

test("a sound profile has no warnings", () => {
  assert.deepEqual(warned({}), [])
})

test("shared_buffers as large as the memory limit, in whatever unit, is warned of", () => {
  for (const value of ["2GB", "2048MB", "262144"])
    assert.deepEqual(set({ shared_buffers: value, effective_cache_size: "1GB" }), [
      "parameters.shared_buffers",
    ])
  assert.deepEqual(set({ shared_buffers: "1GB" }), ["parameters.shared_buffers"])
  assert.deepEqual(set({ shared_buffers: "600MB" }), [])
})

test("connections that each sort once must fit beside shared_buffers and autovacuum", () => {
  assert.deepEqual(set({ work_mem: "16MB", max_connections: "100" }), ["parameters.work_mem"])
  assert.deepEqual(set({ work_mem: "16MB", max_connections: "50" }), [])
  assert.deepEqual(set({ autovacuum_work_mem: "500MB" }), ["parameters.work_mem"])
})

test("WAL must fit on its volume, PostgreSQL's default of 1 GB too", () => {
  assert.deepEqual(warned({ wal: { size: gibibytes(1), storageClass: undefined } }), [
    "parameters.max_wal_size",
  ])
  assert.deepEqual(
    warned({ wal: undefined, data: { size: gibibytes(1), storageClass: undefined } }),
    ["parameters.max_wal_size"],
  )
  assert.deepEqual(set({ max_wal_size: "3GB" }), [])
  assert.deepEqual(set({ max_wal_size: "4GB" }), ["parameters.max_wal_size"])
  assert.deepEqual(set({ wal_keep_size: "3GB" }), ["parameters.wal_keep_size"])
  assert.deepEqual(set({ max_slot_wal_keep_size: "-1" }), ["parameters.max_slot_wal_keep_size"])
  assert.deepEqual(set({ max_slot_wal_keep_size: "4GB" }), ["parameters.max_slot_wal_keep_size"])
  assert.deepEqual(set({ min_wal_size: "2GB" }), ["parameters.min_wal_size"])
})

test("memory without a limit is warned of, and nothing is compared with it", () => {
  assert.deepEqual(warned({ resources: nothing, parameters: { shared_buffers: "64GB" } }), [
    "resources.memoryLimit",
  ])
})

test("replication that believes a silent peer longer than the Lease lasts is warned of, by the preset", () => {
  assert.deepEqual(set({ wal_receiver_timeout: "10s" }), ["parameters.wal_receiver_timeout"])
  assert.deepEqual(set({ wal_sender_timeout: "0" }), ["parameters.wal_sender_timeout"])
  const calm = { ...sound.failover, preset: "calm" } as const
  assert.deepEqual(warned({ failover: calm, parameters: { wal_receiver_timeout: "10s" } }), [])
})

test("quorum of two, one member alone, no autovacuum, forgetful commits: each is said", () => {
  const quorum = { ...sound.failover, durability: "quorum" } as const
  assert.deepEqual(warned({ members: 2, failover: quorum }), ["failover.durability"])
  assert.deepEqual(warned({ members: 1 }), ["members"])
  assert.deepEqual(set({ autovacuum: "false" }), ["parameters.autovacuum"])
  assert.deepEqual(set({ synchronous_commit: "off" }), ["parameters.synchronous_commit"])
  assert.deepEqual(set({ synchronous_commit: "local" }), [])
})

test("an image whose tag says another major, or nothing, is warned of; a digest is not", () => {
  const image = (name: string): readonly string[] =>
    warned({ postgres: { major: 17, image: name } })
  assert.deepEqual(image("docker.io/library/postgres:16.3"), ["postgres.image"])
  assert.deepEqual(image("registry.example:5000/postgres"), ["postgres.image"])
  assert.deepEqual(image("postgres:latest"), ["postgres.image"])
  assert.deepEqual(image(`postgres@sha256:${"a".repeat(64)}`), [])
  assert.deepEqual(image("postgres:17-alpine"), [])
  assert.deepEqual(image("team/postgres:edge"), [])
})

test("a warning says the numbers that do not go together", () => {
  const [found] = profileWarnings({
    ...sound,
    wal: { size: mebibytes(512), storageClass: undefined },
  })
  assert.match(found?.problem ?? "", /1024 MiB .* 200 % of the wal volume/)
})
