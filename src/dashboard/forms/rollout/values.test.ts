import assert from "node:assert/strict"
import { test } from "node:test"
import { freshRollout, freshStage, readRollout, type RolloutValues } from "./values.ts"

const profileId = "6f1f0d3e-52dd-4b0f-9a2c-1d8a3a1f0b11"
const clusterId = "0b8f4c55-6b0d-4f6c-8f0e-3a64a9f6d6d2"
const read = (more: Partial<RolloutValues> = {}, cluster?: string) =>
  readRollout({ ...freshRollout(3, cluster), ...more }, profileId)
const problems = (more: Partial<RolloutValues>) => {
  const found = read(more)
  assert.ok(found.kind === "bad")
  return Object.fromEntries(found.problems)
}

test("a fresh plan is every cluster at once, careful, and names its version", () => {
  const found = read()
  assert.ok(found.kind === "ok")
  assert.deepEqual(found.body, {
    profileId,
    specVersion: 3,
    maxParallel: 5,
    bakeSeconds: 60,
    haltAfter: 1,
    onHalt: "stay",
    whenUnhealthy: "wait",
    ignoreFreeze: false,
    changeWithinSeconds: 3600,
    unhealthyForSeconds: 300,
    note: "",
  })
})

test("chosen clusters and stages are sent as they are chosen, in their order", () => {
  const found = read(
    {
      how: "staged",
      stages: [
        freshStage({ name: "lab", takes: "selector", labels: [{ key: "kind", value: "lab" }] }),
        freshStage({ name: "few", percent: "12.5", gate: true }),
        freshStage({ name: "rest", takes: "rest" }),
      ],
    },
    clusterId,
  )
  assert.ok(found.kind === "ok")
  assert.deepEqual(found.body.clusterIds, [clusterId])
  assert.deepEqual(found.body.stages, [
    { name: "lab", share: { kind: "selector", labels: { kind: "lab" } }, gate: false },
    { name: "few", share: { kind: "percent", percent: 12.5 }, gate: true },
    { name: "rest", share: { kind: "rest" }, gate: false },
  ])
})

test("what is wrong stands at its field, all of it at once", () => {
  const found = problems({
    chosen: "some",
    maxParallel: "many",
    how: "staged",
    stages: [
      freshStage({ name: "" }),
      freshStage({ name: "b", percent: "0" }),
      freshStage({ name: "c", takes: "selector", labels: [{ key: "", value: "x" }] }),
    ],
  })
  assert.deepEqual(Object.keys(found).toSorted(), [
    "clusterIds",
    "maxParallel",
    "stages.0.name",
    "stages.1.percent",
    "stages.2.labels",
  ])
})
