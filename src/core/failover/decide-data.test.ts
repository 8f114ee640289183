/** What a member does with the data that it has or has not: a new cluster, a lost one, another one. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import { firstMemory } from "#core/failover/decision.ts"
import { systemIdentifier, term } from "#core/ids.ts"
import {
  following,
  holderOf,
  leading,
  members,
  now,
  policy,
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
