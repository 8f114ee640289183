import assert from "node:assert/strict"
import { test } from "node:test"
import type { Instance } from "#wire/rest/clusters.ts"
import { type Asked, whyNot } from "./fitness.ts"

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
  question: null,
  refusing: null,
  ...change,
})
type Seen = Parameters<typeof whyNot>[0]
const cluster = (change: Partial<Seen> = {}): Seen => ({
  name: "orders",
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
type Site = Parameters<typeof whyNot>[1]
const why = (to: string | undefined, change: Partial<Seen> = {}, satellite: Site = connected) =>
  whyNo({ kind: "switchover", to }, change, satellite)
function whyNo(asked: Asked, change: Partial<Seen> = {}, satellite: Site = connected) {
  const refusal = whyNot(cluster(change), satellite, asked)
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
    "409 SATELLITE_NOT_CONNECTED: satellite north is not connected: nothing can be asked of its members",
  )
})

test("only a primary is fenced, whatever the number of members", () => {
  const one = { members: 1, instances: [instance("orders-0", { role: "primary" })] }
  assert.equal(whyNo({ kind: "fence", reason: "x" }, one), undefined)
  assert.equal(whyNo({ kind: "unfence" }, one), undefined)
  assert.match(whyNo({ kind: "fence", reason: "x" }, { primary: null }) ?? "", /^409 NO_PRIMARY/)
})

test("a member is promoted where nobody serves; a loss is confirmed by the cluster's name", () => {
  const promote = {
    kind: "promote",
    to: "orders-1",
    acceptLoss: false,
    confirm: undefined,
  } as const
  const nobody = { state: "unavailable", primary: null } as const
  assert.equal(whyNo(promote, nobody), undefined)
  assert.match(whyNo(promote) ?? "", /^409 HAS_PRIMARY: orders-0 serves/)
  const question = { about: "pause", missingBytes: 0 } as const
  assert.equal(whyNo(promote, { instances: [instance("orders-1", { question })] }), undefined)
  assert.match(whyNo({ ...promote, to: "x-1" }, nobody) ?? "", /^422 NOT_A_MEMBER: .*orders-2/)
  const lossy = { ...promote, acceptLoss: true }
  assert.match(whyNo(lossy, nobody) ?? "", /^422 NOT_CONFIRMED: .*orders/)
  assert.match(whyNo({ ...lossy, confirm: "Orders" }, nobody) ?? "", /^422 NOT_CONFIRMED/)
  assert.equal(whyNo({ ...lossy, confirm: "orders" }, nobody), undefined)
})
