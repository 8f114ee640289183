import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import type { Release } from "#core/failover/lease.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import { pledgesNeeded } from "#core/failover/pledge.ts"
import {
  type Ballot,
  compareCandidates,
  compareWal,
  outcome,
  unseenAcknowledgers,
  voteRefused,
  votesNeeded,
  walRefused,
} from "#core/failover/vote.ts"
import { holderOf, leaseOf, members, now, statusOf } from "../../../test/fixtures/situation.ts"

const [a, b, c] = members

const statuses: fc.Arbitrary<MemberStatus> = fc
  .record({
    ordinal: fc.integer({ min: 0, max: 8 }),
    eligible: fc.boolean(),
    timeline: fc.integer({ min: 1, max: 3 }).map(timeline),
    receivedLsn: fc.bigInt({ min: 0n, max: 3n }).map(lsn),
    replayedLsn: fc.bigInt({ min: 0n, max: 3n }).map(lsn),
    synchronous: fc.boolean(),
    priority: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ ordinal, ...change }) => statusOf(podName(`c-${ordinal}`), change))

test("candidates are in one order for every observer", () => {
  fc.assert(
    fc.property(statuses, statuses, statuses, (x, y, z) => {
      assert.equal(Math.sign(compareCandidates(x, y)), -Math.sign(compareCandidates(y, x)) + 0)
      if (compareCandidates(x, y) < 0 && compareCandidates(y, z) < 0)
        assert.ok(compareCandidates(x, z) < 0)
      if (x.pod !== y.pod) assert.notEqual(compareCandidates(x, y), 0)
    }),
  )
})

test("more WAL beats everything but eligibility", () => {
  fc.assert(
    fc.property(statuses, statuses, (x, y) => {
      if (x.eligible && y.eligible && compareWal(x, y) < 0) assert.ok(compareCandidates(x, y) < 0)
      if (x.eligible && !y.eligible) assert.ok(compareCandidates(x, y) < 0)
    }),
  )
})

test("S1: members that a primary leans on and members that elect another always share one", () => {
  for (let size = 1; size <= 9; size += 1) {
    // With itself, a primary leans on so many; of the rest, one candidate gathers the votes.
    const leaning = pledgesNeeded(size) + 1
    const electing = votesNeeded("expired", size)
    const apart = leaning + electing <= size
    // A sole member has nobody who could elect another.
    assert.ok(!apart, `${size} members: ${leaning} pledged, ${electing} voted`)
  }
})

test("a voter refuses what must not be", () => {
  const voter = {
    now,
    term: term(3),
    promises: { pledge: undefined, vote: undefined, assumedUntil: 0 },
    lease: leaseOf(),
    leaseSince: now - 9000,
    expireAfter: 6000,
    leads: false,
    status: statusOf(b),
  } as const
  const request = {
    candidate: statusOf(c),
    term: term(4),
    leaseVersion: "10",
    cause: "expired",
  } as const
  assert.equal(voteRefused(voter, request), undefined)
  assert.match(voteRefused(voter, { ...request, term: term(3) }) ?? "", /is over/)
  assert.match(voteRefused({ ...voter, leads: true }, request) ?? "", /holds the Lease/)
  assert.match(voteRefused({ ...voter, leaseSince: now - 1000 }, request) ?? "", /renewed/)
  const stranger = statusOf(c, { systemIdentifier: systemIdentifier("1") })
  assert.match(voteRefused(voter, { ...request, candidate: stranger }) ?? "", /another cluster/)
  const pledge = { to: a, term: term(3), until: now + 1 }
  const bound = { ...voter, promises: { ...voter.promises, pledge } }
  assert.match(voteRefused(bound, request) ?? "", /pledged/)
  assert.equal(voteRefused(bound, { ...request, candidate: statusOf(a) }), undefined)
})

test("a voter with more WAL says so", () => {
  const ahead = statusOf(b, { receivedLsn: lsn(2000n) })
  assert.match(walRefused(ahead, statusOf(c)) ?? "", /more WAL/)
  assert.equal(walRefused(statusOf(b), statusOf(c)), undefined)
  assert.equal(walRefused({ ...ahead, eligible: false }, statusOf(c)), undefined)
})

