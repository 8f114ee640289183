/** Properties of impacts and of their orders of restarts, over random changes of a profile. */
import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { parametersOf } from "#core/cluster/parameters.ts"
import type { ProfileSpec } from "#core/cluster/spec.ts"
import { diffSpecs } from "#core/rollout/diff.ts"
import { type Impact, impactOf } from "#core/rollout/impact.ts"
import { standbySensitive } from "#core/rollout/passes.ts"
import { gibibytes } from "#core/units.ts"

const count = (least: number) => fc.integer({ min: least, max: least + 40 }).map(String)
const parameters = fc.record(
  {
    max_connections: count(20),
    max_locks_per_transaction: count(40),
    max_prepared_transactions: count(0),
    max_wal_senders: count(20),
    max_worker_processes: count(1),
    wal_buffers: fc.constantFrom("1MB", "1024kB", "2MB"),
    wal_level: fc.constantFrom("replica", "logical"),
    work_mem: fc.constantFrom("4MB", "4096kB", "8MB"),
    jit: fc.constantFrom("on", "off", "yes"),
  },
  { requiredKeys: [] },
)
const specs: fc.Arbitrary<ProfileSpec> = fc.record({
  members: fc.integer({ min: 1, max: 9 }),
  postgres: fc.record({
    major: fc.constantFrom(17 as const, 17 as const, 17 as const, 16 as const),
    image: fc.constantFrom("postgres:17.1", "postgres:17.2"),
  }),
  data: fc.record({
    size: fc.constantFrom(gibibytes(10), gibibytes(10), gibibytes(20)),
    storageClass: fc.constant(undefined),
  }),
  wal: fc.constant(undefined),
  resources: fc.record({
    cpuRequest: fc.constant(undefined),
    memoryRequest: fc.constant(undefined),
    cpuLimit: fc.constant(undefined),
    memoryLimit: fc.constantFrom("1Gi", "2Gi"),
  }),
  parameters,
  hba: fc.constantFrom([], ["host all all 10.0.0.0/8 scram-sha-256"]),
  failover: fc.record({
    preset: fc.constantFrom("fast" as const, "edge" as const),
    durability: fc.constantFrom("async" as const, "quorum" as const),
  }),
})

const always = (claim: (from: ProfileSpec, to: ProfileSpec, impact: Impact) => void): void =>
  fc.assert(
    fc.property(specs, specs, (from, to) => {
      claim(from, to, impactOf(from, to))
    }),
    { numRuns: 2000 },
  )

test("a change and the way back differ in the same fields, with the values swapped", () => {
  always((from, to) => {
    const back = new Map(diffSpecs(to, from).map((change) => [change.field, change]))
    const there = diffSpecs(from, to)
    assert.equal(there.length, back.size)
    for (const change of there) {
      assert.deepEqual(back.get(change.field)?.from, change.to)
      assert.deepEqual(back.get(change.field)?.to, change.from)
    }
  })
})

test("a spec asks nothing of itself, and derived changes are told only where the server sees them", () => {
  always((from, _, { changes }) => {
    assert.equal(impactOf(from, from).strategy, "none")
    for (const { field, effect, cause, from: was, to: is } of changes)
      if (cause === "derived") assert.ok(effect !== "none" && was !== is, field)
  })
})

test("every parameter that waits for a restart gets its value in exactly one pass", () => {
  always((_, __, { strategy, changes, passes }) => {
    const waiting = changes
      .filter(({ effect }) => effect === "restart" || effect === "full-restart")
      .map(({ field }) => field.replace("parameters.", ""))
    const given = passes.flatMap((pass) => pass.parameters)
    const restarts = ["restart", "sequential-restart", "full-restart"].includes(strategy)
    assert.deepEqual(given.toSorted(), restarts ? waiting.toSorted() : [])
    assert.equal(passes.length > 0, restarts)
  })
})

test("in no moment of any pass has a standby less than its primary of what it needs", () => {
  let moments = 0
  always((from, to, { passes }) => {
    if (from.members === 1) return
    const valueOf = (spec: ProfileSpec, name: string): number =>
      Number(parametersOf(spec).get(name) ?? standbySensitive.get(name))
    const start = new Map([...standbySensitive.keys()].map((name) => [name, valueOf(from, name)]))
    let [primary, standby] = [start, start]
    const renewed = (values: ReadonlyMap<string, number>, names: readonly string[]) =>
      new Map(
        [...values].map(([name, value]) => [
          name,
          names.includes(name) ? valueOf(to, name) : value,
        ]),
      )
    const check = (): void => {
      moments += 1
      for (const [name, value] of standby) assert.ok(value >= (primary.get(name) ?? 0), name)
    }
    for (const { order, parameters: names } of passes) {
      // `together` too: the primary is up before a standby has replayed what it says of itself.
      if (order === "primary-first") primary = renewed(primary, names)
      else standby = renewed(standby, names)
      check()
      primary = renewed(primary, names)
      standby = renewed(standby, names)
      check()
    }
    if (passes.length > 0) assert.deepEqual([...primary], [...renewed(start, [...start.keys()])])
  })
  assert.ok(moments > 1000, `${moments} moments`)
})
