import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type JsonObject, objectAt, objectsAt } from "../json.ts"
import { shapeOf } from "../schema/shapes.ts"
import {
  difference,
  fieldsOf,
  fromFieldsV1,
  intersection,
  isNone,
  pathsOf,
  sameFields,
  subtraction,
  toFieldsV1,
  union,
} from "./field-set.ts"
import { type Applied, applyConfig } from "./managed-fields.ts"

const shape = shapeOf("Pod")
const writer = (manager: string) => ({ manager, apiVersion: "v1", subresource: "", time: "t" })
const apply = (live: JsonObject, config: JsonObject, manager: string, isForced = false): Applied =>
  applyConfig(live, config, shape, writer(manager), isForced)

function applied(live: JsonObject, config: JsonObject, manager: string): JsonObject {
  const result = apply(live, config, manager)
  assert.equal(result.kind, "applied")
  return result.object
}

const containers = (...names: readonly string[]): JsonObject => ({
  spec: { containers: names.map((name) => ({ name, image: "i" })) },
})

test("the fields of a configuration are spelled as managedFields spells them", () => {
  const config = {
    metadata: { labels: { a: "1" }, finalizers: ["f"] },
    spec: { containers: [{ name: "c", ports: [{ containerPort: 80 }] }], nodeSelector: { x: "y" } },
  }
  assert.deepEqual(toFieldsV1(fieldsOf(config, shape)), {
    "f:metadata": { "f:labels": { "f:a": {} }, "f:finalizers": { 'v:"f"': {} } },
    "f:spec": {
      "f:containers": {
        'k:{"name":"c"}': {
          ".": {},
          "f:name": {},
          "f:ports": {
            'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} },
          },
        },
      },
      "f:nodeSelector": {},
    },
  })
})

test("fieldsV1 reads back as it was written", () => {
  const set = fieldsOf({ metadata: { labels: { a: "1" } }, ...containers("x", "y") }, shape)
  assert.ok(sameFields(fromFieldsV1(toFieldsV1(set)), set))
})

test("sets of fields obey the laws of sets", () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 })
  const set = names.map((some) => fieldsOf(containers(...some), shape))
  fc.assert(
    fc.property(set, set, (a, b) => {
      assert.ok(isNone(intersection(subtraction(a, b), b)))
      assert.ok(sameFields(union(a, b), union(union(a, b), b)))
      assert.deepEqual(
        new Set(pathsOf(union(subtraction(a, b), intersection(a, b)))),
        new Set(pathsOf(a)),
      )
    }),
  )
})

test("a difference names what changed and what went", () => {
  const { changed, removed } = difference(
    { metadata: { labels: { a: "1", b: "2" } } },
    { metadata: { labels: { a: "9" } } },
    shape,
  )
  assert.deepEqual(pathsOf(changed), [".metadata.labels.a"])
  assert.deepEqual(pathsOf(removed), [".metadata.labels.b"])
})

test("a conflict names the field and its owner, and force takes it", () => {
  const live = applied({}, { spec: { priority: 1 } }, "a")
  const refused = apply(live, { spec: { priority: 2 } }, "b")
  assert.deepEqual(refused, {
    kind: "conflict",
    conflicts: [{ manager: 'conflict with "a" using v1', field: ".spec.priority" }],
  })
  const forced = apply(live, { spec: { priority: 2 } }, "b", true)
  assert.ok(forced.kind === "applied")
  assert.equal(objectAt(forced.object, "spec")["priority"], 2)
  assert.deepEqual(
    objectsAt(forced.object, "metadata", "managedFields").map((one) => one["manager"]),
    ["b"],
  )
})

test("an item that is applied no more goes with the defaults that were filled into it", () => {
  const first = applied({}, containers("a", "b"), "m")
  const filled = {
    ...first,
    spec: {
      containers: objectsAt(first, "spec", "containers").map((one) => ({ ...one, tty: false })),
    },
  }
  const second = applied(filled, containers("a"), "m")
  assert.deepEqual(objectsAt(second, "spec", "containers"), [{ name: "a", image: "i", tty: false }])
})

test("applying the same configuration twice changes nothing", () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 })
  fc.assert(
    fc.property(names, names, (mine, others) => {
      const live = applied(applied({}, containers(...others), "other"), containers(...mine), "m")
      assert.deepEqual(applied(live, containers(...mine), "m"), live)
    }),
  )
})