const ballot = (change: Partial<Ballot> = {}): Ballot => ({
  term: term(4),
  leaseVersion: "10",
  cause: "expired",
  startedAt: now,
  complete: true,
  candidate: statusOf(b),
  answers: [],
  ...change,
})
const granted = (pod = c, change: Partial<MemberStatus> = {}) =>
  ({ kind: "granted", voter: statusOf(pod, change) }) as const

test("of three members two must vote for a candidate, of two or one only itself", () => {
  assert.equal(outcome(ballot(), leaseOf(), members, false).kind, "lost")
  assert.equal(outcome(ballot({ answers: [granted()] }), leaseOf(), members, false).kind, "won")
  assert.equal(outcome(ballot(), leaseOf({ members: [a, b] }), [a, b], false).kind, "won")
})

test("votes of strangers do not count", () => {
  const answers = [granted(podName("c-7"))]
  assert.equal(outcome(ballot({ answers }), leaseOf(), members, false).kind, "lost")
})

test("R5: who joined and is no member on the Lease yet needs the votes of members alone", () => {
  const joined = statusOf(podName("c-3"))
  const of = (set: readonly (typeof a)[], ...answers: Ballot["answers"]) =>
    outcome(ballot({ candidate: joined, answers }), leaseOf({ members: set }), set, false).kind
  // Each of these primaries goes on without the voters: alone, or with the other's pledge.
  assert.equal(of([a]), "lost")
  assert.equal(of([a, b]), "lost")
  assert.equal(of(members, granted(c)), "lost")
  assert.equal(of(members, granted(b), granted(c)), "won")
})

test("a released Lease needs no majority: nobody serves any more", () => {
  const lease = leaseOf({
    holder: undefined,
    released: { by: holderOf(a), term: term(3), cause: "crash", checkpoint: undefined },
  })
  assert.equal(outcome(ballot({ cause: "released" }), lease, members, false).kind, "won")
})

test("S2: a named successor that has the shutdown checkpoint waits for nobody; any other candidate does", () => {
  const release: Release = {
    by: holderOf(a),
    term: term(3),
    cause: "hand-over",
    checkpoint: lsn(999n),
    timeline: statusOf(b).timeline,
  }
  const kindOf = (change: object, early: Partial<Ballot> = {}) => {
    const lease = leaseOf({ holder: undefined, released: release, successor: b, ...change })
    const asked = ballot({ cause: "released", complete: false, ...early })
    return outcome(asked, lease, members, true).kind
  }
  assert.equal(kindOf({}), "won")
  assert.equal(kindOf({ successor: c }), "waiting")
  assert.equal(kindOf({ released: { ...release, checkpoint: lsn(1000n) } }), "waiting")
  assert.equal(kindOf({ released: { ...release, checkpoint: undefined } }), "waiting")
  // Further, on a timeline that was left before the checkpoint.
  assert.equal(kindOf({ released: { ...release, timeline: timeline(7) } }), "waiting")
  assert.equal(kindOf({ released: { ...release, term: term(2) } }), "waiting")
  const ahead = [granted(c, { receivedLsn: lsn(5000n) })]
  assert.equal(kindOf({}, { answers: ahead }), "lost")
})

test("S2, R9: who refused still receives: its position covers nothing", () => {
  const lease = leaseOf({ syncSet: [b, c] })
  const refused = { kind: "refused", pod: c, reason: "pledged", voter: statusOf(c) } as const
  const other = podName("c-3")
  const set = [a, b, c, other]
  const kindOf = (answers: Ballot["answers"]) => outcome(ballot({ answers }), lease, set, true).kind
  assert.equal(kindOf([granted(c), granted(other)]), "won")
  assert.equal(kindOf([refused, granted(other), granted(a, { server: "down" })]), "unsafe")
})

