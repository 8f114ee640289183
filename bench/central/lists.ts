/** How long the lists of the REST API take, with the filters that the dashboard's tables use. */
import type { CentralApi } from "../../src/demo/central-api.ts"
import { percentile } from "./figures.ts"

export type Lists = { readonly listP50: number; readonly listP99: number }

const rounds = 40

export async function timeLists({ api }: { readonly api: CentralApi }): Promise<Lists> {
  const took: number[] = []
  const [satellite] = (await api.call("listSatellites", { query: { limit: 1 } })).items
  for (let round = 0; round < rounds; round += 1)
    for (const ask of requests(api, satellite?.id ?? "", round)) {
      const began = performance.now()
      await ask()
      took.push(performance.now() - began)
    }
  return { listP50: percentile(took, 0.5), listP99: percentile(took, 0.99) }
}

const requests = (
  api: CentralApi,
  satelliteId: string,
  round: number,
): readonly (() => Promise<unknown>)[] => [
  () => api.call("overview"),
  () => api.call("listSatellites", { query: { limit: 100 } }),
  () => api.call("listSatellites", { query: { state: "connected", search: `site-${round}` } }),
  () => api.call("listClusters", { query: { limit: 100 } }),
  () => api.call("listClusters", { query: { state: "healthy", search: "orders" } }),
  () => api.call("listClusters", { query: { satelliteId } }),
  () => api.call("listEvents", { query: { limit: 100 } }),
  () => api.call("listEvents", { query: { satelliteId, severity: "info" } }),
]
