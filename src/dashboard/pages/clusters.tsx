/** All clusters: filtered and searched by central, page by page. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { Database, X } from "lucide-react"
import { clusterStates } from "#core/cluster/state.ts"
import { clustersQuery, overviewQuery, satelliteQuery } from "../api/queries.ts"
import { ClusterTable } from "../components/cluster-table.tsx"
import { Only } from "../components/only.tsx"
import { NothingMatches, PagedList } from "../components/paged.tsx"
import { SearchBox } from "../components/search-box.tsx"
import { StateFilter } from "../components/state-filter.tsx"
import { clusterLook } from "../domain/words.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/clusters")

export function ClustersPage() {
  useTitle("Clusters")
  const filter = route.useSearch()
  const navigate = useNavigate({ from: "/clusters" })
  const put = (change: Partial<typeof filter>): void =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const counts = useQuery(overviewQuery).data?.clusters
  const list = useInfiniteQuery(clustersQuery(filter))
  const filtered =
    filter.state !== undefined || filter.search !== undefined || filter.satelliteId !== undefined
  const shown = clusterStates.filter(
    (state) => (counts?.[state] ?? 0) > 0 || state === filter.state,
  )
  return (
    <>
      <PageHeader
        title="Clusters"
        lead="Every PostgreSQL cluster of the fleet, as its site last reported it."
        actions={
          <Only who="createRule">
            <ButtonLink to="/rules/new" kind="primary">
              New cluster by rule
            </ButtonLink>
          </Only>
        }
      />
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <div className="flex min-w-0 flex-wrap items-center gap-2">
          <StateFilter
            states={shown}
            look={clusterLook}
            counts={counts}
            value={filter.state}
            onChange={(state) => put({ state })}
          />
          {filter.satelliteId === undefined ? null : (
            <OfSatellite id={filter.satelliteId} onRemove={() => put({ satelliteId: undefined })} />
          )}
        </div>
        <SearchBox
          label="Search clusters"
          placeholder="Name, satellite or zone=north"
          value={filter.search}
          onSearch={(search) => put({ search })}
        />
      </div>
      <Panel>
        <PagedList
          what="clusters"
          query={list}
          empty={
            filtered ? (
              <NothingMatches
                one="cluster"
                onShowAll={() => navigate({ search: {}, replace: true })}
              >
                None fits these filters: the state, the text in its name, namespace or satellite,
                and all labels that its satellite should have.
              </NothingMatches>
            ) : (
              <Empty
                icon={Database}
                title="No cluster yet"
                action={
                  <Only who="createRule">
                    <div className="flex gap-2">
                      <ButtonLink to="/profiles/new">Make a profile</ButtonLink>
                      <ButtonLink to="/rules/new" kind="primary">
                        Make a rule
                      </ButtonLink>
                    </div>
                  </Only>
                }
              >
                A profile says what a cluster looks like; a rule puts one on every approved
                satellite whose labels match, now and later.
              </Empty>
            )
          }
        >
          {(rows) => <ClusterTable clusters={rows} />}
        </PagedList>
      </Panel>
    </>
  )
}

function OfSatellite({ id, onRemove }: { readonly id: string; readonly onRemove: () => void }) {
  const { data } = useQuery(satelliteQuery(id))
  return (
    <Button
      small
      onPress={onRemove}
      aria-label={`Show the clusters of all satellites, not only of ${data?.name ?? id}`}
    >
      On {data?.name ?? "one satellite"}
      <X aria-hidden className="size-3.5" />
    </Button>
  )
}
