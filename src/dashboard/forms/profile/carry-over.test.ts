import assert from "node:assert/strict"
import { test } from "node:test"
import { carryOver } from "./carry-over.ts"

const base = {
  name: "edge",
  spec: {
    members: 3,
    wal: null as null | { size: number },
    parameters: { work_mem: "4MB", jit: "on" },
    hba: ["a"],
  },
}
const having = (spec: object) => ({ ...base, spec: { ...base.spec, ...spec } })

test("what only one of two changed is taken from that one", () => {
  const mine = having({ parameters: { work_mem: "8MB", jit: "on" } })
  const theirs = having({ members: 5, parameters: { work_mem: "4MB", jit: "on", fsync: "on" } })
  assert.deepEqual(carryOver(base, mine, theirs), {
    merged: having({ members: 5, parameters: { work_mem: "8MB", jit: "on", fsync: "on" } }),
    both: [],
  })
})

test("what one removed stays removed", () => {
  const mine = having({ parameters: { work_mem: "4MB" } })
  const theirs = having({ hba: ["a", "b"] })
  assert.deepEqual(carryOver(base, mine, theirs).merged.spec, {
    ...base.spec,
    parameters: { work_mem: "4MB" },
    hba: ["a", "b"],
  })
})

test("where both changed a field to different values, mine stays and is named", () => {
  const mine = having({ parameters: { work_mem: "8MB", jit: "on" }, hba: ["mine"] })
  const theirs = having({ parameters: { work_mem: "16MB", jit: "off" }, hba: ["theirs"] })
  const { merged, both } = carryOver(base, mine, theirs)
  assert.deepEqual(merged.spec.parameters, { work_mem: "8MB", jit: "off" })
  assert.deepEqual(merged.spec.hba, ["mine"])
  assert.deepEqual(both, ["spec.parameters.work_mem", "spec.hba"])
})

test("the same change of both is no conflict, and a volume that both added is looked into", () => {
  const mine = having({ wal: { size: 1 }, members: 5 })
  const theirs = having({ wal: { size: 2 }, members: 5 })
  const { merged, both } = carryOver(base, mine, theirs)
  assert.equal(merged.spec.members, 5)
  assert.deepEqual(merged.spec.wal, { size: 1 })
  assert.deepEqual(both, ["spec.wal.size"])
})
