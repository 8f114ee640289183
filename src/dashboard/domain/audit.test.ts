import assert from "node:assert/strict"
import { test } from "node:test"
import { fieldChanges } from "./audit.ts"

test("an edit shows the leaves that differ, with their paths", () => {
  const before = { name: "a", spec: { members: 3, parameters: { work_mem: "4MB" } }, labels: {} }
  const after = { name: "a", spec: { members: 5, parameters: {} }, labels: { region: "north" } }
  assert.deepEqual(fieldChanges(before, after), [
    { field: "spec.members", before: "3", after: "5" },
    { field: "spec.parameters.work_mem", before: "4MB", after: undefined },
    { field: "labels", before: "{}", after: undefined },
    { field: "spec.parameters", before: undefined, after: "{}" },
    { field: "labels.region", before: undefined, after: "north" },
  ])
})

test("what was made shows all that it has", () => {
  assert.deepEqual(fieldChanges(null, { name: "a", on: true }), [
    { field: "name", before: undefined, after: "a" },
    { field: "on", before: undefined, after: "true" },
  ])
})
