import assert from "node:assert/strict"
import { test } from "node:test"
import { podName, term } from "#core/ids.ts"
import { considerPledge, noPromises, pledgedUntil } from "#core/failover/pledge.ts"
import { presetPolicies, stillUnnoticed } from "#core/failover/policy.ts"
import { members, policy } from "../../../test/fixtures/situation.ts"

const [a, b, c] = members
const held = (pod: typeof b, sentAt: number, lasts = policy.pledgeFor) => ({
  pod,
  term: term(3),
  sentAt,
  lasts,
})
const until = (
  sets: readonly (readonly (typeof a)[])[],
  ...pledges: readonly ReturnType<typeof held>[]
) => pledgedUntil(policy, 1000, a, term(3), sets, pledges)
const after = (sentAt: number): number => sentAt + policy.deadlineAfter

test("pledges count from the sending of the one that completes a majority", () => {
  assert.equal(until([[a]]), after(1000))
  assert.equal(until([[a, b]]), undefined)
  assert.equal(until([[a, b]], held(b, 700)), after(700))
  assert.equal(until([members], held(b, 700)), after(700))
  assert.equal(until([members], held(b, 700), held(c, 900)), after(900))
})

test("S1: a pledge that is shorter than the own policy's is leant on for less than it lasts", () => {
  const { fast, calm } = presetPolicies
  for (const own of [fast, policy, calm])
    for (const given of [fast, policy, calm]) {
      const pledge = held(b, 700, given.pledgeFor)
      const end = pledgedUntil(own, 1000, a, term(3), [[a, b]], [pledge]) ?? Infinity
      assert.ok(end <= 700 + own.deadlineAfter)
      assert.ok(end - 700 + own.fenceWithin + stillUnnoticed <= given.pledgeFor * (1 - own.drift))
    }
})

test("while the member set changes pledges must be enough for both sets", () => {
  const five = [...members, podName("c-3"), podName("c-4")]
  assert.equal(until([members, five], held(b, 700)), undefined)
  assert.equal(until([members, five], held(b, 700), held(podName("c-3"), 500)), after(500))
  assert.equal(until([[b, c]], held(b, 700), held(c, 700)), undefined)
})

const me = { term: term(3), promises: noPromises(0), leads: false }
const vote = { term: term(4), leaseVersion: "10", candidate: c }
const cases: readonly (readonly [
  fact: string,
  pledged: boolean,
  ...Parameters<typeof considerPledge>,
])[] = [
  [
    "to the holder in its term",
    true,
    me,
    { primary: a, term: term(3) },
    { holder: a, term: term(3) },
    false,
    policy.pledgeFor,
  ],
  [
    "while the API is away",
    true,
    me,
    { primary: a, term: term(3) },
    undefined,
    false,
    policy.pledgeFor,
  ],
  [
    "never to an older term",
    false,
    me,
    { primary: a, term: term(2) },
    undefined,
    false,
    policy.pledgeFor,
  ],
  [
    "never while it leads itself",
    false,
    { ...me, leads: true },
    { primary: a, term: term(3) },
    undefined,
    false,
    policy.pledgeFor,
  ],
  [
    "never against what the Lease says",
    false,
    me,
    { primary: a, term: term(3) },
    { holder: b, term: term(3) },
    false,
    policy.pledgeFor,
  ],
  [
    "never to an older term than it voted for",
    false,
    { ...me, promises: { ...noPromises(0), vote } },
    { primary: a, term: term(3) },
    undefined,
    false,
    policy.pledgeFor,
  ],
  [
    "again when the vote can not be used any more",
    true,
    { ...me, promises: { ...noPromises(0), vote } },
    { primary: a, term: term(3) },
    undefined,
    true,
    policy.pledgeFor,
  ],
  [
    "to the winner of the vote",
    true,
    { ...me, promises: { ...noPromises(0), vote } },
    { primary: c, term: term(4) },
    undefined,
    false,
    policy.pledgeFor,
  ],
]
for (const [fact, pledged, ...given] of cases)
  test(`S1: a member pledges ${fact}`, () =>
    assert.equal(considerPledge(...given).kind, pledged ? "pledged" : "refused"))
