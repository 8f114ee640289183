import assert from "node:assert/strict"
import { test } from "node:test"
import { firstMemory, healthy, type Memory } from "#core/failover/decision.ts"
import { follow } from "#core/failover/follow.ts"
import type { Observation, SourceView } from "#core/failover/observation.ts"
import { systemIdentifier, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import {
  following,
  holderOf,
  identifier,
  members,
  now,
  standby,
} from "../../../test/fixtures/situation.ts"
import { stoppedData } from "../../../test/fixtures/decisions.ts"

const leader = { pod: members[0], address: "10.0.0.0" }
const memory = firstMemory(now - 60_000)
const turn = (change: Partial<Observation>, before: Memory = memory, whom = leader) =>
  follow({
    memory: before,
    seen: following(change),
    self: holderOf(members[1]),
    leader: whom,
    why: "",
  })
const kinds = (...given: Parameters<typeof turn>): readonly string[] =>
  turn(...given).actions.map(({ kind }) => kind)

/** The leader went over to timeline 4 at position 950. */
const source: SourceView = {
  pod: members[0],
  primary: true,
  systemIdentifier: identifier,
  history: { timeline: timeline(4), forks: [{ from: timeline(3), at: lsn(950n) }] },
  checkpointTimeline: timeline(4),
  askedAt: now - 100,
}
const same: SourceView = {
  ...source,
  history: { timeline: timeline(3), forks: [] },
  checkpointTimeline: timeline(3),
}
const idle = { ...standby(), receiver: undefined }
const down = { kind: "down", exit: undefined } as const
const since = (ago: number): Memory => ({ ...memory, heal: { ...healthy, since: now - ago } })

test("L2: whoever streams is healthy and starts the ladder anew", () => {
  const sick = { ...memory, heal: { since: now - 100_000, rewinds: 2, clones: 3, notBefore: now } }
  const decision = turn({}, sick)
  assert.equal(decision.mood.phase, "streaming")
  assert.deepEqual(decision.memory.heal, healthy)
})

test("L2: a receiver that streams for a moment and brings nothing that can be replayed does not end the ladder", () => {
  const stuck = { ...standby(lsn(2000n)), replayedLsn: lsn(900n) }
  const broken = { ...stuck, receiver: undefined }
  let before = memory
  const at = (ago: number, server: Observation["server"]) => {
    const decision = turn({ now: now - ago, server, source: same }, before)
    before = decision.memory
    return decision
  }
  at(40_000, broken)
  for (let ago = 39_000; ago > 12_000; ago -= 3000) {
    assert.equal(at(ago, stuck).mood.phase, "streaming")
    at(ago - 1000, broken)
  }
  assert.equal(before.heal.since, now - 40_000)
  // It streams on: it has what it needs.
  at(11_500, stuck)
  assert.equal(before.heal.since, now - 40_000)
  at(1000, stuck)
  assert.deepEqual(before.heal, healthy)
  // What is replayed helps at once.
  before = since(30_000)
  at(500, broken)
  at(400, { ...stuck, replayedLsn: lsn(950n) })
  assert.deepEqual(before.heal, healthy)
})

test("S4: what was there before a clone goes only when the clone streams", () => {
  assert.deepEqual(kinds({ keepsOld: true }), ["drop-old"])
  assert.deepEqual(kinds({ keepsOld: true, server: idle, source: same }), [])
})

test("L2: a replica that went beyond the fork stops and is rewound", () => {
  assert.deepEqual(kinds({ server: idle, source }, since(1000)), [])
  assert.deepEqual(kinds({ server: idle, source }, since(4000)), ["stop"])
  const data = { ...stoppedData, lsn: lsn(1000n) }
  const rewind = turn({ server: down, data, source })
  assert.deepEqual(rewind.actions, [{ kind: "rewind", source: leader }])
  assert.equal(rewind.memory.heal.rewinds, 1)
})

test("a replica that is short of the fork just follows", () => {
  assert.deepEqual(kinds({ server: down, data: stoppedData, source }), ["start-standby"])
})

test("a primary that stopped hard is rewound before it follows, one that stopped cleanly follows", () => {
  const hard = { ...stoppedData, wasPrimary: true, clean: false }
  assert.deepEqual(kinds({ server: down, data: hard, source }), ["rewind"])
  assert.deepEqual(kinds({ server: down, data: { ...hard, clean: true }, source }), [
    "start-standby",
  ])
})

test("a rewind waits until the new primary has checkpointed its timeline", () => {
  const data = { ...stoppedData, lsn: lsn(1000n) }
  const early = { ...source, checkpointTimeline: timeline(3) }
  assert.deepEqual(kinds({ server: down, data, source: early }), [])
})

test("L2: after two rewinds the member is cloned", () => {
  const data = { ...stoppedData, lsn: lsn(1000n) }
  const tried = { ...memory, heal: { ...healthy, rewinds: 2 } }
  assert.deepEqual(kinds({ server: down, data, source }, tried), ["clone"])
})

test("L2: a replica that does not stream is told once more whom it follows, now and then", () => {
  assert.deepEqual(kinds({ server: idle, source: same }, since(7000)), [])
  assert.deepEqual(kinds({ server: idle, source: same }, since(9000)), ["follow"])
  const told = (ago: number) => ({
    server: idle,
    source: same,
    lanes: {
      ...following({}).lanes,
      settings: {
        ...following({}).lanes.settings,
        last: { kind: "follow" as const, at: now - ago, failure: undefined, failures: 0 },
      },
    },
  })
  assert.deepEqual(kinds(told(5000), since(9000)), [])
  assert.deepEqual(kinds(told(9000), since(19_000)), ["follow"])
})

test("L2: a replica that does not stream for a minute is cloned", () => {
  assert.deepEqual(kinds({ server: idle, source: same }, since(59_000)), ["follow"])
  const { actions, memory: hopeless } = turn({ server: idle, source: same }, since(61_000))
  // The supervisor copies beside no server that runs.
  assert.deepEqual(
    actions.map(({ kind }) => kind),
    ["stop"],
  )
  assert.deepEqual(kinds({ server: down, source: same }, hopeless), ["clone"])
})

test("a damaged or empty directory is cloned, with growing pauses", () => {
  for (const data of [{ kind: "empty" }, { kind: "damaged", reason: "half a rewind" }] as const) {
    assert.deepEqual(kinds({ server: down, data, source }), ["clone"])
    const waiting = { ...memory, heal: { ...healthy, clones: 3, notBefore: now + 4000 } }
    const held = turn({ server: down, data, source }, waiting)
    assert.deepEqual(held.actions, [])
    assert.match(held.mood.why, /again in 4 s/)
  }
})

test("S4: nothing is cloned from a server that does not serve this cluster's data", () => {
  const data = { kind: "empty" } as const
  for (const wrong of [
    undefined,
    { ...source, primary: false },
    { ...source, pod: members[2] },
    { ...source, systemIdentifier: systemIdentifier("9") },
    { ...source, askedAt: now - 60_000 },
  ])
    assert.deepEqual(kinds({ server: down, data, source: wrong }), [])
})

test("S4: data of a beginning that nobody recorded is replaced by the cluster's", () => {
  const data = {
    ...stoppedData,
    wasPrimary: true,
    unconfirmed: true,
    systemIdentifier: systemIdentifier("9"),
  }
  assert.deepEqual(kinds({ server: down, data, source }), ["clone"])
})

test("what already runs is not begun again", () => {
  const busy = { running: "clone", since: now, last: undefined }
  const lanes = { ...following().lanes, server: busy }
  assert.deepEqual(kinds({ server: down, data: { kind: "empty" }, source, lanes }), [])
})
