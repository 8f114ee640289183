import assert from "node:assert/strict"
import { test } from "node:test"
import { firstMemory } from "#core/failover/decision.ts"
import { decide } from "#core/failover/decide.ts"
import { whyNotRestart } from "#core/failover/restart.ts"
import { term } from "#core/ids.ts"
import {
  following,
  leading,
  leaseOf,
  members,
  now,
  policy,
} from "../../../test/fixtures/situation.ts"

const asPrimary = { kind: "primary", term: term(3) } as const
const asStandby = { kind: "standby" } as const

test("a member restarts in the role and term that were seen, and in no other", () => {
  assert.equal(whyNotRestart(following(), asStandby), undefined)
  assert.equal(whyNotRestart(leading(), asPrimary), undefined)
  assert.match(whyNotRestart(leading(), asStandby) ?? "", /may lead/)
  assert.match(whyNotRestart(following(), asPrimary) ?? "", /not the primary/)
  assert.match(whyNotRestart(leading(), { kind: "primary", term: term(2) }) ?? "", /term 3, not 2/)
})

test("who may be about to lead is not restarted, and nobody during a hand-over or another deed", () => {
  const free = { ...leaseOf(), holder: undefined }
  const lease = { kind: "read", lease: free, since: now, confirmedAt: now } as const
  assert.match(whyNotRestart(following({ lease }), asStandby) ?? "", /nobody holds the Lease/)
  const handOver = {
    since: now,
    leaving: false,
    to: members[1],
    operation: undefined,
    abandoned: false,
  }
  assert.match(whyNotRestart(leading({ handOver }), asPrimary) ?? "", /hand-over/)
  const { lanes } = leading()
  const busy = { ...lanes, server: { ...lanes.server, running: "stop" } }
  assert.match(whyNotRestart(leading({ lanes: busy }), asPrimary) ?? "", /stop is under way/)
})

test("the holder whose server was stopped by order keeps the Lease and starts in its own term", () => {
  const { data } = following()
  assert.ok(data.kind === "present")
  const seen = leading({
    server: { kind: "down", exit: { cause: "ordered", term: term(3), at: now - 100 } },
    data: { ...data, wasPrimary: true, clean: true },
  })
  const { actions } = decide(policy, firstMemory(now - 60_000), seen)
  const start = actions.find(({ kind }) => kind === "start-primary")
  assert.ok(start?.kind === "start-primary")
  assert.equal(start.term, term(3))
  assert.ok(!actions.some((action) => action.kind === "write-lease" && action.purpose !== "renew"))
})
