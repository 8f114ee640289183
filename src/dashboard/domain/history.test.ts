import assert from "node:assert/strict"
import { test } from "node:test"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { instance } from "../../../test/e2e/dashboard/fleet-parts.ts"
import { roleChange, switchover } from "../../../test/e2e/dashboard/history.ts"
import { candidatesOf, whyNoSwitchover } from "./candidates.ts"
import { changeOf, expectedGap, gapOf, mayCancel, standingText, stepTook } from "./operations.ts"
import { causeText, lossOf, roleChangeTimes } from "./role-changes.ts"

const [cluster] = exampleFleet().clusters
assert.ok(cluster !== undefined)

test("the median of the last switchovers is what the next one is expected to cost", () => {
  const took = (totalMs: number | null) => roleChange(cluster, 1, { kind: "switchover", totalMs })
  assert.equal(expectedGap([], [roleChange(cluster, 1)]), undefined)
  assert.equal(expectedGap([], [took(null)]), undefined)
  const changes = [took(900), roleChange(cluster, 2), took(200), took(300)]
  assert.deepEqual(expectedGap([], changes), { ms: 300, of: 3 })
  const many = [1, 2, 3, 4, 5, 6, 7].map((ms) => took(ms))
  assert.deepEqual(expectedGap([], many), { ms: 3, of: 5 })
  assert.deepEqual(expectedGap([switchover(cluster, 1)], many), { ms: 250, of: 1 })
})

test("writes are away from the fence until the promotion, or from the stop where nobody was fenced", () => {
  const operation = switchover(cluster, 10)
  assert.equal(gapOf(operation), 250)
  const unfenced = operation.steps.map((step) =>
    step.name === "fence" ? { ...step, state: "skipped" as const } : step,
  )
  assert.equal(gapOf({ ...operation, steps: unfenced }), 200)
  assert.equal(gapOf({ ...operation, state: "failed" }), undefined)
})

test("a loss that was counted outweighs one that was feared, and a count of nothing ends the fear", () => {
  const said = (change: Parameters<typeof roleChange>[2]) =>
    lossOf(roleChange(cluster, 1, change))?.text
  assert.equal(said({ lossPossible: true, lostBytes: null }), "may have lost commits")
  assert.equal(said({ lossPossible: true, lostBytes: 2048 }), "lost 2 KiB of WAL")
  assert.equal(
    said({ lossPossible: true, lostBytes: 2048, lostCommits: 1 }),
    "lost 1 commit (2 KiB of WAL)",
  )
  assert.equal(said({ lossPossible: true, lostBytes: 2048, lostCommits: 0 }), "nothing lost")
  assert.equal(said({ lossPossible: true, lostBytes: 0 }), "nothing lost")
  assert.equal(said({}), "nothing lost")
  assert.equal(said({ kind: "bootstrap" }), undefined)
})

test("parts that did not take place are left out of the time", () => {
  const parts = roleChangeTimes(roleChange(cluster, 1, { electMs: null, routeMs: null }))?.parts
  assert.deepEqual(
    parts?.map(({ name }) => name),
    ["Detect", "Promote"],
  )
  const none = { detectMs: null, electMs: null, promoteMs: null, routeMs: null, totalMs: null }
  assert.equal(roleChangeTimes(roleChange(cluster, 1, none)), undefined)
})

test("a cause names whom it is about", () => {
  assert.match(causeText({ cause: "server-crashed", from: "a-0", to: "a-1" }), /a-0/)
  assert.match(causeText({ cause: "reborn", from: null, to: "a-1" }), /a-1/)
  assert.equal(causeText({ cause: "out-of-coffee", from: null, to: "a-1" }), "out of coffee")
})

test("candidates stand in order of fitness, the unfit last and with a reason", () => {
  const instances = [
    instance("c-0", "primary"),
    instance("c-1", "replica", { lagBytes: 10 }),
    instance("c-2", "replica", { lagBytes: 900, synchronous: true }),
    instance("c-3", "replica", { phase: "cloning", ready: false }),
    instance("c-4", "replica", { lagBytes: null }),
    instance("c-5", "replica", { lagBytes: 0 }),
    // It froze: its last report still says primary.
    instance("c-6", "primary"),
  ]
  const found = candidatesOf({ ...cluster, primary: "c-0", instances })
  assert.deepEqual(
    found.map(({ pod }) => pod),
    ["c-2", "c-5", "c-1", "c-3", "c-4", "c-6"],
  )
  assert.deepEqual(
    found.map(({ unfit }) => unfit !== undefined),
    [false, false, false, true, true, true],
  )
})

test("a switchover needs a primary, another member and a site that is heard", () => {
  assert.equal(whyNoSwitchover(cluster), undefined)
  assert.equal(whyNoSwitchover({ ...cluster, state: "degraded" }), undefined)
  assert.match(whyNoSwitchover({ ...cluster, members: 1 }) ?? "", /no other member/)
  for (const state of ["creating", "deleting", "unknown", "unavailable", "failing-over"] as const)
    assert.notEqual(whyNoSwitchover({ ...cluster, state }), undefined, state)
})

test("an operation can be cancelled until its point of no return", () => {
  assert.equal(mayCancel(switchover(cluster, 1, { running: "release" })), true)
  assert.equal(mayCancel(switchover(cluster, 1, { running: "promote" })), false)
  assert.equal(mayCancel(switchover(cluster, 1)), false)
  assert.match(standingText(switchover(cluster, 1, { running: "stop" })), /is running: stop/)
  const [first] = switchover(cluster, 1).steps
  assert.ok(first !== undefined && stepTook(first) !== undefined)
  assert.equal(stepTook({ ...first, endedAt: null }), undefined)
})

test("a switchover finds the role change that it brought about, and no other", () => {
  const operation = switchover(cluster, 10, { target: "orders-1" })
  const change = roleChange(cluster, 9, { kind: "switchover", to: "orders-1", term: 7 })
  const others = [
    roleChange(cluster, 1, { kind: "switchover", to: "orders-2" }),
    roleChange(cluster, 5, { kind: "failover", to: "orders-1" }),
    roleChange(cluster, 600, { kind: "switchover", to: "orders-1" }),
  ]
  assert.equal(changeOf(operation, others), undefined)
  assert.equal(changeOf(operation, [...others, change]), change)
  assert.equal(changeOf({ ...operation, state: "failed" }, [change]), undefined)
})
