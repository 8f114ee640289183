import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { clusterId } from "#core/ids.ts"
import { type Candidate, type Share, stageOf } from "#core/rollout/plan.ts"

const fleet = (count: number): readonly Candidate[] =>
  Array.from({ length: count }, (_, at) => ({
    id: clusterId(`c${String(at).padStart(3, "0")}`),
    labels: { ring: at < 2 ? "canary" : "wide" },
  }))

test("each stage takes of what is left; a percentage is of all, rounded up", () => {
  const shares: readonly Share[] = [
    { kind: "selector", labels: { ring: "canary" } },
    { kind: "percent", percent: 25 },
    { kind: "rest" },
  ]
  const stages = stageOf(shares, fleet(10))
  const sizes = [0, 1, 2].map((at) => [...stages.values()].filter((one) => one === at).length)
  assert.deepEqual(sizes, [2, 3, 5])
})

test("what no stage takes is in none", () => {
  assert.equal(stageOf([{ kind: "selector", labels: { ring: "none" } }], fleet(3)).size, 0)
})

const shares: fc.Arbitrary<readonly Share[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("percent" as const), percent: fc.integer({ min: 1, max: 100 }) }),
    fc.record({
      kind: fc.constant("selector" as const),
      labels: fc.constantFrom({ ring: "canary" }, { ring: "wide" }),
    }),
    fc.constant({ kind: "rest" as const }),
  ),
  { maxLength: 6 },
)

test("whatever the stages and the order of the fleet, each cluster is in one at most, always the same", () => {
  fc.assert(
    fc.property(shares, fc.nat(40), (all, count) => {
      const clusters = fleet(count)
      const stages = stageOf(all, clusters)
      assert.deepEqual(stageOf(all, clusters.toReversed()), stages)
      if (all.some(({ kind }) => kind === "rest")) assert.equal(stages.size, count)
      for (const at of stages.values()) assert.ok(at < all.length)
    }),
  )
})
