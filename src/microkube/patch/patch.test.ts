import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Json } from "../json.ts"
import { shapeOf } from "../schema/shapes.ts"
import { jsonPatch } from "./json-patch.ts"
import { mergePatch } from "./merge-patch.ts"
import { strategicPatch } from "./strategic.ts"

const pod = shapeOf("Pod")

test("the examples of RFC 7386 hold", () => {
  const target = {
    title: "Goodbye!",
    author: { givenName: "John", familyName: "Doe" },
    tags: ["a"],
    content: "x",
  }
  const patch = { title: "Hello!", phone: "1", author: { familyName: null }, tags: ["b"] }
  assert.deepEqual(mergePatch(target, patch), {
    title: "Hello!",
    author: { givenName: "John" },
    tags: ["b"],
    content: "x",
    phone: "1",
  })
})

test("a merge patch applied twice is as good as once", () => {
  const value = fc.letrec<{ any: Json }>((tie) => ({
    any: fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.dictionary(fc.string(), tie("any"), { maxKeys: 3 }),
    ),
  })).any
  const object = fc.dictionary(fc.string({ minLength: 1 }), value, { maxKeys: 4 })
  fc.assert(
    fc.property(object, object, (target, patch) => {
      const once = mergePatch(target, patch)
      assert.deepEqual(mergePatch(once, patch), once)
    }),
  )
})

test("JSON patch adds into lists, at their end, moves, and reads escaped names", () => {
  const result = jsonPatch({ a: [1, 2], "b/c": { "d~e": 1 } }, [
    { op: "add", path: "/a/1", value: 9 },
    { op: "add", path: "/a/-", value: 3 },
    { op: "move", from: "/b~1c/d~0e", path: "/f" },
  ])
  assert.deepEqual(result, { kind: "ok", value: { a: [1, 9, 2, 3], "b/c": {}, f: 1 } })
})

test("JSON patch tells a malformed patch from one that does not fit", () => {
  assert.equal(jsonPatch({}, { op: "add" }).kind, "malformed")
  assert.equal(jsonPatch({}, [{ op: "remove", path: "/a" }]).kind, "unfit")
  assert.equal(jsonPatch({ a: [] }, [{ op: "remove", path: "/a/0" }]).kind, "unfit")
  assert.equal(jsonPatch({ a: 1 }, [{ op: "test", path: "/a", value: 2 }]).kind, "unfit")
})

test("JSON patch does not reach into what objects inherit", () => {
  assert.equal(jsonPatch({}, [{ op: "copy", from: "/constructor", path: "/a" }]).kind, "unfit")
})

test("a strategic patch merges containers and their variables by name", () => {
  const live = {
    spec: {
      containers: [{ name: "a", image: "1", env: [{ name: "X", value: "1" }] }, { name: "b" }],
    },
  }
  const patch = { spec: { containers: [{ name: "a", env: [{ name: "Y", value: "2" }] }] } }
  assert.deepEqual(strategicPatch(live, patch, pod), {
    spec: {
      containers: [
        {
          name: "a",
          image: "1",
          env: [
            { name: "X", value: "1" },
            { name: "Y", value: "2" },
          ],
        },
        { name: "b" },
      ],
    },
  })
})

test("a strategic patch deletes items, replaces lists, keeps an order and retains keys", () => {
  const live = { spec: { containers: [{ name: "a" }, { name: "b" }] } }
  const deleted = { spec: { containers: [{ name: "a", $patch: "delete" }] } }
  assert.deepEqual(strategicPatch(live, deleted, pod), { spec: { containers: [{ name: "b" }] } })
  const order = { spec: { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] } }
  assert.deepEqual(strategicPatch(live, order, pod), {
    spec: { containers: [{ name: "b" }, { name: "a" }] },
  })
  const deployment = shapeOf("Deployment")
  const strategy = { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } }
  const recreate = { spec: { strategy: { type: "Recreate", $retainKeys: ["type"] } } }
  assert.deepEqual(strategicPatch(strategy, recreate, deployment), {
    spec: { strategy: { type: "Recreate" } },
  })
})

test("no directive of a strategic patch is ever stored", () => {
  const patch = {
    metadata: { finalizers: ["a"], "$deleteFromPrimitiveList/finalizers": ["b"] },
    spec: { containers: [{ name: "n", $patch: "merge", image: "i" }] },
  }
  assert.ok(!JSON.stringify(strategicPatch({}, patch, pod)).includes("$"))
})