test("a better member that was heard wins over every vote", () => {
  const answers = [granted(c, { receivedLsn: lsn(5000n) })]
  const result = outcome(ballot({ answers }), leaseOf(), members, false)
  assert.deepEqual([result.kind, result.kind === "lost" && result.better], ["lost", c])
})

test("S2: whoever may hold an acknowledged commit must be heard, unless nothing can be missing", () => {
  const only = (change: object) => unseenAcknowledgers(leaseOf(change), [], statusOf(b))
  assert.deepEqual(only({}), [c])
  assert.deepEqual(only({ syncSet: [b] }), [])
  // The candidate itself served last.
  assert.deepEqual(only({ holder: holderOf(b) }), [])
  // It has the shutdown checkpoint of a clean stop, or has not.
  const clean = (checkpoint: bigint) =>
    only({
      holder: undefined,
      released: {
        by: holderOf(a),
        term: term(3),
        cause: "hand-over",
        checkpoint: lsn(checkpoint),
        timeline: statusOf(b).timeline,
      },
    })
  assert.deepEqual(clean(999n), [])
  assert.deepEqual(clean(1000n), [c])
  // The last primary is heard itself, as a standby at its final position.
  assert.deepEqual(unseenAcknowledgers(leaseOf(), [statusOf(a)], statusOf(b)), [])
  assert.deepEqual(unseenAcknowledgers(leaseOf(), [statusOf(a, { server: "down" })], statusOf(b)), [
    c,
  ])
})

test("S2: who served last is not waited for by whoever followed it: it acknowledges no commit of its own term", () => {
  const { timeline: now } = statusOf(b)
  const served = (at: number, syncSet = [a, b]) =>
    unseenAcknowledgers(
      leaseOf({ syncSet, position: { timeline: timeline(at), lsn: lsn(900n) } }),
      [],
      statusOf(b),
    )
  // It died before it had the names of the term before taken off the record.
  assert.deepEqual(served(now), [])
  // What it had acknowledged as a standby may be missing where nobody followed it.
  assert.deepEqual(served(now + 1), [a])
  // Of the others one may have acknowledged what it wrote since.
  assert.deepEqual(served(now, [a, b, c]), [c])
  // It was elected and never served.
  assert.deepEqual(unseenAcknowledgers(leaseOf({ syncSet: [a, b] }), [], statusOf(b)), [a])
})

test("S2: a member that answers without knowing its position has not been heard", () => {
  for (const change of [{ server: "starting" }, { server: "down" }, { data: "empty" }] as const)
    assert.deepEqual(unseenAcknowledgers(leaseOf(), [statusOf(c, change)], statusOf(b)), [c])
  assert.deepEqual(unseenAcknowledgers(leaseOf(), [statusOf(c)], statusOf(b)), [])
})

test("S2: a member that may not stand but is ahead is not covered by the candidate", () => {
  const leaving = statusOf(a, { receivedLsn: lsn(1001n), eligible: false, reason: "leaving" })
  assert.deepEqual(unseenAcknowledgers(leaseOf(), [leaving], statusOf(b)), [c])
  const ahead = statusOf(c, { receivedLsn: lsn(1001n), eligible: false, reason: "leaving" })
  assert.deepEqual(unseenAcknowledgers(leaseOf(), [ahead], statusOf(b)), [c])
})

test("in quorum a ballot that may lose a commit is unsafe; otherwise the loss is told", () => {
  const answers = [granted(a, { server: "down", eligible: false })]
  assert.equal(outcome(ballot({ answers }), leaseOf(), members, true).kind, "unsafe")
  const taken = outcome(ballot({ answers }), leaseOf(), members, false)
  assert.ok(taken.kind === "won" && taken.maybeLost)
})

test("a ballot waits for answers until its time is over", () => {
  assert.equal(outcome(ballot({ complete: false }), leaseOf(), members, false).kind, "waiting")
  const all = ballot({ complete: false, answers: [granted()] })
  assert.equal(outcome(all, leaseOf(), members, false).kind, "won")
})
