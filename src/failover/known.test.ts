import assert from "node:assert/strict"
import { test } from "node:test"
import { podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { millis } from "#core/units.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import type { StandbyState } from "#core/failover/observation.ts"
import { type Clock, systemClock } from "#io/clock.ts"
import { silentLog } from "#io/log.ts"
import type { Running, SupervisorStatus } from "#io/supervisor/supervisor.ts"
import { newlyKnown } from "../../test/fixtures/known.ts"
import { standbyLook } from "../../test/fixtures/server-look.ts"
import { leaseOf, statusOf } from "../../test/fixtures/situation.ts"
import type { Known } from "./known.ts"
import { Lanes } from "./lanes.ts"
import { RunningConfig } from "./running-config.ts"

const status = (running: Running): SupervisorStatus => ({
  bootNonce: "n",
  running,
  deadline: undefined,
  at: 0,
  terminating: false,
  progress: undefined,
})

/** Counts how often the loop was rung for. */
function knowing(clock: Pick<Clock, "now"> = systemClock) {
  let rings = 0
  const known = newlyKnown({ clock: { ...systemClock, ...clock } }, () => (rings += 1))
  /** Whether `deed` rang. */
  const rang = (deed: () => void): boolean => {
    const before = rings
    deed()
    return rings > before
  }
  return { known, rang }
}

test("a member that says the same again is no news; other words are, and the same after a silence", () => {
  const { known, rang } = knowing()
  known.calm = true
  const peer = podName("c-1")
  const says = (askedAt: number, change: Partial<MemberStatus> = {}): boolean =>
    rang(() => known.heardPeer(peer, { address: "a", status: statusOf(peer, change), askedAt }))
  assert.equal(says(1000), true)
  assert.equal(says(2000), false)
  assert.equal(says(3000, { receiverSilence: millis(7) }), false)
  assert.equal(known.peers.get(peer)?.askedAt, 3000, "taken over all the same")
  assert.equal(says(4000, { term: term(9) }), true)
  assert.equal(says(5000, { term: term(9), receivedLsn: lsn(2000n) }), true)
  assert.equal(says(9500, { term: term(9), receivedLsn: lsn(2000n) }), true)
  known.calm = false
  assert.equal(says(9550, { term: term(9), receivedLsn: lsn(2000n) }), true, "somebody waits")
  known.calm = true
  const moved = { address: "b", status: statusOf(peer), askedAt: 9600 }
  assert.equal(
    rang(() => known.heardPeer(peer, moved)),
    true,
  )
})

test("a pledge in a row of them is news when the deadline comes near; the first, and a refusal, always are", () => {
  let now = 10_000
  const { known, rang } = knowing({ now: () => now })
  known.calm = true
  const pod = podName("c-1")
  const { deadlineAfter, pledgeFor } = known.policy
  const pledges = (): boolean =>
    rang(() => known.heardPledge(pod, { pod, term: term(1), sentAt: now, lasts: pledgeFor }))
  known.server.heardSupervisor({
    ...status({ kind: "primary", postmaster: 7, term: term(1) }),
    deadline: now + deadlineAfter,
  })
  assert.equal(pledges(), true)
  assert.equal(pledges(), false)
  now += deadlineAfter * 0.4
  assert.equal(pledges(), true)
  known.server.deadlineWritten = now + deadlineAfter
  assert.equal(pledges(), false)
  assert.equal(known.pledges.get(pod)?.sentAt, now, "taken over all the same")
  known.calm = false
  assert.equal(pledges(), true, "somebody waits")
  known.calm = true
  assert.equal(
    rang(() => known.heardPledge(pod, undefined)),
    true,
  )
  assert.equal(known.pledges.has(pod), false)
})

test("a look that shows the same server is no news; another role, position or admission is", () => {
  const { known, rang } = knowing()
  known.calm = true
  known.server.heardSupervisor(status({ kind: "standby", postmaster: 7 }))
  const standby = (change: Partial<StandbyState> = {}): boolean =>
    rang(() =>
      known.server.heardLook({
        kind: "standby",
        state: standbyLook(lsn(5n), {
          receiverSilence: Math.random(),
          askedAt: Math.random(),
          ...change,
        }),
      }),
    )
  assert.equal(standby(), true)
  assert.equal(standby(), false)
  assert.equal(standby({ receivedLsn: lsn(6n) }), true)
  assert.equal(standby({ receivedLsn: lsn(6n), receiver: undefined }), true)
  assert.equal(standby({ receivedLsn: lsn(6n), receiver: undefined }), false)
  known.server.glance = { kind: "silent", since: 0 }
  assert.equal(standby({ receivedLsn: lsn(6n), receiver: undefined }), true, "it speaks again")
  known.calm = false
  assert.equal(standby({ receivedLsn: lsn(6n), receiver: undefined }), true, "somebody waits")
})

test("the watch of the Lease that repeats what was read is no news; a read is what somebody waits for", () => {
  const { known, rang } = knowing()
  known.calm = true
  const lease = leaseOf()
  assert.equal(
    rang(() => known.heardLease(lease, undefined)),
    true,
  )
  assert.equal(
    rang(() => known.heardLease(lease, undefined)),
    false,
  )
  assert.equal(
    rang(() => known.heardLease(lease, 5)),
    true,
  )
  assert.equal(
    rang(() => known.heardLease({ ...lease, version: "11" }, undefined)),
    true,
  )
})

test("S2: the shutdown checkpoint from before a server ran is not that of the server that is gone", () => {
  const { known } = knowing()
  const lanes = new Lanes(systemClock, silentLog, () => undefined, new AbortController().signal)
  const running = new RunningConfig(() => Promise.resolve())
  known.server.heardSupervisor(status({ kind: "nothing" }))
  known.server.data = {
    kind: "present",
    major: 17,
    isBackup: false,
    control: {
      systemIdentifier: systemIdentifier("1"),
      state: "shut down",
      timeline: timeline(1),
      checkpoint: lsn(976n),
      minRecoveryEnd: lsn(0n),
      minRecoveryTimeline: timeline(0),
      standbyNeeds: new Map(),
    },
  }
  assert.equal(known.observe(lanes, running).data.kind, "present")
  known.server.heardSupervisor(status({ kind: "primary", postmaster: 7, term: term(1) }))
  // The status shows that it is gone; the report of how it ended is still on its way.
  known.server.heardSupervisor(status({ kind: "nothing" }))
  assert.equal(known.observe(lanes, running).data.kind, "unknown")
})

test("S1: what a supervisor said before the machine stood still is no time to serve once it hangs", () => {
  const lanes = new Lanes(systemClock, silentLog, () => undefined, new AbortController().signal)
  const running = new RunningConfig(() => Promise.resolve())
  const at = systemClock.now()
  const serving = {
    ...status({ kind: "primary", postmaster: 7, term: term(1) }),
    at,
    deadline: at + 4000,
  }
  const lostWith = (happened: (known: Known) => void): unknown => {
    const { known } = knowing()
    known.server.heardSupervisor(serving)
    happened(known)
    return known.observe(lanes, running).server
  }
  const hangs = (known: Known): void => known.server.heardSupervisor(undefined)
  const pauses = (known: Known): void => known.server.heardPause()
  assert.deepEqual(lostWith(hangs), {
    kind: "lost",
    unwatched: { deadline: at + 4000, shut: false },
  })
  const over = { kind: "lost", unwatched: { deadline: -Infinity, shut: false } }
  for (const order of [
    [hangs, pauses],
    [pauses, hangs],
  ])
    assert.deepEqual(
      lostWith((known) => order.forEach((happens) => happens(known))),
      over,
    )
})
