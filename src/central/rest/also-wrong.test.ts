import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { alsoWrong } from "./also-wrong.ts"

const spec = {
  members: 3,
  postgres: { major: 17, image: "postgres:17" },
  data: { sizeBytes: 1024 ** 3 },
}
const fields = (more: Readonly<Record<string, unknown>>): readonly string[] =>
  alsoWrong("createProfile", { name: "Bad Name", spec: { ...spec, ...more } }).map(
    ({ field }) => field,
  )

test("a body that its schema refuses is also told what is wrong with the rest of its spec", () => {
  assert.deepEqual(
    fields({ data: { sizeBytes: "10 GB" }, parameters: { work_mme: "1MB" }, hba: ["nonsense"] }),
    ["spec.parameters.work_mme", "spec.hba[0]"],
  )
  assert.deepEqual(fields({ surplus: 1, hba: ["nonsense"] }), ["spec.hba[0]"])
  assert.deepEqual(fields({}), [])
})

test("a parameter is judged beside a number of members that is none", () => {
  assert.deepEqual(fields({ members: "3", parameters: { work_mme: "1MB" } }), [
    "spec.parameters.work_mme",
  ])
})

test("what can only be judged by a field that was refused is not judged", () => {
  const priorities = { priorities: [1, 1, 1, 1] }
  assert.deepEqual(fields({ failover: priorities }), ["spec.failover.priorities"])
  assert.deepEqual(fields({ members: "four", failover: priorities }), [])
  const parameters = { io_method: "worker" }
  assert.deepEqual(fields({ parameters }), ["spec.parameters.io_method"])
  assert.deepEqual(fields({ postgres: { major: "18", image: "postgres:18" }, parameters }), [])
})

test("what is no spec at all has nothing more to say, and other routes neither", () => {
  for (const body of [undefined, null, 7, [], {}, { spec: null }, { spec: [] }, { spec: "x" }])
    assert.deepEqual(alsoWrong("editProfile", body), [])
  assert.deepEqual(alsoWrong("createRule", { spec: { ...spec, hba: ["nonsense"] } }), [])
})

test("whatever a spec is made of, looking at it more closely does not fail", () => {
  const fields = ["members", "postgres", "data", "wal", "parameters", "hba", "failover", "recovery"]
  const odd = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue())
  fc.assert(
    fc.property(odd, (more) => {
      for (const { field, problem } of alsoWrong("editProfile", { spec: { ...spec, ...more } }))
        assert.ok(field.startsWith("spec.") && problem !== "")
    }),
    { numRuns: 1000 },
  )
})
