/** What a member does that leads or follows: renewing, fencing itself, turning to another leader. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import type { Observation } from "#core/failover/observation.ts"
import { presetPolicies, stillUnnoticed } from "#core/failover/policy.ts"
import { podName, term } from "#core/ids.ts"
import {
  following,
  forsaken,
  holderOf,
  leading,
  members,
  now,
  policy,
  primaryServer,
  standby,
  statusOf,
} from "../../../test/fixtures/situation.ts"
import { seasoned, kinds, action, read, released } from "../../../test/fixtures/decisions.ts"

test("a healthy replica does nothing", () => assert.deepEqual(kinds(following()), []))

test("a healthy primary only renews when it is time, and moves its deadline", () => {
  assert.deepEqual(kinds(leading()), ["write-lease"])
  const lanes = { ...leading().lanes, lease: { ...leading().lanes.lease, since: now - 100 } }
  assert.deepEqual(kinds(leading({ lanes })), [])
  assert.deepEqual(kinds(leading({ lanes, deadline: now + 1000 })), ["extend-deadline"])
})

test("a small step of the deadline waits while the one that the supervisor has is far", () => {
  const lanes = { ...leading().lanes, lease: { ...leading().lanes.lease, since: now } }
  const D = policy.deadlineAfter
  const moved = (step: number, left: number): boolean => {
    // With the pledges away it is the renewal that says until when it may serve.
    const seen = leading({ lanes, pledges: [], renewedAt: now + left + step - D })
    return action({ ...seen, deadline: now + left }, "extend-deadline") !== undefined
  }
  assert.equal(moved(D / 10, D * 0.8), false)
  assert.equal(moved(D / 7, D * 0.8), true, "a large one does not")
  assert.equal(moved(D / 10, D * 0.6), true, "nor any when it comes near")
  assert.equal(moved(20, D * 0.6), false)
})

test("S1: the deadline counts from the sending of the renewal or of the pledges, whichever is later", () => {
  const lanes = { ...leading().lanes, lease: { ...leading().lanes.lease, since: now } }
  const extend = (change: Partial<Observation>): number | undefined =>
    action(leading({ lanes, deadline: 0, ...change }), "extend-deadline")?.deadline
  assert.equal(extend({ pledges: [] }), now - 500 + policy.deadlineAfter)
  assert.equal(extend({ renewedAt: now - 3000 }), now - 400 + policy.deadlineAfter)
  assert.equal(
    extend({ renewedAt: undefined, memberSets: [[members[0]]] }),
    now + policy.deadlineAfter,
  )
})

test("R2: a renewal lets serve no longer than the T that it says keeps others away", () => {
  const lanes = { ...leading().lanes, lease: { ...leading().lanes.lease, since: now } }
  const { fast, calm } = presetPolicies
  const seen = leading({ lanes, deadline: 0, pledges: [], renewedFor: fast.expireAfter })
  const extended = decide(calm, seasoned, seen).actions.find(
    (found) => found.kind === "extend-deadline",
  )
  assert.ok(extended?.kind === "extend-deadline")
  const servesFor = extended.deadline - (now - 500)
  assert.ok(servesFor + calm.fenceWithin + stillUnnoticed <= fast.expireAfter * (1 - calm.drift))
})

test("R2: a holder whose T is not on the Lease yet renews at once", () => {
  const lanes = { ...leading().lanes, lease: { ...leading().lanes.lease, since: now - 100 } }
  const seen = leading({ ...read({ durationSeconds: 4 }), lanes })
  assert.equal(action(seen, "write-lease")?.content.durationSeconds, policy.expireAfter / 1000)
})

const fences: readonly (readonly [why: string, seen: Observation])[] = [
  [
    "another member holds the Lease",
    leading(read({ holder: holderOf(members[2]), version: "11" })),
  ],
  [
    "a later term was opened",
    leading({ ...read({ holder: holderOf(members[2]), term: term(4) }), term: term(4) }),
  ],
  [
    "a peer has seen a later term",
    leading({
      peers: new Map([
        [
          members[1],
          { address: "", askedAt: now, status: statusOf(members[1], { term: term(5) }) },
        ],
      ]),
    }),
  ],
  [
    "its own former self holds the Lease",
    leading(read({ holder: { ...holderOf(members[0]), nonce: "before" } })),
  ],
  ["neither Lease nor pledges cover it", leading({ renewedAt: now - 4000, pledges: [] })],
  [
    "it accepts writes without a term",
    leading({ server: { ...primaryServer(), armed: undefined } }),
  ],
  ["it is armed for a term that is over", leading({ server: primaryServer(term(2)) })],
  ["the Lease was released under it", leading(read(released))],
]
for (const [why, seen] of fences)
  test(`S1: a primary is fenced when ${why}`, () => assert.equal(kinds(seen)[0], "fence"))

test("S1: an API that does not answer fences nobody while pledges last", () => {
  const seen = leading({
    renewedAt: now - 600_000,
    pledges: [{ pod: members[1], term: term(3), sentAt: now - 900, lasts: policy.pledgeFor }],
  })
  assert.ok(!kinds(seen).includes("fence"))
})

test("S1: pledges for another term, or of strangers, do not count", () => {
  for (const pledge of [
    { pod: members[1], term: term(2), sentAt: now, lasts: policy.pledgeFor },
    { pod: podName("c-7"), term: term(3), sentAt: now, lasts: policy.pledgeFor },
    { pod: members[0], term: term(3), sentAt: now, lasts: policy.pledgeFor },
  ])
    assert.equal(kinds(leading({ renewedAt: now - 4000, pledges: [pledge] }))[0], "fence")
})

test("R1: a term that was seen is on disk before anything else", () => {
  assert.deepEqual(kinds(following({ ...read({ term: term(4) }), server: standby() })), [
    "persist-term",
  ])
})

test("a Lease that was wiped by hand is taken again by who serves", () => {
  const write = action(leading(read({ holder: undefined })), "write-lease")
  assert.equal(write?.content.holder?.pod, members[0])
  assert.equal(write.content.term, 3)
})

test("a wiped Lease is left alone by replicas until the holder had time to take it again", () => {
  assert.deepEqual(kinds(forsaken(read({ holder: undefined }))), [])
  const free = { assumedUntil: 0, pledge: undefined, vote: undefined }
  const seen = forsaken({ ...read({ holder: undefined }, now - 7000), promises: free })
  assert.deepEqual(kinds(seen), ["campaign"])
})

test("a replica turns to a new leader by reload, at the pod's own address", () => {
  const seen = following({
    ...read({ holder: holderOf(members[2]), term: term(3), version: "12" }),
  })
  const source = action(seen, "follow")?.source
  assert.equal(source?.pod, members[2])
  assert.equal(source.address, "10.0.0.2")
})

test("whoever voted takes no more WAL from the one that is to be replaced", () => {
  const vote = { term: term(4), leaseVersion: "10", candidate: members[2] }
  const promises = { pledge: undefined, vote, assumedUntil: 0 }
  assert.deepEqual(kinds(following({ promises, follows: undefined })), [])
})

test("S1: a primary whose supervisor hangs has its clients shut out by its deadline, once, and not before", () => {
  const lost = (deadline: number, shut = false): Observation => ({
    ...leading(),
    self: undefined,
    server: { kind: "lost", unwatched: { deadline, shut } },
  })
  assert.deepEqual(kinds(lost(now + policy.fenceWithin + 1)), [])
  assert.deepEqual(kinds(lost(now + policy.fenceWithin)), ["admit"])
  assert.equal(action(lost(now - 1), "admit")?.clients, false)
  assert.deepEqual(kinds(lost(now - 1, true)), [])
  assert.deepEqual(kinds({ ...lost(now), server: { kind: "lost" } }), [])
})
