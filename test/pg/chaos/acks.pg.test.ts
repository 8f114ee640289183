/** The judge of the chaos tests, judged: what it must find, and what it must not. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Ack, contradictions, longestGap, type Standstill, wakesWithin } from "./acks.ts"

let next = 0
const ack = (by: string, timeline: number, at: number): Ack => ({
  id: (next += 1),
  by,
  timeline: timeline.toString(16).toUpperCase().padStart(8, "0"),
  sent: at - 1,
  at,
})

test("roles that move from one to the next and back contradict nothing (S1)", () => {
  const acks = [
    ack("a", 1, 10),
    ack("a", 1, 20),
    ack("b", 2, 500),
    ack("a", 3, 900),
    ack("a", 3, 910),
  ]
  assert.deepEqual(contradictions(acks), [])
})

test("an acknowledgement of an old primary after the first of the new one is found, in whatever order they were noted (S1)", () => {
  const acks = [ack("b", 2, 500), ack("b", 2, 510), ack("a", 1, 20), ack("a", 1, 505)]
  assert.deepEqual(
    contradictions(acks).map((text) =>
      /^a acknowledged \d+ on timeline 00000001, 5 ms after b/.test(text),
    ),
    [true],
  )
})

test("two writers on one timeline are found, as after a promotion that made none (S1)", () => {
  assert.equal(contradictions([ack("a", 1, 10), ack("b", 1, 500)]).length, 1)
})

test("timelines are compared as numbers, past the ninth too", () => {
  assert.deepEqual(contradictions([ack("a", 9, 10), ack("b", 10, 20), ack("c", 17, 30)]), [])
})

const standstill: Standstill = { by: "a", from: 100, to: 900 }
const late = (change: Partial<Ack>): readonly string[] => {
  const answer: Ack = { id: 7, by: "a", timeline: "00000001", sent: 99, at: 950, ...change }
  return contradictions([ack("a", 1, 50), ack("b", 2, 500), answer], [standstill])
}

test("an answer that a standstill kept back is none of the old term's writes, in the moment of waking only", () => {
  assert.deepEqual(late({}), [])
  assert.deepEqual(late({ at: standstill.to + wakesWithin - 1 }), [])
  assert.equal(late({ at: standstill.to + wakesWithin }).length, 1)
  assert.equal(late({ at: standstill.to - 1 }).length, 1)
})

test("what was sent to a member that stood still, or has woken, and is acknowledged on its old timeline is found (S1)", () => {
  assert.equal(late({ sent: standstill.from }).length, 1)
  assert.equal(late({ sent: standstill.to + 1 }).length, 1)
})

test("a standstill of one member excuses no other, and no second writer on a timeline (S1)", () => {
  assert.equal(late({ by: "c" }).length, 2)
  assert.equal(late({ timeline: "00000002" }).length, 1)
  const unexcused = [ack("a", 1, 50), ack("b", 2, 500), ack("a", 1, 950)]
  assert.equal(contradictions(unexcused).length, 1)
})

test("the longest gap is the one that ended after the fault, also where it began before", () => {
  const acks = [
    ack("a", 1, 0),
    ack("a", 1, 900),
    ack("a", 1, 910),
    ack("b", 2, 1400),
    ack("b", 2, 1410),
  ]
  assert.equal(longestGap(acks, 905), 490)
  assert.equal(longestGap(acks, 0), 900)
})
