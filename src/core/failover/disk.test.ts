import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import type { Decision, Memory } from "#core/failover/decision.ts"
import { describe } from "#core/failover/describe.ts"
import { diskNow, diskUnknown } from "#core/failover/disk.ts"
import type { DiskView, Observation } from "#core/failover/observation.ts"
import {
  following,
  holderOf,
  leading,
  members,
  now,
  policy,
  primaryServer,
  statusOf,
} from "../../../test/fixtures/situation.ts"
import { crashedData, down, seasoned } from "../../../test/fixtures/decisions.ts"

const ails = (kind: "hanging" | "failing" | "full", lasted = 60_000): DiskView => ({
  kind,
  volume: "data",
  since: now - lasted,
})
const decided = (change: Partial<Observation>, memory = seasoned): Decision =>
  decide(policy, memory, leading(change))
const does = (decision: Decision, kind: string): boolean =>
  decision.actions.some((action) => action.kind === kind)
const unfitPeers = new Map(
  [members[1], members[2]].map((pod) => [
    pod,
    { address: "", status: statusOf(pod, { eligible: false, reason: "full" }), askedAt: now - 400 },
  ]),
)
const stopped = {
  server: down("ordered"),
  lastPrimary: primaryServer(),
  data: { kind: "unknown" },
} as const
const crashed = {
  server: down("crashed"),
  data: crashedData,
} as const

for (const kind of ["hanging", "failing"] as const)
  test(`S1: a primary on a ${kind} disk is fenced and not renewed once that has lasted and another is fit`, () => {
    const early = decided({ disk: ails(kind, policy.diskPatience - 1) })
    assert.ok(!does(early, "fence") && does(early, "write-lease"))
    const late = decided({ disk: ails(kind, policy.diskPatience) })
    assert.ok(does(late, "fence"))
    assert.ok(!does(late, "write-lease"))
    assert.equal(late.memory.hungAt, now)
  })

test("a disk that nobody could replace costs no restart: the primary goes on", () => {
  const alone = decided({ disk: ails("hanging"), peers: unfitPeers })
  assert.ok(!does(alone, "fence"))
  assert.ok(does(alone, "write-lease"))
  assert.match(alone.mood.why, /serves in term 3; its data volume does not take writes any more/)
})

test("the Lease of a member with a dead disk is released when its server is gone, and not before", () => {
  const stopping = decided({ ...stopped, server: { kind: "stopping" }, disk: ails("hanging") })
  assert.ok(!does(stopping, "write-lease"))
  const gone = decided({ ...stopped, disk: ails("hanging") })
  const [release] = gone.actions.filter((action) => action.kind === "write-lease")
  assert.ok(release?.kind === "write-lease" && release.purpose === "release")
  assert.equal(release.content.successor, members[1])
})

test("nothing is started on a disk that takes no writes", () => {
  const waits = decided({ ...stopped, disk: ails("hanging"), peers: unfitPeers })
  assert.ok(!does(waits, "start-primary") && !does(waits, "start-standby"))
  assert.match(waits.mood.why, /waits for its disk/)
})

test("a follower is neither started nor healed on a disk that takes no writes, and on a full one it is", () => {
  const at = { server: { kind: "down", exit: undefined } } as const
  const follows = (kind: "hanging" | "full"): Decision =>
    decide(policy, seasoned, following({ ...at, disk: ails(kind) }))
  assert.ok(!does(follows("hanging"), "start-standby"))
  assert.match(follows("hanging").mood.why, /waits for its disk/)
  assert.ok(does(follows("full"), "start-standby"))
})

test("a full disk stops nobody that serves, and is told once with its volume", () => {
  const full = decided({ disk: ails("full") })
  assert.ok(!does(full, "fence"))
  const told = (decision: Decision): readonly string[] =>
    decision.actions.flatMap((action) => (action.kind === "tell" ? [action.event.kind] : []))
  assert.deepEqual(told(full), ["disk.full"])
  assert.deepEqual(told(decided({ disk: ails("full") }, full.memory)), [])
})

