import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import type { Action, Memory } from "#core/failover/decision.ts"
import type { ClientsView, Observation, PrimaryState } from "#core/failover/observation.ts"
import { term } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import {
  identifier,
  leading,
  members,
  now,
  policy,
  plain,
  primaryServer,
} from "../../../test/fixtures/situation.ts"
import { crashedData, down, seasoned } from "../../../test/fixtures/decisions.ts"

const refused: ClientsView = { admitted: false, sessions: 0 }
const serving = (server: Partial<PrimaryState>, change: Partial<Observation> = {}): Observation =>
  leading({ server: { ...primaryServer(), ...server }, ...change })
const quorum = {
  settings: { members, durability: "quorum", systemIdentifier: identifier, ...plain },
} as const
const admits = (seen: Observation, memory: Memory = seasoned): readonly Action[] =>
  decide(policy, memory, seen).actions.filter(({ kind }) => kind === "admit")
const fence = { term: term(3), reason: "someone looks at it", until: now + 1000 }

test("clients that are let in stay so, and nobody tries again", () =>
  assert.deepEqual(admits(serving({})), []))

test("a fence keeps clients out until it is over, and says why", () => {
  const decided = decide(policy, seasoned, serving({}, { fence }))
  assert.deepEqual(
    decided.actions.filter(({ kind }) => kind === "admit"),
    [{ kind: "admit", clients: false, why: "fenced: someone looks at it" }],
  )
  assert.match(decided.mood.why, /lets no clients in: fenced: someone looks at it/)
  assert.equal(decided.mood.phase, "primary")
  assert.deepEqual(admits(serving({ clients: refused }, { fence })), [])
  assert.deepEqual(admits(serving({ clients: refused }, { fence: { ...fence, until: now } })), [
    { kind: "admit", clients: true },
  ])
})

test("a session that slipped in behind a fence is ended too", () =>
  assert.equal(admits(serving({ clients: { admitted: false, sessions: 1 } }, { fence })).length, 1))

test("a server of which it is not known whether it lets clients in is closed by a fence, and opened by nothing", () => {
  const clients: ClientsView = { admitted: undefined, sessions: 0 }
  assert.equal(admits(serving({ clients }, { fence })).length, 1)
  assert.deepEqual(admits(serving({ clients })), [])
})

test("a fence of another term is void: it ended with the role", () =>
  assert.deepEqual(admits(serving({}, { fence: { ...fence, term: term(2) } })), []))

test("one piece of work at the door at a time", () => {
  const lanes = {
    ...leading().lanes,
    clients: { running: "admit", since: now, last: undefined },
  }
  assert.deepEqual(admits(serving({}, { fence, lanes })), [])
})

const restarted = (durability: "quorum" | "preferred"): Action | undefined =>
  decide(
    policy,
    seasoned,
    leading({
      settings: { members, durability, systemIdentifier: identifier, ...plain },
      server: down("fenced"),
      data: crashedData,
    }),
  ).actions.find(({ kind }) => kind === "start-primary")

test("S2: a primary that restarts in quorum starts without clients, in preferred with them", () => {
  const started = restarted("quorum")
  assert.ok(started?.kind === "start-primary")
  assert.match(started.refusing ?? "", /quorum must have the WAL/)
  const preferred = restarted("preferred")
  assert.ok(preferred?.kind === "start-primary")
  assert.equal(preferred.refusing, undefined)
})

test("S2: clients come back once a member that commits wait for has the WAL of the restart and the row of the term", () => {
  const behind = primaryServer().standbys.map((row) => ({ ...row, flushLsn: lsn(999n) }))
  const without = decide(
    policy,
    seasoned,
    serving({ clients: refused, termRow: term(2), standbys: behind }, quorum),
  )
  assert.equal(without.memory.gate?.lsn, undefined)
  assert.ok(!without.actions.some(({ kind }) => kind === "admit"))
  const waiting = decide(
    policy,
    without.memory,
    serving({ clients: refused, standbys: behind }, quorum),
  )
  assert.equal(waiting.memory.gate?.lsn, 1000n)
  assert.match(waiting.mood.why, /quorum must have/)
  assert.equal(waiting.mood.phase, "starting")
  const later = serving({ clients: refused, writtenLsn: lsn(5000n) }, quorum)
  assert.deepEqual(admits(later, waiting.memory), [{ kind: "admit", clients: true }])
})

test("S2: a standby that commits do not wait for, or that only catches up, opens nothing", () => {
  const memory: Memory = { ...seasoned, gate: { term: term(3), lsn: lsn(1000n) } }
  const [first] = primaryServer().standbys
  assert.ok(first !== undefined)
  for (const server of [
    { syncNames: [members[2]], standbys: [first] },
    { standbys: [{ ...first, state: "catchup" }] },
    { standbys: [] },
  ])
    assert.deepEqual(admits(serving({ clients: refused, ...server }, quorum), memory), [])
})

test("a gate of a former term is forgotten, and the position with it", () => {
  const memory: Memory = { ...seasoned, gate: { term: term(2), lsn: lsn(1n) } }
  const decided = decide(
    policy,
    memory,
    serving({ clients: refused, writtenLsn: lsn(1200n) }, quorum),
  )
  assert.equal(decided.memory.gate?.lsn, 1200n)
  assert.equal(decide(policy, decided.memory, serving({}, quorum)).memory.gate, undefined)
})
