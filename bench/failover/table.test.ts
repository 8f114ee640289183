import assert from "node:assert/strict"
import { test } from "node:test"
import { longestTogether } from "./prober.ts"
import { median, table } from "./table.ts"

test("the median of an even number of gaps lies between the middle two", () => {
  assert.equal(median([400, 100, 300, 200]), 250)
  assert.equal(median([3, 1, 2]), 2)
})

test("two members that take writes one after the other are not two writers", () => {
  assert.ok(longestTogether([[{ from: 0, to: 100 }], [{ from: 100, to: 200 }], []]) <= 0)
})

test("two members that take writes at the same time are found, whichever began", () => {
  const spans = [[{ from: 0, to: 50 }], [{ from: 0, to: 10 }], [{ from: 30, to: 90 }]]
  assert.equal(longestTogether(spans), 20)
})

test("the table has one line for each fault and system, with the worst of what was seen", () => {
  const text = table([
    {
      system: "A",
      fault: "node-lost",
      gapsMs: [6000, 7000, 5000],
      lost: 2,
      acknowledged: 900,
      togetherMs: 0,
      failures: [],
    },
  ])
  assert.match(text, /node lost \| A +\| 3 +\| 6.00 s +\| 7.00 s +\| 2 of 900 +\| no/)
})
