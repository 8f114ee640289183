import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { clusterName, namespace, podName, term } from "#core/ids.ts"
import { policyOf } from "#core/failover/policy.ts"
import { millis } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { LeaseStore } from "#io/kube/lease.ts"
import { silentLog } from "#io/log.ts"
import { identifier, leaseOf, members, plain } from "../../test/fixtures/situation.ts"
import { Known } from "./known.ts"
import { LeaseSense } from "./sense-lease.ts"

/** Half of it passes between two reads. */
const expireAfter = millis(200)

/** A sense at work, and how often the Lease was read. */
function sensing() {
  let reads = 0
  const store: LeaseStore = {
    read: () => {
      reads += 1
      return Promise.resolve({ kind: "read", lease: leaseOf() })
    },
    write: () => Promise.reject(new Error("nobody writes here")),
    watch: (_heard, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true })
      }),
  }
  const known = new Known(
    {
      clock: systemClock,
      config: {
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
      },
      policy: { ...policyOf("edge"), expireAfter },
      settings: { members, durability: "quorum", systemIdentifier: identifier, ...plain },
      marks: { term: term(1), served: term(1), vote: undefined, memberSets: [] },
    },
    () => undefined,
  )
  const end = new AbortController()
  const sense = new LeaseSense(systemClock, silentLog, store, known)
  const running = sense.run(end.signal)
  return {
    known,
    sense,
    reads: () => reads,
    async [Symbol.asyncDispose]() {
      end.abort(new Error("the test is over"))
      await running
    },
  }
}

test("whoever only watches the Lease reads it every half T", async () => {
  await using lease = sensing()
  await wait(550)
  assert.ok(lease.reads() >= 3, `${lease.reads()} reads`)
})

test("confirmed writes stand for reads, but not for one that was asked for, nor when they cease", async () => {
  await using lease = sensing()
  const until = performance.now() + 600
  let version = 100
  while (performance.now() < until) {
    lease.known.wroteLease(leaseOf({ version: String(version++) }), systemClock.now())
    await wait(10)
  }
  assert.equal(lease.reads(), 1, "the first")
  lease.sense.want()
  await wait(30)
  assert.equal(lease.reads(), 2)
  await wait(500)
  assert.ok(lease.reads() >= 4, `${lease.reads()} reads`)
})
