import assert from "node:assert/strict"
import { test } from "node:test"
import { type HandOverProgress, handOverSteps } from "#core/cluster/sidecar.ts"
import { operationId, podName, term } from "#core/ids.ts"
import { type StepReport, switchoverSteps } from "#core/switchover/operation.ts"
import { begun, broken, ended, noSteps, told } from "#core/switchover/steps.ts"

const operation = operationId("2a6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0002")
const to = podName("c-1")
const word = (
  step: HandOverProgress["step"],
  at: number,
  outcome: HandOverProgress["outcome"] = { kind: "running" },
): HandOverProgress => ({ operation, step, to, at, outcome })
const shown = (steps: readonly StepReport[]): string => steps.map(({ state }) => state).join(" ")

test("every step is there from the beginning, in order", () =>
  assert.deepEqual(
    noSteps("switchover").map(({ name, state }) => [name, state]),
    switchoverSteps.map((name) => [name, "pending"]),
  ))

test("each word of the sidecar ends the step before and begins its own", () => {
  let steps = ended(begun(noSteps("switchover"), "check", 1), "check", {
    state: "done",
    at: 2,
    detail: "",
  })
  handOverSteps.forEach((step, index) => (steps = told(steps, word(step, 10 + index))))
  assert.equal(shown(steps), "done done done done done done running pending")
  assert.deepEqual(
    steps.map(({ startedAt, endedAt }) => [startedAt, endedAt]),
    [
      [1, 2],
      [10, 11],
      [11, 12],
      [12, 13],
      [13, 14],
      [14, 15],
      [15, undefined],
      [undefined, undefined],
    ],
  )
})

test("a word that comes again changes nothing", () => {
  const steps = told(told(noSteps("switchover"), word("checkpoint", 1)), word("stop", 5))
  assert.deepEqual(told(steps, word("checkpoint", 1)), steps)
  assert.deepEqual(told(steps, word("stop", 5)), steps)
})

test("a step that nobody spoke of was left out", () =>
  assert.equal(
    shown(told(begun(noSteps("switchover"), "check", 1), word("stop", 5))),
    "done skipped skipped running pending pending pending pending",
  ))

test("what is broken failed where it stood, with the reason, and nothing follows", () => {
  const steps = broken(
    told(noSteps("switchover"), word("confirm", 5)),
    9,
    "it did not receive everything",
  )
  assert.equal(shown(steps), "skipped skipped skipped skipped failed skipped skipped skipped")
  assert.deepEqual([steps[4]?.detail, steps[4]?.endedAt], ["it did not receive everything", 9])
})

test("that the hand-over is done is the beginning of the promotion and not its end", () => {
  const done = word("await", 7, { kind: "done", primary: to, term: term(4) })
  assert.equal(
    shown(told(told(noSteps("switchover"), word("await", 6)), done)),
    "skipped skipped skipped skipped skipped skipped running pending",
  )
})

test("an end without a beginning counts as both", () =>
  assert.deepEqual(
    ended(noSteps("switchover"), "promote", { state: "done", at: 4, detail: "x" })[6],
    {
      name: "promote",
      state: "done",
      startedAt: 4,
      endedAt: 4,
      detail: "x",
    },
  ))
