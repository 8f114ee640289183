import assert from "node:assert/strict"
import { test } from "node:test"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { clusterSpec as spec } from "../../../test/fixtures/cluster-spec.ts"
import { expectationOf } from "./expectation.ts"

const expected = (before: ClusterSpec | undefined, after: ClusterSpec) => {
  const { strategy, together, restarts } = expectationOf(before, after)
  return { strategy, together, restarts }
}
const asked = (nonce: string, full = false): Partial<ClusterSpec> => ({ restart: { nonce, full } })

test("a restart that a person asks for is one, once for each nonce", () => {
  const one = spec(asked("a"))
  assert.deepEqual(expected(spec(), one), {
    strategy: "sequential-restart",
    together: false,
    restarts: true,
  })
  assert.equal(expected(one, spec({ ...asked("a"), paused: true })).restarts, false)
  assert.equal(expected(one, spec(asked("b"))).restarts, true)
  assert.equal(expected(one, spec()).restarts, false, "called off")
  assert.equal(expected(undefined, one).restarts, false, "what was just made need not start anew")
})

test("all together where it is asked for, and the stronger of it and what changes otherwise", () => {
  assert.deepEqual(expected(spec(), spec(asked("a", true))), {
    strategy: "full-restart",
    together: true,
    restarts: true,
  })
  const more = spec({ ...asked("a"), parameters: { wal_level: "logical" } })
  assert.equal(expected(spec(), more).strategy, "full-restart")
  assert.equal(
    expected(spec({ members: 1 }), spec({ members: 1, ...asked("a") })).strategy,
    "restart",
  )
})
