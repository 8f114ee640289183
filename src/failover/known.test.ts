import assert from "node:assert/strict"
import { test } from "node:test"
import { clusterName, namespace, podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { policyOf } from "#core/failover/policy.ts"
import { lsn } from "#core/lsn.ts"
import { systemClock } from "#io/clock.ts"
import { silentLog } from "#io/log.ts"
import type { Running, SupervisorStatus } from "#io/supervisor/supervisor.ts"
import { identifier, members, plain } from "../../test/fixtures/situation.ts"
import { Known } from "./known.ts"
import { Lanes } from "./lanes.ts"
import { RunningConfig } from "./running-config.ts"

const config = {
  cluster: clusterName("c"),
  namespace: namespace("n"),
  pod: podName("c-0"),
  podUid: "uid-0",
  address: "127.0.0.1",
  dataDir: "/nowhere",
  walDir: undefined,
  runDir: "/nowhere",
  configDir: "/nowhere",
  secretDir: "/nowhere",
  serviceAccountDir: "/nowhere",
  kubernetes: { host: "127.0.0.1", port: 1 },
}
const status = (running: Running): SupervisorStatus => ({
  bootNonce: "n",
  running,
  deadline: undefined,
  at: 0,
  terminating: false,
  progress: undefined,
})

const knowing = (): Known =>
  new Known(
    {
      clock: systemClock,
      config,
      policy: policyOf("edge"),
      settings: { members, durability: "quorum", systemIdentifier: identifier, ...plain },
      marks: { term: term(1), served: term(1), vote: undefined, memberSets: [] },
    },
    () => undefined,
  )

test("S2: the shutdown checkpoint from before a server ran is not that of the server that is gone", () => {
  const known = knowing()
  const lanes = new Lanes(systemClock, silentLog, () => undefined, new AbortController().signal)
  const running = new RunningConfig(() => Promise.resolve())
  known.heardSupervisor(status({ kind: "nothing" }))
  known.data = {
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
  known.heardSupervisor(status({ kind: "primary", postmaster: 7, term: term(1) }))
  // The status shows that it is gone; the report of how it ended is still on its way.
  known.heardSupervisor(status({ kind: "nothing" }))
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
    const known = knowing()
    known.heardSupervisor(serving)
    happened(known)
    return known.observe(lanes, running).server
  }
  const hangs = (known: Known): void => known.heardSupervisor(undefined)
  const pauses = (known: Known): void => known.heardPause()
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
