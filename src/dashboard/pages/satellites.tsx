/** All satellites: filtered and searched by central, page by page. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { RadioTower } from "lucide-react"
import { satelliteStates } from "#wire/rest/satellites.ts"
import { overviewQuery, satellitesQuery } from "../api/queries.ts"
import { NothingMatches, PagedList } from "../components/paged.tsx"
import { SatelliteTable } from "../components/satellite-table.tsx"
import { SearchBox } from "../components/search-box.tsx"
import { StateFilter } from "../components/state-filter.tsx"
import { satelliteLook } from "../domain/words.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/satellites")

export function SatellitesPage() {
  useTitle("Satellites")
  const filter = route.useSearch()
  const navigate = useNavigate({ from: "/satellites" })
  const put = (change: Partial<typeof filter>): void =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const counts = useQuery(overviewQuery).data?.satellites
  const list = useInfiniteQuery(satellitesQuery(filter))
  const filtered = filter.state !== undefined || filter.search !== undefined
  const shown = satelliteStates.filter(
    (state) => (counts?.[state] ?? 0) > 0 || state === filter.state,
  )
  return (
    <>
      <PageHeader
        title="Satellites"
        lead="One satellite at each site. It dials out to central and keeps the site's clusters as they should be."
      />
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <StateFilter
          states={shown}
          look={satelliteLook}
          counts={counts}
          value={filter.state}
          onChange={(state) => put({ state })}
        />
        <SearchBox
          label="Search satellites"
          placeholder="Name, site or zone=north"
          value={filter.search}
          onSearch={(search) => put({ search })}
        />
      </div>
      <Panel>
        <PagedList
          what="satellites"
          query={list}
          empty={
            filtered ? (
              <NothingMatches
                one="satellite"
                onShowAll={() => navigate({ search: {}, replace: true })}
              >
                None has this state and this text in its name or site, and all labels that are asked
                for.
              </NothingMatches>
            ) : (
              <Empty icon={RadioTower} title="No satellite has registered yet">
                <p>
                  Install one in each site's Kubernetes, with{" "}
                  <code className="font-mono text-xs">PG_SWARM_CENTRAL_URL</code> set to this
                  central's gRPC address. It shows up here and waits for your approval.
                </p>
                <pre className="mt-3 overflow-x-auto rounded-md bg-sunken px-3 py-2 text-left font-mono text-xs">
                  kubectl apply -k deploy/kubernetes/satellite
                </pre>
              </Empty>
            )
          }
        >
          {(rows) => <SatelliteTable satellites={rows} />}
        </PagedList>
      </Panel>
    </>
  )
}
