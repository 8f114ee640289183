/** What the dialogs about a satellite's identity share: the deed, what it makes stale, and the clusters concerned. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { say } from "../ui/toast.tsx"

/** Runs `run`; what it answers is the satellite from then on, undefined where there is none any more. */
export function useSatelliteDeed<Given>(
  run: (given: Given) => Promise<Satellite | undefined>,
  done: string,
  onDone: () => void,
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: run,
    onSuccess: async (satellite) => {
      if (satellite !== undefined) client.setQueryData([...keys.satellite, satellite.id], satellite)
      say(done)
      onDone()
      await client.invalidateQueries({ queryKey: keys.satellites })
      await client.invalidateQueries({ queryKey: keys.clusters })
      await client.invalidateQueries({ queryKey: keys.overview })
    },
  })
}

const pageSize = 200

/** All of them, however many: each must be named. */
export const useItsClusters = (satelliteId: string) =>
  useQuery({
    queryKey: [...keys.clusters, "all-of", satelliteId],
    queryFn: async ({ signal }) => {
      const all: Cluster[] = []
      for (let cursor: string | undefined; ;) {
        const query = { satelliteId, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }
        const page = await call("listClusters", { query }, signal)
        all.push(...page.items)
        if (page.nextCursor === null) return all
        cursor = page.nextCursor
      }
    },
  })

export const ClusterNames = ({ clusters }: { readonly clusters: readonly Cluster[] }) => (
  <ul className="max-h-40 list-disc overflow-y-auto pl-5 text-sm">
    {clusters.map(({ id, namespace, name }) => (
      <li key={id} className="font-mono text-xs">
        {namespace}/{name}
      </li>
    ))}
  </ul>
)
