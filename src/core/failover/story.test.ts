import assert from "node:assert/strict"
import { test } from "node:test"
import { decide } from "#core/failover/decide.ts"
import type { Memory, Told } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import { parseRoleChange, type RoleChange, roleChangeOf } from "#core/failover/role-change.ts"
import { lastSign, noSigns, noted, type Story } from "#core/failover/story.ts"
import type { Ballot } from "#core/failover/vote.ts"
import { term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import {
  following,
  forsaken,
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
import { crashedData, seasoned } from "../../../test/fixtures/decisions.ts"

const remembering = (change: Partial<Memory> = {}): Memory => ({
  ...seasoned,
  leaderSeenAt: now - 6000,
  ...change,
})

const ballot: Ballot = {
  term: term(4),
  leaseVersion: "10",
  cause: "expired",
  startedAt: now - 20,
  complete: true,
  candidate: statusOf(members[1], { receivedLsn: lsn(1000n) }),
  answers: [
    { kind: "granted", voter: statusOf(members[2]) },
    { kind: "silent", pod: members[0] },
  ],
}

const storyOf = (seen: Observation, memory: Memory = remembering()): Story => {
  const { story } = decide(policy, memory, seen).memory
  assert.ok(story !== undefined, "no story was begun")
  return story
}

const toldBy = (seen: Observation, memory: Memory): RoleChange | undefined => {
  const events = decide(policy, memory, seen).actions.flatMap((action): readonly Told[] =>
    action.kind === "tell" && roleChangeOf(action.event.kind) !== undefined ? [action.event] : [],
  )
  assert.ok(events.length <= 1, "a role change is told once")
  const [event] = events
  const kind = event === undefined ? undefined : roleChangeOf(event.kind)
  if (event === undefined || kind === undefined) return undefined
  const parsed = parseRoleChange(kind, event.details)
  assert.ok(parsed.kind === "ok")
  return parsed.value
}

const telling = (seen: Observation, memory: Memory): RoleChange => {
  const told = toldBy(seen, memory)
  assert.ok(told !== undefined, "nothing was told")
  return told
}

/** The Lease has run out, and a ballot is won. */
const elected = forsaken({
  ballot,
  server: { ...standby(), receiver: undefined },
  lease: { kind: "read", lease: leaseOf(), since: now - 7000, confirmedAt: now - 50 },
})

test("an election is explained by what was seen of the holder and by every vote", () => {
  const story = storyOf(
    elected,
    remembering({ signs: { ...noSigns, streamEndedAt: now - 6900, streaming: false } }),
  )
  assert.equal(story.kind, "failover")
  assert.equal(story.cause, "holder-silent")
  assert.equal(story.from, members[0])
  const text = story.evidence.join("\n")
  assert.match(text, /the WAL stream from c-0 ended \d+ ms before/)
  assert.match(text, /c-0 last renewed the Lease of term 3, \d+ ms before/)
  assert.match(text, /c-2 voted for it, having 0\/3E8 on timeline 3/)
  assert.match(text, /c-0 did not answer/)
})

test("a Lease that was released after a crash makes a failover, after a hand-over a switchover", () => {
  const storyAfter = (cause: "crash" | "hand-over"): Story =>
    storyOf(
      forsaken({
        lease: {
          kind: "read",
          since: now - 30,
          confirmedAt: now - 10,
          lease: leaseOf({
            holder: undefined,
            successor: members[1],
            released: {
              by: holderOf(members[0]),
              term: term(3),
              cause,
              checkpoint: cause === "crash" ? undefined : lsn(900n),
              awayFor: 250,
            },
          }),
        },
        ballot: { ...ballot, cause: "released" },
      }),
    )
  const crash = storyAfter("crash")
  // What the old primary knows counts from its release, 30 ms ago: no clock of another machine is read.
  assert.equal(crash.doubtAt, now - 30 - 250)
  assert.deepEqual([crash.kind, crash.cause], ["failover", "server-crashed"])
  const handOver = storyAfter("hand-over")
  assert.deepEqual([handOver.kind, handOver.cause], ["switchover", "handed-over"])
  const text = handOver.evidence.join("\n")
  assert.match(text, /it named c-1 as its successor/)
  assert.match(text, /its shutdown checkpoint is at 0\/384/)
})

test("the time of a failover is split at the campaign, the Lease, the promotion and the label", () => {
  const begun = remembering({
    story: { ...storyOf(elected), doubtAt: now - 6000, begunAt: now - 1000 },
  })
  const mine = {
    self: holderOf(members[0]),
    term: term(4),
    servedTerm: term(4),
    lease: {
      kind: "read",
      lease: leaseOf({ holder: holderOf(members[0]), term: term(4) }),
      since: now,
      confirmedAt: now,
    },
  } as const
  const serving = { ...primaryServer(term(4)), timeline: timeline(4) }
  const won = decide(
    policy,
    begun,
    leading({ ...mine, now: now - 900, server: { ...standby(), armed: undefined } }),
  ).memory
  const promoted = decide(
    policy,
    won,
    leading({ ...mine, now: now - 500, server: serving, label: "replica" }),
  )
  assert.ok(!promoted.actions.some(({ kind }) => kind === "tell"))
  const told = telling(leading({ ...mine, server: serving, label: "primary" }), promoted.memory)
  assert.deepEqual(told.spans, { detect: 5000, elect: 100, promote: 400, route: 500 })
  assert.equal(told.total, 6000)
  assert.deepEqual([told.to, told.term, told.timeline], [members[0], 4, 4])
  assert.equal(told.routed, true)
})

test("a role change is told once, and without the label after a while", () => {
  const story = { ...storyOf(elected), term: term(3), promotedAt: now - 6000 }
  const seen = leading({ label: "replica" })
  const { memory } = decide(policy, remembering({ story }), seen)
  const told = telling(seen, remembering({ story }))
  assert.equal(told.routed, false)
  assert.equal(told.spans.route, undefined)
  assert.equal(toldBy(seen, memory), undefined)
})

test("a server that is started again in its term is a restart, which says why it was down", () => {
  const exits = [
    ["crashed", "server-crashed"],
    ["fenced", "fenced"],
    ["ordered", "hand-over-undone"],
  ] as const
  for (const [cause, expected] of exits) {
    const story = storyOf(
      leading({
        server: { kind: "down", exit: { cause, term: term(3), at: now - 700 } },
        data: crashedData,
        lastPrimary: undefined,
      }),
    )
    assert.deepEqual([story.kind, story.cause], ["restart", expected])
    const told = telling(leading({ now: now + 300 }), remembering({ story }))
    assert.deepEqual(told.spans, { detect: 700, elect: undefined, promote: 300, route: 0 })
    assert.equal(told.total, 1000)
    assert.equal(told.from, told.to)
  }
})

test("a fence is part of the story of the restart that follows it", () => {
  const fenced = decide(policy, remembering(), leading({ renewedAt: now - 9000, pledges: [] }))
  assert.equal(fenced.actions[0]?.kind, "fence")
  const story = storyOf(
    leading({
      server: { kind: "down", exit: { cause: "fenced", term: term(3), at: now - 100 } },
      data: crashedData,
    }),
    fenced.memory,
  )
  assert.match(story.evidence.join("\n"), /it was stopped because neither the Lease was renewed/)
})

test("a role change whose sidecar was restarted midway is told with what is left of it", () => {
  const server = { ...primaryServer(term(3)), termRow: term(2) }
  const seen = leading({ server })
  const told = telling(seen, remembering())
  assert.deepEqual(
    [told.kind, told.cause, told.from, told.total],
    ["failover", "unknown", undefined, undefined],
  )
  assert.equal(toldBy(seen, decide(policy, remembering(), seen).memory), undefined)
})

test("a primary whose term is in its table has nothing to tell", () =>
  assert.equal(toldBy(leading(), remembering()), undefined))

test("only a stream that ends by itself is a sign", () => {
  const streams = noted(noSigns, following(), false)
  assert.equal(streams.streaming, true)
  assert.equal(streams.heardAt, now - 10)
  const gone = following({ server: { ...standby(), receiver: undefined } })
  assert.equal(noted(streams, gone, false).streamEndedAt, now)
  assert.equal(noted(streams, gone, true).streamEndedAt, undefined)
  const stopped = following({ server: { kind: "stopping" } })
  assert.equal(noted(streams, stopped, false).streamEndedAt, undefined)
  assert.equal(noted(noted(streams, gone, false), following(), false).streamEndedAt, undefined)
})

test("the last sign of life is the end of the stream, unless that ended by its own timeout", () => {
  const at = (streamEndedAt: number | undefined, pledgeAskedAt: number, leaseSince: number) => {
    const lease = leaseOf()
    const seen = following({
      pledgeAskedAt,
      lease: { kind: "read", lease, since: leaseSince, confirmedAt: now },
    })
    return now - lastSign({ ...noSigns, streamEndedAt }, seen, lease, now)
  }
  assert.equal(at(undefined, now - 5000, now - 6000), 5000, "the later of Lease and pledge")
  assert.equal(at(now - 4600, now - 5000, now - 6000), 4600, "the connection closed")
  assert.equal(at(now - 8000, now - 5000, now - 6000), 8000, "the server went before its sidecar")
  assert.equal(at(now - 100, now - 5000, now - 6000), 5000, "silence, then a timeout")
  assert.equal(at(now - 90_000, now - 5000, now - 6000), 5000, "long ago, another matter")
})

test("of a release, the earlier of the stream's end and the old primary's own word counts", () => {
  const at = (streamEndedAt: number | undefined, awayFor: number | undefined) => {
    const lease = leaseOf({
      holder: undefined,
      released: {
        by: holderOf(members[0]),
        term: term(3),
        cause: "crash",
        checkpoint: undefined,
        awayFor,
      },
    })
    const seen = following({ lease: { kind: "read", lease, since: now - 30, confirmedAt: now } })
    return now - lastSign({ ...noSigns, streamEndedAt }, seen, lease, now)
  }
  assert.equal(at(undefined, undefined), 30)
  assert.equal(at(undefined, 400), 430)
  assert.equal(at(now - 50, 400), 430, "it stopped taking writes before its stream ended")
  assert.equal(at(now - 50, 0), 50, "the sidecar heard of the end after the standby did")
})

test("what another version wrote is read as far as it makes sense, and refused by field otherwise", () => {
  const good = { term: "4", to: "c-1", cause: "struck-by-lightning", evidence: "one\n\n two " }
  const parsed = parseRoleChange("failover", good)
  assert.ok(parsed.kind === "ok")
  assert.equal(parsed.value.cause, "unknown")
  assert.deepEqual(parsed.value.evidence, ["one", "two"])
  assert.equal(parsed.value.total, undefined)
  const bad = parseRoleChange("failover", {
    term: "-1",
    to: "../etc",
    lsn: "here",
    detectMs: "9999999999999",
    timeline: "x",
  })
  assert.ok(bad.kind === "bad")
  assert.deepEqual(
    [...new Set(bad.problems.map(({ field }) => field))].toSorted((a, b) => a.localeCompare(b)),
    ["detectMs", "lsn", "term", "timeline", "to"],
  )
  assert.equal(parseRoleChange("restart", {}).kind, "bad")
})
