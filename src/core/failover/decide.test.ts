import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import { type Action, firstMemory, type Memory } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import { presetPolicies, stillUnnoticed } from "#core/failover/policy.ts"
import { podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import type { Ballot } from "#core/failover/vote.ts"
import { lsn } from "#core/lsn.ts"
import { nextTimeline, taken } from "#core/failover/lease.ts"
import {
  following,
  forsaken,
  holderOf,
  identifier,
  leading,
  leaseOf,
  members,
  now,
  policy,
  primaryServer,
  standby,
  statusOf,
} from "../../../test/fixtures/situation.ts"

const seasoned: Memory = {
  ...firstMemory(now - 60_000),
  leaderSeenAt: now - 1000,
  leaseVersion: "10",
}
const kinds = (seen: Observation, memory: Memory = seasoned): readonly string[] =>
  decide(policy, memory, seen).actions.map(({ kind }) => kind)
const action = <K extends Action["kind"]>(
  seen: Observation,
  kind: K,
  memory: Memory = seasoned,
): Extract<Action, { kind: K }> | undefined =>
  decide(policy, memory, seen).actions.find(
    (found): found is Extract<Action, { kind: K }> => found.kind === kind,
  )
const read = (change: Parameters<typeof leaseOf>[0], since = now - 300) => ({
  lease: { kind: "read", lease: leaseOf(change), since, confirmedAt: now - 50 } as const,
})
const released = {
  holder: undefined,
  released: { by: holderOf(members[0]), term: term(3), cause: "crash", checkpoint: undefined },
} as const
const down = (cause: "crashed" | "ordered" | "fenced", of = term(3)) =>
  ({ kind: "down", exit: { cause, term: of, at: now } }) as const
const crashedData = {
  kind: "present",
  systemIdentifier: identifier,
  timeline: timeline(3),
  lsn: lsn(900n),
  wasPrimary: true,
  clean: false,
  unconfirmed: false,
} as const

test("a healthy replica does nothing", () => assert.deepEqual(kinds(following()), []))

test("a healthy primary only renews when it is time, and moves its deadline", () => {
  assert.deepEqual(kinds(leading()), ["write-lease"])
  const lanes = { ...leading().lanes, lease: { ...leading().lanes.lease, since: now - 100 } }
  assert.deepEqual(kinds(leading({ lanes })), [])
  assert.deepEqual(kinds(leading({ lanes, deadline: now + 1000 })), ["extend-deadline"])
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

test("S2: in quorum a ballot that may miss an acknowledged commit takes nothing and says so", () => {
  const settings = { ...following().settings, durability: "quorum" } as const
  const answers: Ballot["answers"] = [
    { kind: "granted", voter: statusOf(members[0], { eligible: false, server: "down" }) },
  ]
  const seen = following({
    ...read({}, now - 9000),
    settings,
    ballot: ballot({ answers }),
  })
  assert.deepEqual(kinds(seen), ["tell"])
})

test("S3: who holds the Lease promotes its standby, armed with the term and the deadline", () => {
  const seen = following({
    ...read({ holder: holderOf(members[1]), term: term(3), newestTimeline: timeline(4) }),
    renewedAt: now - 100,
  })
  const promote = action(seen, "promote")
  assert.equal(promote?.term, 3)
  assert.equal(promote.timeline, 4)
  assert.equal(promote.deadline, now - 100 + policy.deadlineAfter)
})

test("R8: in quorum nobody is promoted before the Lease names whom its first commits wait for", () => {
  const { settings } = following()
  const quorum = { ...settings, durability: "quorum" } as const
  const promoting = (syncSet: readonly (typeof members)[number][]) =>
    following({
      ...read({
        holder: holderOf(members[1]),
        term: term(3),
        newestTimeline: timeline(4),
        syncSet,
      }),
      settings: quorum,
      renewedAt: now - 100,
    })
  const early = promoting([members[1], members[2]])
  assert.equal(action(early, "promote"), undefined)
  assert.deepEqual(action(early, "write-lease")?.content.syncSet, members)
  const named = action(promoting([...members]), "promote")
  assert.deepEqual(named?.syncNames, [members[0], members[2]])
})

test("R8: who takes the Lease adds whom its first commits will wait for to those who may hold the last ones", () => {
  const free = leaseOf({ holder: undefined, syncSet: [members[2]] })
  const opens = { term: term(4), own: timeline(3), durationSeconds: 6 }
  const content = taken(free, holderOf(members[1]), { ...opens, syncNames: [members[0]] })
  assert.deepEqual(content.syncSet, [members[0], members[2]])
})

test("R8: a server that goes on in its own term waits for nobody whom the Lease does not name", () => {
  const { settings } = leading()
  const again = (syncSet: readonly (typeof members)[number][]) =>
    leading({
      ...read({ syncSet }),
      settings: { ...settings, durability: "quorum" },
      server: down("fenced"),
      data: crashedData,
      servedTerm: term(3),
      lastPrimary: undefined,
    })
  assert.deepEqual(action(again([members[2]]), "start-primary")?.syncNames, [members[2]])
  const nobody = again([])
  assert.equal(action(nobody, "start-primary"), undefined)
  assert.deepEqual(action(nobody, "write-lease")?.content.syncSet, [members[1], members[2]])
})

test("R13: no timeline is opened before the Lease names it", () => {
  for (const newestTimeline of [undefined, timeline(2), timeline(3)]) {
    const seen = following({
      ...read({ holder: holderOf(members[1]), term: term(3), newestTimeline }),
      renewedAt: now - 100,
    })
    assert.equal(action(seen, "promote"), undefined)
    const write = action(seen, "write-lease")
    assert.equal(write?.purpose, "renew")
    assert.equal(write.content.newestTimeline, 4)
  }
})

test("R13: who takes the Lease names a timeline above every one that was opened, also where nobody saw it", () => {
  const opened = leaseOf({ holder: undefined, newestTimeline: timeline(7) })
  const content = taken(opened, holderOf(members[1]), {
    term: term(4),
    own: timeline(3),
    durationSeconds: 6,
    syncNames: [],
  })
  assert.equal(content.newestTimeline, 8)
  assert.equal(nextTimeline(leaseOf(), timeline(3)), 4)
})

test("S3: reading that one holds the Lease is not a renewal", () => {
  const seen = following(read({ holder: holderOf(members[1]), term: term(3) }))
  assert.equal(action(seen, "promote"), undefined)
  assert.equal(action(seen, "write-lease")?.purpose, "renew")
})

test("a crashed primary lets a caught-up standby take over at once", () => {
  const seen = leading({ server: down("crashed"), data: crashedData, lastPrimary: primaryServer() })
  const write = action(seen, "write-lease")
  assert.equal(write?.purpose, "release")
  assert.equal(write.content.holder, undefined)
  assert.equal(write.content.successor, members[1])
})

test("a crashed primary restarts in place when nobody is caught up", () => {
  const lonely = { ...primaryServer(), standbys: [] }
  const seen = leading({ server: down("crashed"), data: crashedData, lastPrimary: lonely })
  assert.equal(action(seen, "start-primary")?.term, 3)
})

test("a primary that crashes again and again gives up", () => {
  const lonely = { ...primaryServer(), standbys: [] }
  const seen = leading({ server: down("crashed"), data: crashedData, lastPrimary: lonely })
  const memory = { ...seasoned, restarts: [now - 3000, now - 2000, now - 1000] }
  assert.equal(action(seen, "write-lease", memory)?.purpose, "release")
})

test("S3: a server that was no primary in this term is promoted, never started as one", () => {
  for (const change of [{ servedTerm: term(2) }, { data: { ...crashedData, wasPrimary: false } }]) {
    const seen = leading({ server: down("ordered"), data: crashedData, ...change })
    assert.ok(kinds(seen).includes("start-standby"))
    assert.ok(!kinds(seen).includes("start-primary"))
  }
})

test("S3: nothing is started as primary on an old renewal", () => {
  const seen = leading({
    server: down("fenced"),
    data: crashedData,
    renewedAt: now - 3900,
    pledges: [],
  })
  assert.ok(!kinds(seen).includes("start-primary"))
})

test("S4, R11: a member without data never initialises a cluster that has a record", () => {
  const empty = {
    server: down("ordered"),
    data: { kind: "empty" },
    systemIdentifier: undefined,
  } as const
  for (const holder of [holderOf(members[1]), undefined, holderOf(members[0])])
    assert.ok(
      !kinds(following({ ...read({ holder }, now - 9000), ...empty, renewedAt: now })).includes(
        "initdb",
      ),
    )
  const onlyRecord = following({
    ...read({ systemIdentifier: undefined, holder: holderOf(members[1]), term: term(3) }),
    ...empty,
    renewedAt: now,
  })
  assert.ok(!kinds(onlyRecord).includes("initdb"))
})

test("S4: data of another cluster is quarantined, with a reason", () => {
  const seen = following({ systemIdentifier: systemIdentifier("99") })
  const { mood, actions } = decide(policy, seasoned, seen)
  assert.equal(mood.phase, "quarantined")
  assert.match(mood.why, /another cluster/)
  assert.deepEqual(
    actions.map(({ kind }) => kind),
    ["stop"],
  )
})

test("a holder in a term below the highest that was seen is not followed, and a person is told", () => {
  const seen = following({ term: term(8), follows: undefined, peers: new Map() })
  const { mood, actions } = decide(policy, seasoned, seen)
  assert.match(mood.why, /a person must decide/)
  assert.deepEqual(actions, [])
})

const fresh = (empty: readonly (typeof members)[number][]) =>
  following({
    ...read({ holder: undefined, term: term(0), systemIdentifier: undefined, syncSet: [] }),
    settings: { ...following().settings, systemIdentifier: undefined },
    self: holderOf(members[0]),
    term: term(0),
    server: down("ordered"),
    data: { kind: "empty" },
    systemIdentifier: undefined,
    peers: new Map(
      empty.map((pod) => [
        pod,
        {
          address: "",
          askedAt: now,
          status: statusOf(pod, {
            term: term(0),
            data: "empty",
            server: "down",
            eligible: false,
            systemIdentifier: undefined,
          }),
        },
      ]),
    ),
  })

test("a new cluster is begun by its first member when everybody says that there is nothing", () => {
  assert.deepEqual(kinds(fresh([members[1], members[2]]), firstMemory(now)), ["campaign"])
})

test("a new cluster is not begun while a member is silent, unless a majority waited long enough", () => {
  assert.deepEqual(kinds(fresh([members[1]]), firstMemory(now - 1000)), [])
  assert.deepEqual(kinds(fresh([members[1]]), firstMemory(now - 60_000)), ["campaign"])
  assert.deepEqual(kinds(fresh([]), firstMemory(now - 600_000)), [])
})

test("S4: a new cluster is not begun where any member has data", () => {
  const seen = fresh([members[1]])
  const peers = new Map(seen.peers).set(members[2], {
    address: "",
    askedAt: now,
    status: statusOf(members[2], { term: term(0) }),
  })
  assert.deepEqual(kinds({ ...seen, peers }, firstMemory(now - 600_000)), [])
})

test("S4: new data serves nobody before the Lease names it", () => {
  const made = leading({
    ...read({ systemIdentifier: undefined }),
    settings: { ...leading().settings, systemIdentifier: undefined },
    server: down("ordered"),
    data: { ...crashedData, clean: true, unconfirmed: true },
  })
  assert.deepEqual(kinds(made), ["write-lease"])
  assert.equal(action(made, "write-lease")?.content.systemIdentifier, made.systemIdentifier)
  const recorded = leading({
    server: down("ordered"),
    data: { ...crashedData, clean: true, unconfirmed: true },
  })
  assert.ok(kinds(recorded).includes("confirm-data"))
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
