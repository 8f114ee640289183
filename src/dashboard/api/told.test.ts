import assert from "node:assert/strict"
import { test } from "node:test"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { event } from "../../../test/e2e/dashboard/fleet-parts.ts"
import { clusterBelongs } from "../domain/match.ts"
import {
  newestCluster,
  newestClusters,
  newestEvents,
  now,
  stateChanged,
  tellCluster,
  tellEvents,
  tellGone,
} from "./told.ts"

const fleet = exampleFleet()
const [cluster, other] = fleet.clusters
assert.ok(cluster !== undefined && other !== undefined)

test("an answer that was under way does not undo what was told meanwhile", () => {
  const began = now()
  tellCluster({ ...cluster, primary: "orders-1" })
  assert.equal(newestCluster(began, cluster).primary, "orders-1")
})

test("an answer that was asked for afterwards is believed", async () => {
  tellCluster({ ...cluster, primary: "orders-1" })
  await new Promise((done) => setImmediate(done))
  assert.equal(newestCluster(now(), cluster).primary, cluster.primary)
})

test("a page loses what has gone and what no longer fits its filter", () => {
  const began = now()
  const page = { items: [cluster, other], nextCursor: null }
  tellCluster({ ...cluster, state: "degraded" })
  tellGone(other.id)
  const filter = { state: "healthy" } as const
  assert.deepEqual(newestClusters(began, page, (each) => clusterBelongs(filter, each)).items, [])
})

test("events told while the log was asked for are in it, once and in order", () => {
  const began = now()
  const [old, told, both] = [
    event(100, "info", "old", ""),
    event(1, "info", "told", ""),
    event(50, "info", "both", ""),
  ]
  tellEvents([told, both])
  const page = newestEvents(began, { items: [both, old], nextCursor: null }, {})
  assert.deepEqual(
    page.items.map(({ kind }) => kind),
    ["told", "both", "old"],
  )
})

test("only another state counts as a change", () => {
  const item = { id: "only-here", state: "healthy" }
  assert.deepEqual(
    [stateChanged(item), stateChanged(item), stateChanged({ ...item, state: "lost" })],
    [true, false, true],
  )
})
