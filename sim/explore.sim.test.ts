/** All interleavings of small worlds, and that the search finds what it is there to find. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { presetPolicies, type Policy } from "#core/failover/policy.ts"
import { millis } from "#core/units.ts"
import { explore } from "./explore.ts"
import { tick } from "./small-world.ts"

/** T and P four ticks, the deadline two, the fence one. */
const policy: Policy = {
  ...presetPolicies.fast,
  expireAfter: millis(4 * tick),
  pledgeFor: millis(4 * tick),
  deadlineAfter: millis(2 * tick),
  fenceWithin: millis(tick),
}

for (const [members, bounds] of [
  [2, { depth: 30, most: 400_000 }],
  [3, { depth: 30, most: 250_000 }],
] as const)
  test(`S1, R4, R5, R6: no interleaving of ${members} members makes two of them serve`, () => {
    const { broken, states, depth } = explore(policy, members, bounds)
    console.log(`${members} members: ${states} states, ${depth} moves deep`)
    assert.equal(broken, undefined, broken?.join("\n"))
  })

test("S1, R3: a deadline that outlives the observers' patience is found", () => {
  // A drift that is no drift: otherwise no deadline is leant on that is longer than T allows.
  const outliving = { ...policy, deadlineAfter: millis(6 * tick), drift: -1 }
  const { broken } = explore(outliving, 2, { depth: 14, most: 400_000 })
  assert.ok(broken !== undefined)
  console.log(broken.join(" · "))
})
