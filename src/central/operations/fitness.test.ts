import assert from "node:assert/strict"
import { test } from "node:test"
import type { Instance } from "#wire/rest/clusters.ts"
import { whyNotSwitchover } from "./fitness.ts"

const instance = (pod: string, change: Partial<Instance> = {}): Instance => ({
  pod,
  role: "replica",
  phase: "streaming",
  ready: true,
  reason: null,
  timeline: 1,
  receivedLsn: "0/1",
  replayedLsn: "0/1",
  lagBytes: 0,
  lagSeconds: 0,
  connectionsUsed: null,
  connectionsActive: null,
  connectionsMax: null,
  dataBytes: null,
  walBytes: null,
  diskTotalBytes: null,
  diskFreeBytes: null,
  receiver: "streaming",
  startedAt: null,
  containerRestarts: 0,
  synchronous: true,
  ...change,
})
type Asked = Parameters<typeof whyNotSwitchover>[0]
const cluster = (change: Partial<Asked> = {}): Asked => ({
  state: "healthy",
  members: 3,
  primary: "orders-0",
  instances: [
    instance("orders-0", { role: "primary", phase: "primary" }),
    instance("orders-1"),
    instance("orders-2", { ready: false, phase: "cloning", reason: null }),
  ],
  ...change,
})
const connected = { state: "connected", name: "north" } as const
const why = (
  to: string | undefined,
  change: Partial<Asked> = {},
  satellite: Parameters<typeof whyNotSwitchover>[1] = connected,
) => {
  const refusal = whyNotSwitchover(cluster(change), satellite, to)
  return refusal === undefined ? undefined : `${refusal.status} ${refusal.code}: ${refusal.detail}`
}

test("a ready replica may be named, or nobody", () => {
  assert.equal(why("orders-1"), undefined)
  assert.equal(why(undefined), undefined)
  assert.equal(why("orders-1", {}, { state: "late", name: "north" }), undefined)
})

test("each refusal says what is wrong and what could be done", () => {
  const only = [instance("orders-0", { role: "primary", phase: "primary" })]
  assert.equal(why("orders-0"), "422 IS_PRIMARY: orders-0 is the primary already")
  assert.equal(
    why("orders-9"),
    "422 NOT_A_MEMBER: orders-9 is not a member; use one of orders-1, orders-2",
  )
  assert.equal(why("orders-2"), "422 NOT_READY: orders-2 is not ready to take over: it is cloning")
  assert.equal(
    why(undefined, { instances: only }),
    "409 NO_CANDIDATE: no member is ready to take over",
  )
  assert.equal(
    why(undefined, { members: 1 }),
    "409 ONE_MEMBER: the cluster has one member only: nobody can take over",
  )
  assert.match(why(undefined, { primary: null }) ?? "", /^409 NO_PRIMARY/)
  assert.equal(
    why(undefined, { state: "deleting" }),
    "409 CLUSTER_DELETING: the cluster is being deleted",
  )
  assert.equal(
    why(undefined, {}, { state: "lost", name: "north" }),
    "409 SATELLITE_NOT_CONNECTED: satellite north is not connected: a switchover needs it",
  )
})
