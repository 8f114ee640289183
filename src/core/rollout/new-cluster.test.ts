import assert from "node:assert/strict"
import { test } from "node:test"
import type { Scope } from "#core/access/scope.ts"
import { beginningOf, type ProfileStory, type RolloutSeen } from "./new-cluster.ts"
import { isOver, type RolloutState, rolloutStates } from "./waves.ts"

const all: Scope = []
const one = (
  version: number,
  state: RolloutState,
  takesNew: Scope | undefined = all,
): RolloutSeen => ({ id: `of ${version}`, version, state, takesNew })
/** `selection` is about chosen clusters. */
const selection = (version: number, state: RolloutState): RolloutSeen => ({
  ...one(version, state),
  takesNew: undefined,
})

/** The version, and the one whose rollout takes it along. */
const begins = (
  newest: number,
  rollouts: readonly RolloutSeen[],
  held: ProfileStory["held"] = [],
  labels: Readonly<Record<string, string>> = {},
): string => {
  const { version, joins } = beginningOf({ newest, rollouts, held }, labels)
  return joins === undefined ? `${version}` : `${version}, then ${joins.version}`
}

test("without any approval, or edited since the last one got through, it is the newest version", () => {
  assert.equal(begins(1, []), "1")
  assert.equal(begins(4, [], [1, 2]), "4")
  assert.equal(begins(3, [one(2, "finished")], [2]), "3")
  assert.equal(begins(2, [one(2, "finished")], [2]), "2")
})

test("while a version is on its way it begins with what got through last, and takes its turn", () => {
  for (const state of ["running", "at-gate", "paused", "halted"] as const) {
    assert.equal(begins(2, [one(2, state), one(1, "finished")], [1, 2]), "1, then 2")
    assert.equal(
      begins(2, [one(2, state)], [1, 2]),
      "1, then 2",
      "nothing was ever approved before",
    )
    assert.equal(begins(3, [one(2, state)], [1]), "1, then 2", "an edit meanwhile changes nothing")
  }
})

test("a version that did not get through is given to nobody new", () => {
  for (const state of ["rolling-back", "rolled-back", "cancelling", "cancelled"] as const) {
    assert.equal(begins(2, [one(2, state), one(1, "finished")], [1]), "1")
    assert.equal(begins(3, [one(3, state)], [1, 2, 3]), "2", "the newest that nobody doubts")
  }
  assert.equal(begins(3, [one(3, "halted"), one(2, "rolled-back")], [1, 2, 3]), "1, then 3")
})

test("a doubted version that got through later is doubted no more; one that is taken back is not given", () => {
  assert.equal(begins(2, [one(2, "finished"), one(2, "rolled-back")], [2]), "2")
  assert.equal(
    begins(3, [one(3, "running"), selection(2, "finished"), one(2, "halted")], [2]),
    "2, then 3",
  )
  // Down again to 1, all of them.
  assert.equal(begins(2, [one(1, "finished"), one(2, "finished")], [1]), "1")
  assert.equal(begins(2, [one(1, "running"), one(2, "finished")], [1, 2]), "2, then 1")
})

test("what was approved for a selection says nothing of the others, and takes nobody along", () => {
  assert.equal(begins(2, [selection(2, "running"), one(1, "finished")], [1, 2]), "1")
  assert.equal(begins(2, [selection(2, "finished"), one(1, "finished")], [1, 2]), "1")
  assert.equal(begins(2, [selection(1, "halted"), one(2, "finished")], [1, 2]), "2")
  assert.equal(begins(2, [selection(2, "running")], [1]), "1")
  assert.equal(begins(2, [selection(2, "finished")], [2]), "2", "approved one by one")
})

test("an approval for a part of the fleet is about the satellites there only", () => {
  const north = one(2, "running", [{ region: "north" }])
  const rollouts = [north, one(1, "finished")]
  assert.equal(begins(2, rollouts, [1], { region: "north" }), "1, then 2")
  assert.equal(begins(2, rollouts, [1], { region: "south" }), "1")
  const through = [{ ...north, state: "finished" as const }, one(1, "finished")]
  assert.equal(begins(2, through, [1, 2], { region: "north" }), "2")
  assert.equal(begins(2, through, [1, 2], { region: "south" }), "1")
})

test("an older rollout that somebody left open takes nobody along once a newer one got through", () => {
  assert.equal(begins(3, [one(3, "finished"), one(2, "halted")], [3]), "3")
})

test("whatever the story, it is a version that there is, and the rollout that takes it along can go on", () => {
  const versions = [1, 2, 3]
  for (const last of rolloutStates)
    for (const before of rolloutStates)
      for (const a of versions)
        for (const b of versions)
          for (const takesNew of [all, undefined])
            for (const held of [[], [1], [1, 2], [3]]) {
              const story = {
                newest: 3,
                rollouts: [{ ...one(a, last), takesNew }, one(b, before)],
                held,
              }
              const { version, joins } = beginningOf(story, {})
              assert.ok(versions.includes(version))
              if (joins === undefined) continue
              assert.ok(!isOver(joins.state) && joins.version !== version)
            }
})
