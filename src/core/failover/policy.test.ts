import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { presets } from "#core/cluster/spec.ts"
import { lawBroken, type Policy, presetPolicies, stillUnnoticed } from "#core/failover/policy.ts"
import { millis } from "#core/units.ts"

test("every preset keeps the timing law", () => {
  for (const preset of presets) assert.deepEqual(lawBroken(presetPolicies[preset]), [])
})

const broken: readonly (readonly [field: string, change: Partial<Policy>])[] = [
  ["deadlineAfter", { deadlineAfter: millis(5500) }],
  ["pledgeFor", { pledgeFor: millis(4500) }],
  ["renewEvery", { renewEvery: millis(1600) }],
  ["pledgeEvery", { pledgeEvery: millis(1600) }],
  ["callTimeout", { callTimeout: millis(2500) }],
  ["deadlineAfter", { deadlineAfter: millis(4600) }],
  ["voteWithin", { voteWithin: millis(1500) }],
  ["rankDelay", { rankDelay: millis(400) }],
  ["drift", { drift: 0.6 }],
  ["fenceWithin", { fenceWithin: millis(0) }],
]
for (const [field, change] of broken)
  test(`a policy is refused by its ${field}`, () => {
    const problems = lawBroken({ ...presetPolicies.edge, ...change })
    assert.ok(
      problems.some((problem) => problem.field === field),
      JSON.stringify(problems),
    )
  })

test("whoever keeps the law has stopped before any observer may act, also on the worst clocks", () => {
  const share = fc.double({ min: 0.01, max: 1, noNaN: true })
  const made = fc.record({
    expireAfter: fc.integer({ min: 1000, max: 60_000 }),
    deadline: share,
    fence: fc.integer({ min: 1, max: 2000 }),
    drift: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
    holderRate: share,
  })
  fc.assert(
    fc.property(made, ({ expireAfter, deadline, fence, drift, holderRate }) => {
      const policy: Policy = {
        ...presetPolicies.edge,
        expireAfter: millis(expireAfter),
        pledgeFor: millis(expireAfter),
        deadlineAfter: millis(expireAfter * deadline),
        fenceWithin: millis(fence),
        drift,
      }
      const fields = lawBroken(policy).map(({ field }) => field)
      fc.pre(!fields.includes("deadlineAfter"))
      // The holder's clock is as slow, and the observer's as fast, as the drift allows; and it stood still unnoticed.
      const observerRate = holderRate / (1 - drift)
      const served =
        (policy.deadlineAfter + policy.fenceWithin) / holderRate + stillUnnoticed / holderRate
      assert.ok(served <= (policy.expireAfter / observerRate) * (1 + 1e-9))
    }),
    { numRuns: 2000 },
  )
})
