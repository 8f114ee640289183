/** Does an item belong into a list with this filter? As central's queries answer it, for live changes. */
import { severities } from "#core/cluster/events.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { searchWords } from "./search-words.ts"
import type { ClusterFilter, EventFilter, SatelliteFilter } from "./types.ts"

const contains = (text: string, part: string | undefined): boolean =>
  part === undefined || text.toLowerCase().includes(part.toLowerCase())

export function satelliteBelongs(filter: SatelliteFilter, satellite: Satellite): boolean {
  const { search, labels = "" } = searchWords(filter.search)
  return (
    (filter.state === undefined || satellite.state === filter.state) &&
    (contains(satellite.name, search) || contains(satellite.site, search)) &&
    labels
      .split(",")
      .filter((label) => label !== "")
      .every((label) => {
        const [key = "", value] = label.split("=")
        return satellite.labels[key] === value
      })
  )
}

/** Labels are those of its satellite, which a cluster does not say: only central knows (`asksForLabels`). */
export function clusterBelongs(filter: ClusterFilter, cluster: Cluster): boolean {
  const { search } = searchWords(filter.search)
  return (
    (filter.state === undefined || cluster.state === filter.state) &&
    (filter.satelliteId === undefined || cluster.satelliteId === filter.satelliteId) &&
    (contains(cluster.name, search) ||
      contains(cluster.namespace, search) ||
      contains(cluster.satelliteName, search))
  )
}

export const asksForLabels = ({ search }: ClusterFilter): boolean =>
  searchWords(search).labels !== undefined

export function eventBelongs(filter: EventFilter, event: FleetEventBody): boolean {
  const at = Date.parse(event.at)
  return (
    (filter.clusterId === undefined || event.clusterId === filter.clusterId) &&
    (filter.satelliteId === undefined || event.satelliteId === filter.satelliteId) &&
    (filter.severity === undefined ||
      severities.indexOf(event.severity) >= severities.indexOf(filter.severity)) &&
    (filter.since === undefined || at >= Date.parse(filter.since)) &&
    (filter.until === undefined || at < Date.parse(filter.until))
  )
}
