import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { policyOf } from "#core/failover/policy.ts"
import { millis } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { LeaseStore } from "#io/kube/lease.ts"
import { silentLog } from "#io/log.ts"
import { newlyKnown } from "../../test/fixtures/known.ts"
import { leaseOf } from "../../test/fixtures/situation.ts"
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
  const known = newlyKnown({ policy: { ...policyOf("edge"), expireAfter } })
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
