/** All satellites: filtered and searched by central, page by page. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { RadioTower } from "lucide-react"
import { satelliteStates } from "#wire/rest/satellites.ts"
import { overviewQuery, satellitesQuery } from "../api/queries.ts"
import { NothingMatches, PagedList } from "../components/paged.tsx"
import { SatelliteTable } from "../components/satellite-table.tsx"
import { SearchBox } from "../components/search-box.tsx"
import { total } from "../domain/counts.ts"
import { satelliteLook } from "../domain/words.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Segments } from "../ui/segments.tsx"
import { Empty } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/satellites")

export function SatellitesPage() {
  useTitle("Satellites")
  const filter = route.useSearch()
  const navigate = useNavigate({ from: "/satellites" })
  const counts = useQuery(overviewQuery).data?.satellites
  const list = useInfiniteQuery(satellitesQuery(filter))
  const filtered = filter.state !== undefined || filter.search !== undefined
  const choices = [
    { value: "all" as const, name: "All", count: counts === undefined ? undefined : total(counts) },
    ...satelliteStates
      .filter((state) => (counts?.[state] ?? 0) > 0 || state === filter.state)
      .map((state) => ({ value: state, name: satelliteLook(state).word, count: counts?.[state] })),
  ]
  return (
    <>
      <PageHeader
        title="Satellites"
        lead="One satellite at each site. It dials out to central and keeps the site's clusters as they should be."
      />
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <Segments
          label="State"
          choices={choices}
          value={filter.state ?? "all"}
          onChange={(state) =>
            void navigate({
              search: ({ search }) => ({ search, state: state === "all" ? undefined : state }),
              replace: true,
            })
          }
        />
        <SearchBox
          label="Search satellites"
          placeholder="Name, site or zone=north"
          value={filter.search}
          onSearch={(search) =>
            void navigate({ search: (old) => ({ ...old, search }), replace: true })
          }
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
