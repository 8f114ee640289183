/**
 * What the live connection told last. An answer of REST that was under way while something was told may
 * be older than what was told; so each answer is compared with this before it is shown.
 */
import type { Cluster } from "#wire/rest/clusters.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { eventBelongs } from "../domain/match.ts"
import type { EventFilter, Page } from "../domain/types.ts"

/** Longer than any request may take (client.ts). */
const kept = 20_000
const mostItems = 20_000
const mostEvents = 1000

type Item = Cluster | Satellite
type Told<T> = { readonly at: number; readonly item: T | "gone" }

const clusters = new Map<string, Told<Cluster>>()
const satellites = new Map<string, Told<Satellite>>()
const events: { readonly at: number; readonly event: FleetEventBody }[] = []
/** The last known state of each item, so that only a change of state counts anew. */
const states = new Map<string, string>()

export const now = (): number => performance.now()

export const tellCluster = (cluster: Cluster): void => tell(clusters, cluster.id, cluster)
export const tellSatellite = (satellite: Satellite): void =>
  tell(satellites, satellite.id, satellite)
export const tellGone = (id: string): void => tell(clusters, id, "gone")

function tell<T extends Item>(told: Map<string, Told<T>>, id: string, item: T | "gone"): void {
  const at = now()
  // Deleted first, so that the map stays in the order of telling and the oldest stand in front.
  told.delete(id)
  told.set(id, { at, item })
  for (const [old, entry] of told) {
    if (at - entry.at < kept && told.size <= mostItems) break
    told.delete(old)
  }
}

export function tellEvents(fresh: readonly FleetEventBody[]): void {
  const at = now()
  events.push(...fresh.map((event) => ({ at, event })))
  const from = events.findIndex((entry) => at - entry.at < kept)
  events.splice(0, Math.max(from, events.length - mostEvents, 0))
}

/** Whether the state is another than the one known before; an item never heard of counts as changed. */
export function stateChanged({
  id,
  state,
}: {
  readonly id: string
  readonly state: string
}): boolean {
  const changed = states.get(id) !== state
  if (states.size >= mostItems) states.clear()
  states.set(id, state)
  return changed
}

/** The labels that each satellite had when it was last told of, as text. */
const labels = new Map<string, string>()

/** Whether its labels are others than those known before; a satellite never heard of counts as changed. */
export function labelsChanged({ id, labels: own }: Satellite): boolean {
  const text = JSON.stringify(Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const changed = labels.get(id) !== text
  if (labels.size >= mostItems) labels.clear()
  labels.set(id, text)
  return changed
}

/** The item of an answer asked for at `began`, or what was told of it since. */
export const newestCluster = (began: number, cluster: Cluster): Cluster =>
  newest(clusters, began, cluster)
export const newestSatellite = (began: number, satellite: Satellite): Satellite =>
  newest(satellites, began, satellite)

function newest<T extends Item>(told: Map<string, Told<T>>, began: number, item: T): T {
  const entry = told.get(item.id)
  return entry === undefined || entry.at < began || entry.item === "gone" ? item : entry.item
}

export const newestClusters = (
  began: number,
  page: Page<Cluster>,
  belongs: (cluster: Cluster) => boolean,
): Page<Cluster> => newestPage(clusters, began, page, belongs)

export const newestSatellites = (
  began: number,
  page: Page<Satellite>,
  belongs: (satellite: Satellite) => boolean,
): Page<Satellite> => newestPage(satellites, began, page, belongs)

function newestPage<T extends Item>(
  told: Map<string, Told<T>>,
  began: number,
  page: Page<T>,
  belongs: (item: T) => boolean,
): Page<T> {
  const items = page.items.flatMap((item) => {
    const entry = told.get(item.id)
    if (entry === undefined || entry.at < began) return [item]
    return entry.item === "gone" || !belongs(entry.item) ? [] : [entry.item]
  })
  return { ...page, items }
}

/** The first page of a log with what was told since it was asked for. */
export function newestEvents(
  began: number,
  page: Page<FleetEventBody>,
  filter: EventFilter,
): Page<FleetEventBody> {
  const known = new Set(page.items.map(({ id }) => id))
  const missed = events
    .filter(({ at, event }) => at >= began && !known.has(event.id) && eventBelongs(filter, event))
    .map(({ event }) => event)
  return missed.length === 0
    ? page
    : { ...page, items: [...missed, ...page.items].toSorted(newestFirst) }
}

export const newestFirst = (a: FleetEventBody, b: FleetEventBody): number =>
  Date.parse(b.at) - Date.parse(a.at)