test("after crashes on a full disk the role goes to a member that has room, and to no other full one", () => {
  const often: Memory = { ...seasoned, restarts: [now - 3000, now - 2000, now - 1000] }
  const fit = decided({ ...crashed, lastPrimary: primaryServer(), disk: ails("full") }, often)
  assert.ok(
    fit.actions.some((action) => action.kind === "write-lease" && action.purpose === "release"),
  )
  const alone = { ...crashed, disk: ails("full"), peers: unfitPeers } as const
  const held = decided(alone, often)
  assert.ok(
    held.actions.every((action) => action.kind !== "write-lease" || action.purpose === "renew"),
  )
  assert.ok(!does(held, "start-primary"))
  assert.match(held.mood.why, /crashed 3 times.*volume is full.*make room/)
  assert.ok(does(decided(alone), "start-primary"))
})

test("a full disk hands the role to nobody who has not said within seconds that it could lead", () => {
  const row = { ...primaryServer(), askedAt: now - 300 }
  const releases = (kind: "well" | "full", askedAt: number, eligible: boolean): boolean => {
    const status = statusOf(members[1], { eligible, server: eligible ? "standby" : "starting" })
    const seen = {
      ...crashed,
      lastPrimary: row,
      disk: kind === "full" ? ails("full") : ({ kind: "well" } as const),
      peers: new Map([[members[1], { address: "", status, askedAt }]]),
    }
    return decided(seen).actions.some(
      (action) => action.kind === "write-lease" && action.purpose === "release",
    )
  }
  assert.ok(releases("full", now - 200, true))
  // It streams, and will say in a moment whether it has room: good enough where room is not the matter.
  assert.ok(releases("well", now - 200, false))
  assert.ok(!releases("full", now - 200, false))
  assert.ok(!releases("full", now - 5000, true))
})

test("a disk that was full counts as full for a while after it was seen to take writes again", () => {
  const full = ails("full", 0)
  const well = { kind: "well" } as const
  const found = diskNow(diskUnknown, full, now)
  assert.deepEqual(diskNow(found, well, now + 14_999).view, full)
  assert.deepEqual(diskNow(found, well, now + 15_000), diskUnknown)
  const again = diskNow(diskNow(found, well, now + 10_000), full, now + 14_000)
  assert.deepEqual(diskNow(again, well, now + 20_000).view, full)
})

test("a full disk that begins to hang is one that hangs, and full again when it hangs no more", () => {
  const found = diskNow(diskUnknown, ails("full", 0), now)
  const hangs = diskNow(found, ails("hanging", 0), now + 1000)
  assert.equal(hangs.view.kind, "hanging")
  assert.equal(diskNow(hangs, ails("full", 0), now + 2000).view.kind, "full")
  assert.equal(diskNow(hangs, { kind: "well" }, now + 2000).view.kind, "full")
  assert.equal(diskNow(diskUnknown, ails("failing", 0), now).view.kind, "failing")
  assert.equal(
    diskNow(diskNow(diskUnknown, ails("hanging", 0), now), { kind: "well" }, now + 1).view.kind,
    "well",
  )
})

test("three crashes in five minutes end a primary's role, whoever there is to take it", () => {
  const often: Memory = { ...seasoned, restarts: [now - 3000, now - 2000, now - 1000] }
  const releases = (memory: Memory): boolean =>
    decided(crashed, memory).actions.some(
      (action) => action.kind === "write-lease" && action.purpose === "release",
    )
  assert.ok(releases(often))
  assert.ok(!releases({ ...often, restarts: [now - 301_000, now - 2000, now - 1000] }))
})

test("a member whose disk is not well is no candidate, and says why", () => {
  for (const kind of ["hanging", "failing", "full"] as const) {
    const me = describe(following({ disk: ails(kind) }), holderOf(members[1]), "")
    assert.equal(me.eligible, false)
    assert.match(me.reason, /data volume/)
  }
})
