import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import type { Action, HandOver, Memory } from "#core/failover/decision.ts"
import { caughtUpBytes, whyNobody, whyUnfit } from "#core/failover/fit.ts"
import { takeBackAfter } from "#core/failover/hand-over.ts"
import type { HandOverRequest, Observation } from "#core/failover/observation.ts"
import { operationId, podName, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { standbyRow } from "../../../test/fixtures/server-look.ts"
import {
  following,
  holderOf,
  leading,
  leaseOf,
  members,
  now,
  policy,
  primaryServer,
  standby,
  statusOf,
} from "../../../test/fixtures/situation.ts"
import { crashedData, down, seasoned } from "../../../test/fixtures/decisions.ts"

const operation = operationId("2a6f3ab5-2b8d-4d37-8d3c-7f1b1b7b0002")
const request = (change: Partial<HandOverRequest> = {}): HandOverRequest => ({
  since: now,
  leaving: false,
  to: members[2],
  operation,
  abandoned: false,
  ...change,
})
const going = (change: Partial<HandOver>): Memory => ({
  ...seasoned,
  handOver: {
    asked: now,
    operation,
    step: "checkpoint",
    to: members[2],
    since: now,
    stepSince: now,
    checkpoint: undefined,
    takingBack: false,
    outcome: { kind: "running" },
    ...change,
  },
})
const asked = (change: Partial<Observation> = {}): Observation =>
  leading({ handOver: request(), ...change })
const clean = { ...crashedData, lsn: lsn(999n), clean: true } as const
const stopped = (change: Partial<Observation> = {}): Observation =>
  asked({
    server: down("ordered"),
    lastPrimary: primaryServer(),
    data: clean,
    ...change,
  })
/** `pod` says `change` of itself. */
const heard = (pod: (typeof members)[number], change: Parameters<typeof statusOf>[1], at = now) =>
  new Map([
    ...leading().peers,
    [pod, { address: "10.0.0.2", status: statusOf(pod, change), askedAt: at }] as const,
  ])
const lane = (change: Partial<Observation["lanes"]["primary"]>) => ({
  ...leading().lanes,
  primary: { running: undefined, since: -Infinity, last: undefined, ...change },
})
const kinds = (actions: readonly Action[]): readonly string[] => actions.map(({ kind }) => kind)
const turn = (memory: Memory, seen: Observation) => {
  const { actions, memory: after, mood } = decide(policy, memory, seen)
  return { actions, kinds: kinds(actions), handOver: after.handOver, memory: after, mood }
}

test("a hand-over begins with a checkpoint, while clients go on", () => {
  const first = turn(seasoned, asked())
  assert.equal(first.handOver?.step, "checkpoint")
  assert.equal(first.handOver.to, members[2])
  const second = turn(first.memory, asked())
  assert.ok(second.kinds.includes("checkpoint"))
  assert.ok(!second.kinds.some((kind) => ["admit", "stop", "fence"].includes(kind)))
})

test("one request is one hand-over: what is over is not begun again", () => {
  const over = going({ outcome: { kind: "undone", reason: "because", abandoned: false } })
  assert.deepEqual(turn(over, asked()).handOver, over.handOver)
  assert.equal(
    turn(over, asked({ handOver: request({ since: now + 1 }) })).handOver?.outcome.kind,
    "running",
  )
})

test("nothing is begun with a member that is not fit, and the reason is kept", () => {
  const { handOver, kinds: done } = turn(
    seasoned,
    asked({ peers: heard(members[2], { eligible: false, reason: "its data is not whole" }) }),
  )
  assert.deepEqual(handOver?.outcome, {
    kind: "undone",
    reason: "c-2 can not become primary: its data is not whole",
    abandoned: false,
  })
  assert.ok(!done.includes("stop"))
})

test("the candidate is heard again after the checkpoint, before the clients go", () => {
  const lanes = lane({ last: { kind: "checkpoint", at: now + 5, failure: undefined, failures: 0 } })
  const silent = turn(going({}), asked({ lanes, peers: heard(members[2], {}, now - 1) }))
  assert.equal(silent.handOver?.step, "checkpoint")
  assert.ok(!silent.kinds.includes("checkpoint"), "it is not done twice")
  assert.equal(
    turn(going({}), asked({ lanes, peers: heard(members[2], {}) })).handOver?.step,
    "fence",
  )
  const late = turn(
    going({ since: now - 3500, stepSince: now - 3500 }),
    asked({ lanes, peers: heard(members[2], {}, now - 3600) }),
  )
  assert.deepEqual(late.handOver?.outcome, {
    kind: "undone",
    reason: "c-2 does not answer",
    abandoned: false,
  })
})

test("clients are out, seen and not only ordered, before the server stops", () => {
  const at = going({ step: "fence" })
  const open = turn(at, asked())
  assert.deepEqual(
    open.actions.filter(({ kind }) => kind === "admit"),
    [{ kind: "admit", clients: false, why: "handing over to c-2" }],
  )
  assert.equal(open.handOver?.step, "fence")
  const left = { ...primaryServer(), clients: { admitted: false, sessions: 1 } }
  assert.equal(turn(at, asked({ server: left })).handOver?.step, "fence")
  const out = { ...primaryServer(), clients: { admitted: false, sessions: 0 } }
  assert.equal(turn(at, asked({ server: out })).handOver?.step, "stop")
  const stubborn = going({ step: "fence", stepSince: now - 600 })
  assert.equal(turn(stubborn, asked({ server: left })).handOver?.step, "stop")
})

test("S2: the Lease is released only to a member that has the shutdown checkpoint", () => {
  const at = going({ step: "confirm" })
  const behind = heard(members[2], { receivedLsn: lsn(999n) })
  assert.equal(turn(at, stopped({ peers: behind })).handOver?.step, "confirm")
  const elsewhere = heard(members[2], { receivedLsn: lsn(5000n), timeline: timeline(9) })
  assert.equal(
    turn(going({ step: "confirm" }), stopped({ peers: elsewhere })).handOver?.step,
    "confirm",
  )
  const has = heard(members[2], { receivedLsn: lsn(1000n) })
  const ready = turn(at, stopped({ peers: has }))
  assert.equal(ready.handOver?.step, "release")
  const release = turn(ready.memory, stopped({ peers: has }))
  const written = release.actions.find(
    (action): action is Extract<Action, { kind: "write-lease" }> => action.kind === "write-lease",
  )
  assert.equal(written?.purpose, "release")
  assert.equal(written.content.successor, members[2])
  assert.equal(written.content.released?.checkpoint, lsn(999n))
  assert.equal(release.handOver?.step, "await")
})

test("a named member is never replaced by another; an unnamed one is by whoever has everything", () => {
  const peers = new Map([
    ...heard(members[2], { receivedLsn: lsn(10n) }),
    [
      members[1],
      {
        address: "10.0.0.1",
        status: statusOf(members[1], { receivedLsn: lsn(5000n) }),
        askedAt: now,
      },
    ] as const,
  ])
  const at = going({ step: "confirm" })
  assert.equal(turn(at, stopped({ peers })).handOver?.step, "confirm")
  const free = turn(at, stopped({ peers, handOver: request({ to: undefined }) }))
  assert.deepEqual([free.handOver?.step, free.handOver?.to], ["release", members[1]])
})

test("a candidate that does not receive the shutdown checkpoint in time gets nothing, and the server goes on", () => {
  const at = going({ step: "confirm", stepSince: now - 2100 })
  const seen = stopped({ peers: heard(members[2], { receivedLsn: lsn(10n) }) })
  const undone = turn(at, seen)
  assert.equal(undone.handOver?.outcome.kind, "undone")
  const next = turn(undone.memory, seen)
  assert.ok(next.kinds.includes("start-primary"), next.kinds.join())
})

test("a server that did not stop cleanly is not handed on: it goes on in its term", () => {
  const data = { ...clean, clean: false }
  const { handOver, kinds: done } = turn(going({ step: "confirm" }), stopped({ data }))
  assert.equal(handOver?.outcome.kind, "undone")
  assert.ok(!done.includes("write-lease") || handOver.step === "confirm")
  const leaving = turn(
    going({ step: "confirm" }),
    stopped({ data, handOver: request({ leaving: true }) }),
  )
  assert.equal(leaving.handOver?.step, "release")
})

for (const step of ["checkpoint", "fence", "stop", "confirm"] as const)
  test(`what is abandoned at ${step} is undone`, () => {
    const seen = step === "confirm" ? stopped : asked
    const { handOver, kinds: done } = turn(
      going({ step }),
      seen({ handOver: request({ abandoned: true }) }),
    )
    assert.deepEqual(handOver?.outcome, {
      kind: "undone",
      reason: "it was abandoned",
      abandoned: true,
    })
    assert.ok(!done.some((kind) => ["stop", "admit", "checkpoint"].includes(kind)))
  })

test("what is abandoned after the release goes on: somebody else may lead already", () => {
  for (const step of ["release", "await"] as const) {
    const { handOver } = turn(going({ step }), stopped({ handOver: request({ abandoned: true }) }))
    assert.deepEqual([handOver?.outcome.kind, handOver?.step], ["running", "await"])
  }
})

test("a hand-over that takes longer than half a minute is given up", () => {
  const { handOver } = turn(
    going({ step: "stop", since: now - 30_100, stepSince: now - 20_000 }),
    asked({ server: { kind: "stopping" } }),
  )
  assert.equal(handOver?.outcome.kind, "undone")
})

test("S1: after a release without an answer the server is not started before the Lease was written again", () => {
  const memory: Memory = {
    ...going({ step: "await", since: now - 30_100, stepSince: now - 30_000 }),
    releasing: "10",
  }
  const undone = turn(memory, stopped())
  assert.equal(undone.handOver?.outcome.kind, "undone")
  const same = turn(undone.memory, stopped())
  assert.ok(!same.kinds.includes("start-primary"))
  assert.match(same.mood.why, /renewing the Lease first/)
  const renewed = stopped({
    lease: { kind: "read", lease: leaseOf({ version: "11" }), since: now, confirmedAt: now },
  })
  assert.ok(turn(undone.memory, renewed).kinds.includes("start-primary"))
})

test("S1: a sidecar that was restarted does not start the server before it wrote the Lease itself", () => {
  const fresh = turn(seasoned, stopped({ handOver: undefined, renewedAt: undefined }))
  assert.ok(!fresh.kinds.includes("start-primary"))
  assert.ok(fresh.kinds.includes("write-lease"))
  assert.ok(turn(seasoned, stopped({ handOver: undefined })).kinds.includes("start-primary"))
})

const released = (change: Parameters<typeof leaseOf>[0] = {}) =>
  ({
    kind: "read",
    lease: leaseOf({
      version: "11",
      holder: undefined,
      successor: members[2],
      released: {
        by: holderOf(members[0]),
        term: term(3),
        cause: "hand-over",
        checkpoint: lsn(999n),
      },
      ...change,
    }),
    since: now,
    confirmedAt: now,
  }) as const

test("the successor holds the Lease: the hand-over is done, and says who leads in which term", () => {
  const lease = released({ holder: holderOf(members[2]), term: term(4), released: undefined })
  const { handOver } = turn(going({ step: "await" }), stopped({ lease, term: term(4) }))
  assert.deepEqual(handOver?.outcome, { kind: "done", primary: members[2], term: term(4) })
})

test("whoever takes the Lease before it was released ends the hand-over as failed", () => {
  const lease = released({ holder: holderOf(members[1]), term: term(4), released: undefined })
  const { handOver } = turn(going({ step: "confirm" }), stopped({ lease, term: term(4) }))
  assert.deepEqual(handOver?.outcome, { kind: "failed", reason: "c-1 took the Lease in term 4" })
})

test("a successor that does not appear loses its turn: the term is taken back, and only then it is undone", () => {
  const seen = stopped({ lease: released() })
  const early = turn(going({ step: "await", stepSince: now - 1000 }), seen)
  assert.deepEqual([early.kinds, early.handOver?.outcome.kind], [["label"], "running"])
  const late = turn(going({ step: "await", stepSince: now - takeBackAfter }), seen)
  assert.ok(late.kinds.includes("write-lease"))
  assert.deepEqual([late.handOver?.takingBack, late.handOver?.outcome.kind], [true, "running"])
  const ours = stopped({
    lease: { kind: "read", lease: leaseOf({ version: "12" }), since: now, confirmedAt: now },
  })
  assert.deepEqual(turn(late.memory, ours).handOver?.outcome, {
    kind: "undone",
    reason: "c-2 did not take over: taken back",
    abandoned: false,
  })
  const theirs = released({
    version: "12",
    holder: holderOf(members[2]),
    term: term(4),
    released: undefined,
  })
  const outrun = turn(late.memory, stopped({ lease: theirs, term: term(4) }))
  assert.equal(outrun.handOver?.outcome.kind, "done")
})

test("a pod that leaves does not take anything back and asks nobody for consent", () => {
  const lease = released()
  const seen = stopped({ lease, handOver: request({ leaving: true }) })
  const { kinds: done } = turn(going({ step: "await", stepSince: now - takeBackAfter }), seen)
  assert.ok(!done.includes("write-lease"))
})

test("every reason against a candidate is told in words", () => {
  const self = holderOf(members[0])
  const row = standbyRow(members[2])
  const serving = (change: Partial<ReturnType<typeof primaryServer>>) =>
    leading({ server: { ...primaryServer(), ...change } })
  const why = (seen: Observation, pod = members[2] as (typeof members)[number]) =>
    whyUnfit(seen, self, pod, false)
  assert.equal(why(leading()), undefined)
  assert.equal(why(leading(), members[0]), "c-0 is the primary already")
  assert.equal(
    whyUnfit(leading(), self, podName("c-7"), false),
    "c-7 is not a member of this cluster",
  )
  assert.equal(why(leading({ peers: new Map() })), "c-2 does not answer")
  assert.equal(why(serving({ standbys: [] })), "c-2 does not stream from c-0")
  assert.equal(
    why(serving({ standbys: [{ ...row, state: "catchup" }] })),
    "c-2 does not stream from c-0: it is in state catchup",
  )
  const far = serving({ standbys: [row], writtenLsn: lsn(1000n + caughtUpBytes + 1n) })
  assert.equal(why(far), "c-2 is 16 MB behind; at most 16 MB may be missing")
  assert.equal(
    whyUnfit(far, self, members[2], true),
    undefined,
    "a leaving member sends it while it stops",
  )
  assert.equal(
    whyNobody(leading({ peers: new Map() }), self),
    "c-1 does not answer; c-2 does not answer",
  )
})

test("a member that follows has nothing to hand over", () => {
  const { handOver, kinds: done } = turn(
    seasoned,
    following({ handOver: request(), server: standby() }),
  )
  assert.deepEqual([handOver, done], [undefined, []])
})
