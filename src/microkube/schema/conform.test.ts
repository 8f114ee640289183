import assert from "node:assert/strict"
import { test } from "node:test"
import { conform } from "./conform.ts"
import { shapeOf } from "./shapes.ts"

test("fields that a kind does not have are dropped and named", () => {
  const found = conform(
    { metadata: { name: "a", colour: "red" }, data: { x: "1" }, size: 3 },
    shapeOf("ConfigMap"),
  )
  assert.deepEqual(found.value, { metadata: { name: "a" }, data: { x: "1" } })
  assert.deepEqual(found.unknown, ["metadata.colour", "size"])
  assert.deepEqual(found.wrong, [])
})

test("a value of the wrong type is named with its path", () => {
  const spec = { replicas: "three", template: { spec: { containers: [{ name: 1 }] } } }
  const { wrong } = conform({ spec }, shapeOf("StatefulSet"))
  assert.equal(wrong.length, 2)
  assert.match(wrong[0] ?? "", /^spec\.replicas: expected an integer/)
  assert.match(wrong[1] ?? "", /^spec\.template\.spec\.containers\[0\]\.name: expected a string/)
})

test("nulls and empty collections vanish, false and zero and empty volumes stay", () => {
  const found = conform(
    {
      metadata: { name: "a", labels: {}, finalizers: [] },
      spec: {
        hostNetwork: false,
        priority: 0,
        volumes: [{ name: "v", emptyDir: {} }],
        tolerations: null,
      },
    },
    shapeOf("Pod"),
  )
  assert.deepEqual(found.value, {
    metadata: { name: "a" },
    spec: { hostNetwork: false, priority: 0, volumes: [{ name: "v", emptyDir: {} }] },
  })
})

test("times to the microsecond need six digits, times to the second lose theirs", () => {
  const lease = (renewTime: string): readonly string[] =>
    conform({ spec: { renewTime } }, shapeOf("Lease")).wrong
  assert.equal(lease("2024-01-02T03:04:05.678901Z").length, 0)
  assert.equal(lease("2024-01-02T03:04:05.678Z").length, 1)
  const event = conform({ firstTimestamp: "2024-01-02T03:04:05.678Z" }, shapeOf("Event"))
  assert.equal(event.value["firstTimestamp"], "2024-01-02T03:04:05Z")
})
