/** What a live message does to the query cache. Nothing else of the page is touched by the socket. */
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query"
import type { LiveMessage } from "#wire/live.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { asksForLabels, clusterBelongs, eventBelongs, satelliteBelongs } from "../domain/match.ts"
import type { ClusterFilter, EventFilter, Page, SatelliteFilter } from "../domain/types.ts"
import { learnServerTime } from "../ui/clock.ts"
import { keys } from "./queries.ts"
import {
  labelsChanged,
  newestFirst,
  stateChanged,
  tellCluster,
  tellEvents,
  tellGone,
  tellSatellite,
} from "./told.ts"

import { type ToldHistory, toldOperations, toldRoleChanges } from "./told-history.ts"

type Pages<T> = InfiniteData<Page<T>>
/** Live events that the first page of a list may grow by, before it is fetched anew. */
const mostEvents = 1000
const settle = 400

/** Asks for fresh lists soon, once, however many messages say so. */
export type Refetch = (key: QueryKey) => void

export function createRefetch(client: QueryClient, delay: number = settle): Refetch {
  const waiting = new Map<string, QueryKey>()
  let timer: ReturnType<typeof setTimeout> | undefined
  return (key) => {
    waiting.set(JSON.stringify(key), key)
    timer ??= setTimeout(() => {
      timer = undefined
      const due = [...waiting.values()]
      waiting.clear()
      for (const each of due) void client.invalidateQueries({ queryKey: each })
    }, delay)
  }
}

export function applyLive(client: QueryClient, refetch: Refetch, message: LiveMessage): void {
  switch (message.kind) {
    case "hello":
    case "pulse":
      return learnServerTime(message.serverTime)
    case "satellite":
      tellSatellite(message.satellite)
      return applySatellite(client, refetch, message.satellite)
    case "cluster":
      tellCluster(message.cluster)
      return applyCluster(client, refetch, message.cluster)
    case "cluster-gone":
      tellGone(message.id)
      // A page that shows it asks again and learns that it is gone.
      void client.resetQueries({ queryKey: [...keys.cluster, message.id] })
      refetch(keys.clusters)
      return refetch(keys.overview)
    case "events":
      tellEvents(message.events)
      return applyEvents(client, refetch, message.events)
    case "operation":
      toldOperations.tell(message.operation)
      refetch(keys.allOperations)
      return applyHistory(client, toldOperations, keys.operations, message.operation)
    case "role-change":
      toldRoleChanges.tell(message.roleChange)
      return applyHistory(client, toldRoleChanges, keys.roleChanges, message.roleChange)
    case "refetch":
      return refetch([message.resource])
    case "overrun":
      void client.invalidateQueries()
      return
  }
}

function applySatellite(client: QueryClient, refetch: Refetch, satellite: Satellite): void {
  const key = [...keys.satellite, satellite.id]
  if (client.getQueryData(key) !== undefined) client.setQueryData(key, satellite)
  replaceInLists<Satellite, SatelliteFilter>(client, refetch, {
    lists: keys.satellites,
    item: satellite,
    belongs: satelliteBelongs,
  })
  if (labelsChanged(satellite)) {
    for (const [key] of client.getQueriesData({ queryKey: keys.clusters }))
      if (asksForLabels(filterOf<ClusterFilter>(key))) refetch(key)
  }
  if (stateChanged(satellite)) {
    refetch(keys.overview)
    refetch(keys.allSatellites)
  }
}

function applyCluster(client: QueryClient, refetch: Refetch, cluster: Cluster): void {
  const key = [...keys.cluster, cluster.id]
  if (client.getQueryData(key) !== undefined) client.setQueryData(key, cluster)
  const changed = stateChanged(cluster)
  replaceInLists<Cluster, ClusterFilter>(client, refetch, {
    lists: keys.clusters,
    item: cluster,
    belongs: clusterBelongs,
    // By labels it may belong elsewhere: not each of its reports is a reason to ask.
    mayEnter: (filter) => changed || !asksForLabels(filter),
  })
  if (changed) refetch(keys.overview)
}

/**
 * Replaces the item in every list that shows it. A list that should begin or cease to show it is
 * asked for again, because only central knows the order.
 */
function replaceInLists<T extends { readonly id: string }, F>(
  client: QueryClient,
  refetch: Refetch,
  change: {
    readonly lists: QueryKey
    readonly item: T
    readonly belongs: (filter: F, item: T) => boolean
    /** Whether a list that does not show the item is asked for again when it could. */
    readonly mayEnter?: (filter: F) => boolean
  },
): void {
  for (const [key, pages] of client.getQueriesData<Pages<T>>({ queryKey: change.lists })) {
    if (pages === undefined) continue
    const found = pages.pages
      .flatMap((page) => page.items)
      .find((each) => each.id === change.item.id)
    if (found !== undefined) client.setQueryData<Pages<T>>(key, replaced(pages, change.item))
    const filter = filterOf<F>(key)
    const belongs = change.belongs(filter, change.item)
    const enters = found === undefined && belongs && (change.mayEnter?.(filter) ?? true)
    const leaves = found !== undefined && !belongs
    if (enters || leaves) refetch(key)
  }
}

const replaced = <T extends { readonly id: string }>(pages: Pages<T>, item: T): Pages<T> => ({
  ...pages,
  pages: pages.pages.map((page) =>
    page.items.some((each) => each.id === item.id)
      ? { ...page, items: page.items.map((each) => (each.id === item.id ? item : each)) }
      : page,
  ),
})

function applyEvents(
  client: QueryClient,
  refetch: Refetch,
  events: readonly FleetEventBody[],
): void {
  for (const [key, pages] of client.getQueriesData<Pages<FleetEventBody>>({
    queryKey: keys.events,
  })) {
    const [head, ...rest] = pages?.pages ?? []
    if (pages === undefined || head === undefined) continue
    const filter = filterOf<EventFilter>(key)
    const known = new Set(pages.pages.flatMap((page) => page.items.map((event) => event.id)))
    const fresh = events.filter((event) => !known.has(event.id) && eventBelongs(filter, event))
    if (fresh.length === 0) continue
    // An event told late may belong beyond the first page, where only central knows its place.
    const end = head.items.at(-1)
    const beyond =
      head.nextCursor !== null &&
      fresh.some((event) => end !== undefined && newestFirst(end, event) < 0)
    if (beyond || head.items.length + fresh.length > mostEvents) {
      refetch(key)
      continue
    }
    const items = [...fresh, ...head.items].toSorted(newestFirst)
    client.setQueryData<Pages<FleetEventBody>>(key, {
      ...pages,
      pages: [{ ...head, items }, ...rest],
    })
  }
}

/** The history of a cluster is keyed [...name, id of the cluster]. */
function applyHistory<T extends { readonly id: string; readonly clusterId: string }>(
  client: QueryClient,
  told: ToldHistory<T>,
  name: QueryKey,
  item: T,
): void {
  client.setQueryData<Pages<T>>([...name, item.clusterId], (pages) =>
    pages === undefined ? undefined : told.within(pages, item),
  )
}

/** Lists are keyed [...name, filter, limit] (queries.ts). */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const filterOf = <F>(key: QueryKey): F => key.at(-2) as F
