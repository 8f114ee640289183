import assert from "node:assert/strict"
import { test } from "node:test"
import { readLabels, rowsOf } from "./label-rows.ts"

const problems = (rows: Parameters<typeof readLabels>[0]): Record<number, string> => {
  const read = readLabels(rows)
  assert.ok(read.kind === "bad")
  return Object.fromEntries(read.problems)
}

test("rows become labels, and empty rows do not count", () => {
  assert.deepEqual(
    readLabels([
      { key: " region ", value: "north " },
      { key: "", value: "" },
    ]),
    {
      kind: "ok",
      labels: { region: "north" },
    },
  )
})

test("labels survive the way through the rows", () => {
  const labels = { tier: "edge", "pg-swarm.io.wan": "metered", empty: "" }
  assert.deepEqual(readLabels(rowsOf(labels)), { kind: "ok", labels })
})

test("a problem stands at its row and names the wrong half", () => {
  const found = problems([
    { key: "-bad", value: "x" },
    { key: "good", value: "no spaces allowed" },
    { key: "long", value: "x".repeat(64) },
  ])
  assert.match(found[0] ?? "", /^Name: letters, digits/)
  assert.match(found[1] ?? "", /^Value: letters, digits/)
  assert.equal(found[2], "Value: at most 63 characters")
})

test("a value without a name and a name that is there twice are refused", () => {
  assert.deepEqual(
    problems([
      { key: "", value: "x" },
      { key: "a", value: "1" },
      { key: "a", value: "2" },
    ]),
    {
      0: "Give the label a name",
      2: "“a” is there twice",
    },
  )
})

test("more labels than central takes are refused as a whole", () => {
  const rows = Array.from({ length: 33 }, (_, at) => ({ key: `k${at}`, value: "v" }))
  assert.deepEqual(problems(rows), { [-1]: "at most 32 labels" })
})

test("a label named like a property of every object is a label", () => {
  assert.equal(readLabels([{ key: "constructor", value: "x" }]).kind, "ok")
})
