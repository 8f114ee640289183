/** Labels that satellites carry, for whoever writes a selector. */
import { useQuery } from "@tanstack/react-query"
import { allSatellitesQuery } from "../api/queries.ts"

export function useKnownLabels(): ReadonlyMap<string, readonly string[]> {
  const { data } = useQuery(allSatellitesQuery)
  const pairs = (data?.items ?? []).flatMap(({ labels }) => Object.entries(labels))
  const byName = Map.groupBy(pairs, ([name]) => name)
  return new Map(
    [...byName]
      .toSorted(([a], [b]) => a.localeCompare(b, "en"))
      .map(([name, found]) => [name, [...new Set(found.map(([, value]) => value))].toSorted()]),
  )
}
