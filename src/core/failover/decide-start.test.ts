/** How the holder of the Lease starts its server: promoted, again after a crash, or not at all. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { term, timeline } from "#core/ids.ts"
import { decide } from "#core/failover/decide.ts"
import { seconds } from "#core/units.ts"
import { nextTimeline, taken } from "#core/failover/lease.ts"
import {
  following,
  holderOf,
  leading,
  leaseOf,
  members,
  now,
  policy,
  primaryServer,
  statusOf,
} from "../../../test/fixtures/situation.ts"
import {
  seasoned,
  kinds,
  action,
  read,
  down,
  crashedData,
} from "../../../test/fixtures/decisions.ts"

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

/** It failed a second ago, and rests for ten. */
const stranded = { why: "PostgreSQL does not start with it", rest: seconds(10), since: now - 5000 }
const failed = {
  kind: "down",
  exit: { cause: "crashed", term: undefined, at: now - 1000 },
} as const

test("a standby whose server never started with its config rests between its tries", () => {
  const seen = following({ server: failed, stranded })
  assert.deepEqual(kinds(seen), [])
  const { mood } = decide(policy, seasoned, seen)
  assert.deepEqual(
    [mood.phase, mood.why],
    ["held", `${stranded.why}; trying again in 9 s, or when its config changes`],
  )
  assert.deepEqual(kinds({ ...seen, stranded: undefined }), ["start-standby"])
  assert.deepEqual(kinds({ ...seen, stranded: { ...stranded, rest: seconds(1) } }), [
    "start-standby",
  ])
})

test("a holder whose server never started with its config lets go where another is fit, and rests where none is", () => {
  const holding = (eligible: boolean) =>
    leading({
      server: failed,
      deadline: undefined,
      data: { ...crashedData, clean: true },
      stranded,
      peers: new Map(
        [members[1], members[2]].map((pod) => [
          pod,
          {
            address: `10.0.0.${pod.slice(-1)}`,
            status: statusOf(pod, { eligible }),
            askedAt: now - 400,
          },
        ]),
      ),
    })
  assert.equal(action(holding(true), "write-lease")?.purpose, "release")
  for (const eligible of [true, false])
    assert.ok(!kinds(holding(eligible)).some((kind) => kind.startsWith("start-")))
  assert.notEqual(action(holding(false), "write-lease")?.purpose, "release")
  assert.ok(kinds({ ...holding(false), stranded: undefined }).includes("start-primary"))
})
