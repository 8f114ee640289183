/** When a member asks for votes, and what it does with a ballot. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import { firstMemory, type Memory } from "#core/failover/decision.ts"
import { term } from "#core/ids.ts"
import type { Ballot } from "#core/failover/vote.ts"
import { lsn } from "#core/lsn.ts"
import {
  following,
  forsaken,
  holderOf,
  leaseOf,
  members,
  now,
  policy,
  statusOf,
} from "../../../test/fixtures/situation.ts"
import { seasoned, kinds, action, read, released } from "../../../test/fixtures/decisions.ts"

test("a replica campaigns when the Lease has not changed for T", () => {
  assert.deepEqual(kinds(forsaken(read({}, now - 5900))), [])
  assert.deepEqual(kinds(forsaken(read({}, now - 6000))), ["campaign"])
})

test("an observer waits as long as the holder's own T says", () => {
  assert.deepEqual(kinds(forsaken(read({ durationSeconds: 15 }, now - 10_000))), [])
})

test("a replica that pledged keeps out until the pledge has run out", () => {
  const pledge = { to: members[0], term: term(3), until: now + 10 }
  const promises = { pledge, vote: undefined, assumedUntil: 0 }
  const expired = read({}, now - 9000)
  assert.deepEqual(kinds(forsaken({ ...expired, promises })), [])
  assert.deepEqual(kinds(forsaken({ ...expired, promises, now: now + 20 })), ["campaign"])
})

test("a sidecar that restarted assumes that it had pledged", () => {
  const promises = { pledge: undefined, vote: undefined, assumedUntil: now + 1000 }
  assert.deepEqual(kinds(forsaken({ ...read({}, now - 9000), promises })), [])
})

test("a released Lease frees from every promise of that term", () => {
  const pledge = { to: members[0], term: term(3), until: now + 5000 }
  const promises = { pledge, vote: undefined, assumedUntil: now + 5000 }
  assert.deepEqual(kinds(forsaken({ ...read(released), promises })), ["campaign"])
})

test("the named successor goes first, the others after a while", () => {
  const named = { ...released, successor: members[2] }
  assert.deepEqual(kinds(forsaken(read(named))), [])
  assert.deepEqual(kinds(forsaken(read(named, now - 4000))), ["campaign"])
  assert.deepEqual(kinds(forsaken({ ...read(named), urgedOn: "10" })), ["campaign"])
  assert.deepEqual(kinds(forsaken(read({ ...released, successor: members[1] }))), ["campaign"])
})

test("the better candidate goes first", () => {
  const ahead = new Map(forsaken().peers)
  ahead.set(members[2], {
    address: "",
    askedAt: now,
    status: statusOf(members[2], { receivedLsn: lsn(2000n) }),
  })
  assert.deepEqual(kinds(forsaken({ ...read({}, now - 6000), peers: ahead })), [])
  const waited: Memory = { ...seasoned, electingSince: now - 600 }
  assert.deepEqual(kinds(forsaken({ ...read({}, now - 9000), peers: ahead }), waited), ["campaign"])
})

test("nobody campaigns on an old look at the Lease", () => {
  const lease = {
    kind: "read",
    lease: leaseOf(),
    since: now - 9000,
    confirmedAt: now - 2000,
  } as const
  assert.deepEqual(kinds(forsaken({ lease })), ["read-lease"])
})

test("after everything was down a member waits for the others unless it knows that nothing is missing", () => {
  const cold: Memory = { ...firstMemory(now - 1000), leaseVersion: "10" }
  const alone = new Map([[members[0], { address: "", askedAt: undefined, status: undefined }]])
  const seen = following({
    ...read({ syncSet: [] }, now - 9000),
    peers: alone,
    pledgeAskedAt: undefined,
  })
  assert.deepEqual(kinds(seen, cold), [])
  assert.deepEqual(kinds(seen, { ...cold, startedAt: now - 30_000 }), ["campaign"])
  const mine = following({
    ...read({ holder: { ...holderOf(members[1]), nonce: "before" } }),
    peers: alone,
    pledgeAskedAt: undefined,
  })
  assert.deepEqual(kinds(mine, cold), ["campaign"])
})

const ballot = (change: Partial<Ballot> = {}): Ballot => ({
  term: term(4),
  leaseVersion: "10",
  cause: "expired",
  startedAt: now - 100,
  complete: true,
  candidate: statusOf(members[1]),
  answers: [{ kind: "granted", voter: statusOf(members[2]) }],
  ...change,
})
test("a won ballot takes the Lease in the next term, on the version that was voted on", () => {
  const write = action(following({ ...read({}, now - 9000), ballot: ballot() }), "write-lease")
  assert.equal(write?.purpose, "take")
  assert.equal(write.version, "10")
  assert.equal(write.content.term, 4)
  assert.equal(write.content.holder?.pod, members[1])
})

test("a ballot on another version of the Lease counts for nothing", () => {
  const seen = following({
    ...read({}, now - 9000),
    ballot: ballot({ leaseVersion: "9" }),
  })
  assert.equal(action(seen, "write-lease"), undefined)
})

test("S2: in quorum a ballot that may miss an acknowledged commit takes nothing, asks again, and after a while says so", () => {
  const settings = { ...following().settings, durability: "quorum" } as const
  const answers: Ballot["answers"] = [
    { kind: "granted", voter: statusOf(members[0], { eligible: false, server: "down" }) },
  ]
  const seen = following({
    ...read({}, now - 9000),
    settings,
    ballot: ballot({ answers }),
  })
  const memory: Memory = { ...seasoned, electingSince: now - 1000 }
  const early = decide(policy, memory, seen)
  assert.deepEqual(early.actions, [])
  assert.equal(early.mood.question, undefined)
  const pause = { ...seen, now: now + policy.rankDelay - 1 }
  assert.deepEqual(kinds(pause, early.memory), [])
  assert.deepEqual(kinds({ ...seen, now: now + policy.rankDelay }, early.memory), ["campaign"])
  const late = { ...memory, electingSince: now - policy.successorWithin }
  assert.deepEqual(kinds(seen, late), ["tell"])
  assert.match(decide(policy, late, seen).mood.why, /^refuses to become primary/)
})
