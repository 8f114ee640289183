/** The fleet in one look: what needs a person first, then the whole, then what happened. */
import { useQuery } from "@tanstack/react-query"
import type { Overview } from "#wire/rest/overview.ts"
import { overviewQuery } from "../api/queries.ts"
import { Attention } from "../components/attention.tsx"
import { CountPanels } from "../components/count-panels.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { RecentEvents } from "../components/recent-events.tsx"
import { Sites } from "../components/sites.tsx"
import { Welcome } from "../components/welcome.tsx"
import { total } from "../domain/counts.ts"
import { countText } from "../ui/format.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Bone, LoadingRows } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"

export function OverviewPage() {
  useTitle("Overview")
  const query = useQuery(overviewQuery)
  const overview = query.data
  if (overview === undefined) {
    return (
      <>
        <PageHeader title="Overview" />
        {query.isError ? (
          <Panel>
            <LoadFailed
              what="The overview"
              error={query.error}
              retry={query.refetch}
              retrying={query.isFetching}
            />
          </Panel>
        ) : (
          <Loading />
        )}
      </>
    )
  }
  const empty = total(overview.satellites) === 0 && total(overview.clusters) === 0
  return (
    <>
      <PageHeader title="Overview" lead={empty ? undefined : summary(overview)} />
      {empty ? (
        <Welcome />
      ) : (
        <div className="flex flex-col gap-4">
          <Attention overview={overview} />
          <CountPanels overview={overview} />
          <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_26rem]">
            <Sites />
            <RecentEvents />
          </div>
        </div>
      )}
    </>
  )
}

/** One sentence: "2 of 2 sites connected, 3 of 4 clusters healthy." */
function summary({ satellites, clusters }: Overview): string {
  const sites = total(satellites) - satellites.pending - satellites.rejected
  const all = total(clusters)
  const connected = `${satellites.connected} of ${countText(sites, "site")} connected`
  return all === 0
    ? `${connected}, no clusters yet.`
    : `${connected}, ${clusters.healthy} of ${countText(all, "cluster")} healthy.`
}

const Loading = () => (
  <div role="status" aria-label="Loading the overview" className="flex flex-col gap-4">
    <div className="grid gap-4 md:grid-cols-2">
      {["satellites", "clusters"].map((what) => (
        <Panel key={what} className="p-4">
          <Bone className="mb-4 w-24" />
          <Bone className="mb-4 h-2 w-full" />
          <Bone className="w-56" />
        </Panel>
      ))}
    </div>
    <Panel>
      <LoadingRows what="sites" rows={5} />
    </Panel>
  </div>
)
