import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import { type Decision, firstMemory } from "#core/failover/decision.ts"
import { follow } from "#core/failover/follow.ts"
import type { Observation, RepairRequest, SourceView } from "#core/failover/observation.ts"
import { mayLead, noteBegun } from "#core/failover/repair.ts"
import { podName, term, timeline } from "#core/ids.ts"
import {
  following,
  holderOf,
  identifier,
  leaseOf,
  leading,
  members,
  now,
  policy,
  standby,
  statusOf,
} from "../../../test/fixtures/situation.ts"
import { stoppedData } from "../../../test/fixtures/decisions.ts"

const leader = { pod: members[0], address: "10.0.0.0" }
const source: SourceView = {
  pod: members[0],
  primary: true,
  systemIdentifier: identifier,
  history: { timeline: timeline(3), forks: [] },
  checkpointTimeline: timeline(3),
  askedAt: now - 100,
}
const wanted = (kind: RepairRequest["kind"], ago = 10_000): RepairRequest => ({
  kind,
  rule: "some-rule",
  since: now - ago,
})
const turn = (change: Partial<Observation>): Decision =>
  follow({
    memory: firstMemory(now - 60_000),
    seen: following({ source, ...change }),
    self: holderOf(members[1]),
    leader,
    why: "",
  })
const kinds = (change: Partial<Observation>): readonly string[] =>
  turn(change).actions.map(({ kind }) => kind)
const down = { kind: "down", exit: undefined } as const

test("a standby that is to be mended stops, and climbs the wanted rung of the ladder", () => {
  for (const [kind, rung] of [
    ["restart", "start-standby"],
    ["rewind", "rewind"],
    ["rebasebackup", "clone"],
  ] as const) {
    const repair = wanted(kind)
    assert.deepEqual(kinds({ repair }), ["stop"])
    assert.match(turn({ repair }).mood.why, /recovery rule some-rule/)
    assert.deepEqual(kinds({ repair, server: down, data: stoppedData }), [rung])
  }
})

test("a repair is done once, also when the server was started again before anybody asked", () => {
  const { lanes } = following({})
  const did = (kind: string, at: number): Observation["lanes"] => ({
    ...lanes,
    server: { running: undefined, since: at, last: { kind, at, failure: undefined, failures: 0 } },
  })
  const asked = wanted("rewind")
  assert.equal(noteBegun(following({ lanes: did("rewind", asked.since - 1) }), asked), asked)
  const repair = noteBegun(following({ lanes: did("rewind", now - 2) }), asked)
  const later = { repair, lanes: did("start-standby", now - 1), server: standby() }
  assert.deepEqual(kinds(later), [])
  assert.deepEqual(kinds({ ...later, repair: asked }), ["stop"])
})

test("nothing is mended without a leader that serves this cluster's data", () => {
  const repair = wanted("rebasebackup")
  for (const bad of [
    undefined,
    { ...source, primary: false },
    { ...source, askedAt: now - 60_000 },
  ])
    assert.deepEqual(kinds({ repair, source: bad }), [])
})

test("a standby that streams waits for its turn, and while another one does not stand by", () => {
  const repair = wanted("rewind")
  assert.deepEqual(kinds({ repair: wanted("rewind", 1000) }), [])
  const peers = new Map(following({}).peers)
  peers.set(podName("c-2"), {
    address: "10.0.0.2",
    status: statusOf(podName("c-2"), { server: "down" }),
    askedAt: now,
  })
  assert.deepEqual(kinds({ repair, peers }), [])
  const idle = { ...standby(), receiver: undefined }
  assert.deepEqual(kinds({ repair, peers, server: idle }), ["stop"])
})

test("S1: a member that holds the Lease does nothing about a repair, whatever it is", () => {
  for (const kind of ["restart", "rewind", "rebasebackup"] as const) {
    const calm = decide(policy, firstMemory(now - 60_000), leading({}))
    const asked = decide(policy, firstMemory(now - 60_000), leading({ repair: wanted(kind) }))
    assert.deepEqual(asked.actions, calm.actions)
  }
})

test("whoever may hold the Lease without knowing it counts as a leader for repairs", () => {
  assert.equal(mayLead(following({})), undefined)
  const view = (lease: ReturnType<typeof leaseOf>) =>
    ({ kind: "read", lease, since: now, confirmedAt: now }) as const
  for (const change of [
    { self: undefined },
    { lease: { kind: "unread" } },
    { lease: view(leaseOf({ holder: holderOf(members[1]) })) },
    { lease: view(leaseOf({ holder: undefined })) },
    { server: { kind: "lost" } },
    { server: { ...standby(), armed: term(4) } },
  ] as const)
    assert.notEqual(mayLead(following(change)), undefined, JSON.stringify(Object.keys(change)))
  assert.notEqual(mayLead(leading({})), undefined)
})
