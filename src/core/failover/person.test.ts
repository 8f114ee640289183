import assert from "node:assert/strict"
import { test } from "node:test"
import {
  acknowledgersOf,
  bytesBehind,
  lastKnownEnd,
  priorityOf,
} from "#core/failover/candidates.ts"
import { decide } from "#core/failover/decide.ts"
import type { Action, Memory } from "#core/failover/decision.ts"
import { bestToTakeOver } from "#core/failover/fit.ts"
import { describe } from "#core/failover/describe.ts"
import type { Consent, Observation, Settings } from "#core/failover/observation.ts"
import { podName, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { millis } from "#core/units.ts"
import type { Ballot } from "#core/failover/vote.ts"
import {
  forsaken,
  holderOf,
  identifier,
  leading,
  leaseOf,
  members,
  now,
  plain,
  policy,
  primaryServer,
  standby,
  statusOf,
} from "../../../test/fixtures/situation.ts"
import { crashedData, down, seasoned } from "../../../test/fixtures/decisions.ts"

const electing: Memory = {
  ...seasoned,
  leaderSeenAt: now - 9000,
  electingSince: now - 20_000,
}
const settings = (change: Partial<Settings>): Settings => ({
  members,
  durability: "preferred",
  systemIdentifier: identifier,
  ...plain,
  ...change,
})
const expired = (lease: Parameters<typeof leaseOf>[0] = {}) =>
  ({
    lease: {
      kind: "read",
      lease: leaseOf(lease),
      since: now - 20_000,
      confirmedAt: now - 50,
    },
  }) as const
const position = { timeline: timeline(3), lsn: lsn(5000n) }
const consent = (change: Partial<Consent> = {}): Consent => ({
  term: term(3),
  acceptLoss: true,
  until: now + 1000,
  ...change,
})
const told = (seen: Observation, memory = electing): readonly string[] =>
  decide(policy, memory, seen).actions.flatMap((action: Action) =>
    action.kind === "tell" ? [action.event.kind] : [],
  )
const stands = (seen: Observation, memory = electing): boolean =>
  decide(policy, memory, seen).actions.some(({ kind }) => kind === "campaign")

test("without a limit any lag will do", () => assert.ok(stands(forsaken(expired({ position })))))

test("a candidate that is too far behind waits for a better one first", () => {
  const lag = { maxBytes: 1000, onExcess: "take-best", wait: millis(10_000) } as const
  const seen = forsaken({ ...expired({ position }), settings: settings({ lag }) })
  const early = { ...electing, electingSince: now - 9000 }
  assert.ok(!stands(seen, early))
  assert.match(decide(policy, early, seen).mood.why, /4000 bytes behind .* waiting for a better/)
  assert.ok(stands(seen))
})

test("the lag that the limit allows is none to wait for", () => {
  const lag = { maxBytes: 4000, onExcess: "ask", wait: millis(10_000) } as const
  assert.ok(stands(forsaken({ ...expired({ position }), settings: settings({ lag }) })))
})

test("with the policy `ask` a person decides, is told once, and consents for this vacancy and some time", () => {
  const lag = { maxBytes: 1000, onExcess: "ask", wait: millis(0) } as const
  const seen = (change: Partial<Observation> = {}): Observation =>
    forsaken({ ...expired({ position }), settings: settings({ lag }), ...change })
  const first = decide(policy, electing, seen())
  assert.deepEqual(told(seen()), ["failover.refused"])
  assert.deepEqual(told(seen(), first.memory), [])
  assert.ok(!stands(seen()))
  assert.ok(stands(seen({ consent: consent() })))
  for (const void_ of [{ acceptLoss: false }, { until: now }, { term: term(2) }])
    assert.ok(!stands(seen({ consent: consent(void_) })))
})

test("the primary's own last word counts where the Lease says nothing", () => {
  const peers = new Map(forsaken().peers)
  const status = statusOf(members[0], { server: "primary", receivedLsn: lsn(3000n) })
  peers.set(members[0], { address: "", askedAt: now - 9000, status })
  assert.equal(lastKnownEnd({ peers }, leaseOf()), 3000n)
  assert.equal(lastKnownEnd({ peers }, leaseOf({ position })), 5000n)
  assert.equal(bytesBehind({ peers }, leaseOf(), { receivedLsn: lsn(1000n) }), 2000n)
  assert.equal(bytesBehind({ peers }, leaseOf(), { receivedLsn: lsn(9000n) }), 0n)
  const other = new Map([
    [members[0], { address: "", askedAt: now, status: { ...status, term: term(2) } }],
  ])
  assert.equal(lastKnownEnd({ peers: other }, leaseOf()), undefined)
})

const ballotOf = (granted: boolean): Ballot => ({
  term: term(4),
  leaseVersion: "10",
  cause: "expired",
  startedAt: now - 1000,
  complete: true,
  candidate: statusOf(members[1]),
  answers: [
    granted
      ? { kind: "granted", voter: statusOf(members[2], { synchronous: false }) }
      : { kind: "silent", pod: members[2] },
    { kind: "silent", pod: members[0] },
  ],
})
const stranger = podName("c-3")
const unsafe = (change: Partial<Observation> = {}): Observation =>
  forsaken({
    ...expired({ syncSet: [members[1], stranger] }),
    settings: settings({ durability: "quorum" }),
    ballot: ballotOf(true),
    ...change,
  })
const takes = (seen: Observation): boolean =>
  decide(policy, electing, seen).actions.some(
    (action) => action.kind === "write-lease" && action.purpose === "take",
  )

test("S2: what may lose an acknowledged commit in quorum goes on by consent to the loss alone, and is told", () => {
  assert.ok(!takes(unsafe()))
  assert.ok(!takes(unsafe({ consent: consent({ acceptLoss: false }) })))
  assert.ok(!takes(unsafe({ consent: consent({ term: term(2) }) })))
  assert.ok(takes(unsafe({ consent: consent() })))
  assert.deepEqual(told(unsafe({ consent: consent() })), ["failover.forced"])
  const { story } = decide(policy, electing, unsafe({ consent: consent() })).memory
  assert.equal(story?.lossPossible, true)
})

test("what a person must decide is said with what is known to be missing, for as long as it waits", () => {
  const question = (seen: Observation, memory = electing) =>
    decide(policy, memory, seen).mood.question
  const paused = { ...expired({ position }), settings: settings({ paused: true }) }
  assert.deepEqual(question(forsaken(paused)), { about: "pause", missingBytes: 4000 })
  assert.equal(question(forsaken({ ...paused, consent: consent() })), undefined)
  const lag = { maxBytes: 1000, onExcess: "ask", wait: millis(0) } as const
  assert.deepEqual(question(forsaken({ ...expired({ position }), settings: settings({ lag }) })), {
    about: "lag",
    missingBytes: 4000,
  })
  const refused = decide(policy, electing, unsafe())
  assert.deepEqual(refused.mood.question, { about: "loss", missingBytes: 0 })
  // Between two campaigns too.
  assert.match(decide(policy, refused.memory, unsafe()).mood.why, /trying again soon/)
  assert.deepEqual(question(unsafe(), refused.memory), { about: "loss", missingBytes: 0 })
  assert.equal(question(unsafe({ consent: consent() }), refused.memory), undefined)
  assert.equal(question(forsaken(expired({ position }))), undefined)
})

test("S1: consent replaces no vote and no pledge", () => {
  assert.ok(!takes(unsafe({ consent: consent(), ballot: ballotOf(false) })))
  const pledged = {
    promises: {
      pledge: { to: members[0], term: term(3), until: now + 500 },
      vote: undefined,
      assumedUntil: 0,
    },
  }
  assert.ok(!takes(unsafe({ consent: consent(), ...pledged })))
})

test("paused: nobody stands by itself, by consent one does", () => {
  const seen = (change: Partial<Observation> = {}): Observation =>
    forsaken({ ...expired(), settings: settings({ paused: true }), ...change })
  assert.ok(!stands(seen()))
  assert.deepEqual(told(seen()), ["failover.paused"])
  assert.match(decide(policy, electing, seen()).mood.why, /paused.*promote/)
  assert.ok(stands(seen({ consent: consent({ acceptLoss: false }) })))
})

test("paused: what it waits for is said until the next look at the Lease says otherwise", () => {
  const { lease } = expired()
  const old = { ...lease, confirmedAt: now - 5000 }
  const decision = decide(
    policy,
    electing,
    forsaken({ lease: old, settings: settings({ paused: true }) }),
  )
  assert.deepEqual(
    decision.actions.map(({ kind }) => kind),
    ["read-lease"],
    "nothing is told before it is sure",
  )
  assert.match(decision.mood.why, /paused.*promote/)
  assert.equal(decision.mood.question?.about, "pause")
})

test("paused: a hand-over that a person began comes to its end, and the last holder keeps its role", () => {
  const release = (cause: "hand-over" | "crash") =>
    forsaken({
      ...expired({
        holder: undefined,
        released: { by: holderOf(members[0]), term: term(3), cause, checkpoint: undefined },
      }),
      settings: settings({ paused: true }),
    })
  assert.ok(stands(release("hand-over")))
  assert.ok(!stands(release("crash")))
  const former = { ...holderOf(members[1]), nonce: "before" }
  assert.ok(
    stands(forsaken({ ...expired({ holder: former }), settings: settings({ paused: true }) })),
  )
})

test("paused: a primary that crashed goes on in its term; after three crashes it waits, and lets nobody take over", () => {
  const crashed = (memory: Memory): ReturnType<typeof decide> =>
    decide(
      policy,
      memory,
      leading({
        settings: settings({ paused: true }),
        server: down("crashed"),
        lastPrimary: primaryServer(),
        data: crashedData,
      }),
    )
  assert.ok(crashed(electing).actions.some(({ kind }) => kind === "start-primary"))
  const often = crashed({ ...electing, restarts: [now - 3000, now - 2000, now - 1000] })
  assert.ok(!often.actions.some(({ kind }) => kind === "start-primary"))
  assert.ok(
    often.actions.every((action) => action.kind !== "write-lease" || action.purpose === "renew"),
  )
  assert.match(often.mood.why, /paused, so nobody takes over/)
})

test("S2: data that is older than what its member served is not served again without consent", () => {
  const former = { ...holderOf(members[1]), nonce: "before" }
  const old = (change: Partial<Observation> = {}): Observation =>
    forsaken({ ...expired({ holder: former, position }), ...change })
  assert.ok(!stands(old()))
  assert.equal(decide(policy, electing, old()).mood.phase, "quarantined")
  assert.deepEqual(told(old()), ["instance.regressed"])
  assert.ok(stands(old({ consent: consent() })))
  const won = old({
    consent: consent(),
    settings: settings({ members: [members[1]] }),
    ...expired({ holder: former, position, members: [members[1]], syncSet: [] }),
    ballot: { ...ballotOf(false), answers: [] },
  })
  assert.deepEqual(told(won), ["failover.forced"])
  assert.equal(decide(policy, electing, won).memory.story?.lossPossible, true)
  assert.ok(stands(old({ server: standby(lsn(5000n)) })))
  const ahead = { ...standby(lsn(10n)), timeline: timeline(4) }
  assert.ok(stands(old({ server: ahead })))
})

test("S2: a standby that has not read all of its WAL has no position, and stands for nothing", () => {
  const seen = forsaken({ ...expired(), server: { ...standby(), readAll: false } })
  const me = describe(seen, holderOf(members[1]), "")
  assert.equal(me.server, "starting")
  assert.equal(me.eligible, false)
  assert.match(me.reason, /not read all WAL/)
  assert.ok(!stands(seen))
})

test("priorities: 1 where nothing is said, higher goes first among equals, 0 is never a candidate", () => {
  const priorities = [3, 0]
  assert.deepEqual(
    members.map((pod) => priorityOf({ priorities }, pod)),
    [3, 0, 1],
  )
  const never = forsaken({ ...expired(), settings: settings({ priorities }) })
  const me = describe(never, holderOf(members[1]), "")
  assert.equal(me.eligible, false)
  assert.match(me.reason, /priority is 0/)
  assert.ok(!stands(never))
  assert.equal(describe(forsaken(), holderOf(members[2]), "").priority, 1)
})

test("a hand-over goes to whom a person prefers among those that are fit", () => {
  const self = holderOf(members[0])
  const seen = (priorities: readonly number[]): Observation =>
    leading({ settings: settings({ priorities }) })
  assert.equal(bestToTakeOver(seen([]), self, false), members[1])
  assert.equal(bestToTakeOver(seen([1, 1, 5]), self, false), members[2])
})

test("S2: commits wait for members that may become primary; for others only where there is nobody else", () => {
  const self = holderOf(members[0])
  const seen = (priorities: readonly number[]): Observation =>
    leading({ settings: settings({ priorities }) })
  assert.deepEqual(acknowledgersOf(seen([1, 0, 1]), self), [members[2]])
  assert.deepEqual(acknowledgersOf(seen([1, 0, 0]), self), [members[1], members[2]])
})

test("the holder writes how far its WAL is on disk, and a new holder does not inherit it", () => {
  const write = (seen: Observation) =>
    decide(policy, electing, seen).actions.find((action) => action.kind === "write-lease")
  const renewal = write(leading())
  assert.ok(renewal?.kind === "write-lease")
  assert.deepEqual(renewal.content.position, { timeline: timeline(3), lsn: lsn(1000n) })
  const taken = write(unsafe({ consent: consent(), ...expired({ position, syncSet: [] }) }))
  assert.ok(taken?.kind === "write-lease" && taken.purpose === "take")
  assert.equal(taken.content.position, undefined)
})
