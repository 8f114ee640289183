import assert from "node:assert/strict"
import { test } from "node:test"
import { problemsByRule } from "./problems.ts"

test("problems are led back to their rule and its field, as schema and check write them", () => {
  const found = problemsByRule([
    { field: "set.rules[3].pattern", problem: "is empty" },
    { field: "set.rules[3].pattern", problem: "is too short" },
    { field: "body.set.rules.0.threshold.count", problem: "a number" },
    { field: "version", problem: "is 3 now" },
  ])
  assert.deepEqual(
    [...found].map(([at, fields]) => [at, [...fields]]),
    [
      [3, [["pattern", "is empty"]]],
      [0, [["threshold.count", "a number"]]],
    ],
  )
})
