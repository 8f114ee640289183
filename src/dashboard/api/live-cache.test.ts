import assert from "node:assert/strict"
import { test } from "node:test"
import { type InfiniteData, QueryClient, type QueryKey } from "@tanstack/query-core"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { event } from "../../../test/e2e/dashboard/fleet-parts.ts"
import type { Page } from "../domain/types.ts"
import { applyLive } from "./live-cache.ts"
import { keys } from "./queries.ts"

const fleet = exampleFleet()
const [cluster] = fleet.clusters
assert.ok(cluster !== undefined)

const pages = <T>(items: readonly T[]): InfiniteData<Page<T>> => ({
  pages: [{ items, nextCursor: null }],
  pageParams: [undefined],
})

function cache() {
  const client = new QueryClient()
  const asked: QueryKey[] = []
  return { client, asked, refetch: (key: QueryKey) => void asked.push(key) }
}

const items = <T>(client: QueryClient, key: QueryKey): readonly T[] =>
  client.getQueryData<InfiniteData<Page<T>>>(key)?.pages.flatMap((page) => page.items) ?? []

test("a cluster replaces itself in its page and in every list that shows it", () => {
  const { client, asked, refetch } = cache()
  const all = [...keys.clusters, {}, 50]
  client.setQueryData(all, pages(fleet.clusters))
  client.setQueryData([...keys.cluster, cluster.id], cluster)
  applyLive(client, refetch, { kind: "cluster", cluster })
  asked.length = 0
  applyLive(client, refetch, { kind: "cluster", cluster: { ...cluster, primary: "orders-2" } })
  assert.equal(client.getQueryData<Cluster>([...keys.cluster, cluster.id])?.primary, "orders-2")
  assert.equal(items<Cluster>(client, all).find(({ id }) => id === cluster.id)?.primary, "orders-2")
  assert.deepEqual(asked, [], "the same state changes no count and no list")
})

test("a cluster that changes its state leaves filtered lists and enters others", () => {
  const { client, asked, refetch } = cache()
  const healthy = [...keys.clusters, { state: "healthy" }, 50]
  const degraded = [...keys.clusters, { state: "degraded" }, 5]
  const other = [...keys.clusters, { state: "creating" }, 5]
  client.setQueryData(healthy, pages([cluster]))
  client.setQueryData(degraded, pages([]))
  client.setQueryData(other, pages([]))
  applyLive(client, refetch, { kind: "cluster", cluster: { ...cluster, state: "degraded" } })
  assert.deepEqual(asked, [healthy, degraded, keys.overview])
})

test("clusters by labels are asked for again when one may have come, not at every report", () => {
  const { client, asked, refetch } = cache()
  const [satellite] = fleet.satellites
  assert.ok(satellite !== undefined)
  const north = [...keys.clusters, { search: "region=north" }, 50]
  const all = [...keys.clusters, {}, 50]
  client.setQueryData(north, pages([]))
  client.setQueryData(all, pages([cluster]))
  applyLive(client, refetch, { kind: "cluster", cluster })
  applyLive(client, refetch, { kind: "satellite", satellite })
  asked.length = 0
  applyLive(client, refetch, { kind: "cluster", cluster: { ...cluster, primary: "orders-2" } })
  applyLive(client, refetch, { kind: "satellite", satellite: { ...satellite, clusterCount: 9 } })
  assert.deepEqual(asked, [])
  applyLive(client, refetch, { kind: "cluster", cluster: { ...cluster, state: "degraded" } })
  assert.deepEqual(asked, [north, keys.overview])
  asked.length = 0
  const labels = { region: "north" }
  applyLive(client, refetch, { kind: "satellite", satellite: { ...satellite, labels } })
  assert.deepEqual(asked, [north], "its satellite may have got the labels")
})

test("a cluster's page that nobody has open is not made up from a message", () => {
  const { client, refetch } = cache()
  applyLive(client, refetch, { kind: "cluster", cluster })
  assert.equal(client.getQueryData([...keys.cluster, cluster.id]), undefined)
})

test("events enter the lists they belong to, newest first, once", () => {
  const { client, refetch } = cache()
  const all = [...keys.events, { severity: "info" }, 50]
  const errors = [...keys.events, { severity: "error" }, 50]
  const old = event(100, "info", "old", "old")
  client.setQueryData(all, pages([old]))
  client.setQueryData(errors, pages([]))
  const fresh = event(1, "info", "fresh", "fresh")
  const late = event(50, "warning", "late", "told late")
  for (let twice = 0; twice < 2; twice += 1) {
    applyLive(client, refetch, { kind: "events", events: [late, fresh] })
  }
  assert.deepEqual(
    items<FleetEventBody>(client, all).map(({ kind }) => kind),
    ["fresh", "late", "old"],
  )
  assert.deepEqual(items(client, errors), [])
})

test("an event older than the pages that are loaded leaves the cursor's order intact", () => {
  const { client, asked, refetch } = cache()
  const key = [...keys.events, {}, 50]
  client.setQueryData(key, {
    pages: [
      { items: [event(10, "info", "a", "a"), event(20, "info", "b", "b")], nextCursor: "more" },
    ],
    pageParams: [undefined],
  })
  applyLive(client, refetch, {
    kind: "events",
    events: [event(5000, "info", "ancient", "from an outbox")],
  })
  assert.deepEqual(
    items<FleetEventBody>(client, key).map(({ kind }) => kind),
    ["a", "b"],
  )
  assert.deepEqual(asked, [key], "central knows where it belongs")
})

test("after an overrun everything is asked for again", () => {
  const { client, refetch } = cache()
  client.setQueryData([...keys.cluster, cluster.id], cluster)
  client.setQueryData(keys.rules, { items: [], more: false })
  applyLive(client, refetch, { kind: "overrun" })
  for (const query of client.getQueryCache().getAll()) assert.equal(query.state.isInvalidated, true)
})

test("a list that is not sent whole is asked for again", () => {
  const { client, asked, refetch } = cache()
  applyLive(client, refetch, { kind: "refetch", resource: "rules" })
  assert.deepEqual(asked, [["rules"]], "lists, and each one that is open")
})
