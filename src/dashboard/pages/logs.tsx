/** The log of a satellite, and those of the members of a cluster, as they are written. */
import { useQuery, type UseQueryResult } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { ChevronLeft, LockKeyhole } from "lucide-react"
import type { ReactNode } from "react"
import { memberPod, clusterName } from "#core/ids.ts"
import { type TailContainer, tailContainers } from "#core/logs/tail.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import { refusedStatus } from "../api/failure.ts"
import { useWhyNoLogs } from "../api/may.ts"
import { clusterQuery, satelliteQuery } from "../api/queries.ts"
import { LoadFailed } from "../components/load-failed.tsx"
import { LogView } from "../components/log-view.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Select } from "../ui/select.tsx"
import { Empty, LoadingRows } from "../ui/states.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { useTitle } from "../ui/title.ts"
import { NotFound } from "./broken.tsx"

const satelliteRoute = getRouteApi("/signed-in/satellites/$id/logs")
const clusterRoute = getRouteApi("/signed-in/clusters/$id/logs")

const back = "mb-1 inline-flex items-center gap-0.5 text-sm text-ink-3 hover:text-ink"

export function SatelliteLogPage() {
  const { id } = satelliteRoute.useParams()
  const { level } = satelliteRoute.useSearch()
  const navigate = satelliteRoute.useNavigate()
  const query = useQuery(satelliteQuery(id))
  const name = query.data?.name
  useTitle(name === undefined ? "Log" : `Log of ${name}`)
  return (
    <Loaded what="The satellite" query={query}>
      <PageHeader
        above={
          <TextLink to="/satellites/$id" params={{ id }} quiet className={back}>
            <ChevronLeft aria-hidden className="-ml-1 size-4" />
            {name}
          </TextLink>
        }
        title={`Log of ${name}`}
        lead="What the satellite itself writes."
      />
      <Allowed>
        <LogView
          source={{ kind: "satellite", id }}
          name={name ?? "satellite"}
          level={level}
          onLevel={(next) => void navigate({ search: { level: next }, replace: true })}
        />
      </Allowed>
    </Loaded>
  )
}

export function ClusterLogsPage() {
  const { id } = clusterRoute.useParams()
  const query = useQuery(clusterQuery(id))
  useTitle(query.data === undefined ? "Logs" : `Logs of ${query.data.name}`)
  return (
    <Loaded what="The cluster" query={query}>
      {query.data === undefined ? null : <ClusterLogs cluster={query.data} />}
    </Loaded>
  )
}

const containerNames: Readonly<Record<TailContainer, string>> = {
  postgres: "PostgreSQL",
  failover: "Failover sidecar",
}

function ClusterLogs({ cluster }: { readonly cluster: Cluster }) {
  const { level, pod: asked, container = "postgres" } = clusterRoute.useSearch()
  const navigate = clusterRoute.useNavigate()
  const pods = podsOf(cluster)
  const pod = pods.find((each) => each === asked) ?? cluster.primary ?? pods[0] ?? ""
  const go = (search: { pod?: string; container?: TailContainer; level?: typeof level }): void =>
    void navigate({ search: (now) => ({ ...now, ...search }), replace: true })
  return (
    <>
      <PageHeader
        above={
          <TextLink to="/clusters/$id" params={{ id: cluster.id }} quiet className={back}>
            <ChevronLeft aria-hidden className="-ml-1 size-4" />
            {cluster.name}
          </TextLink>
        }
        title={`Logs of ${cluster.name}`}
        lead={`Members at ${cluster.satelliteName}, one container at a time.`}
      />
      <Allowed>
        <LogView
          source={{ kind: "member", clusterId: cluster.id, pod, container }}
          name={`${pod} ${container}`}
          level={level}
          onLevel={(next) => go({ level: next })}
          choice={
            <>
              <Select
                label="Member"
                labelHidden
                choices={pods.map((each) => ({
                  value: each,
                  name: each === cluster.primary ? `${each} (primary)` : each,
                }))}
                value={pod}
                onChange={(next) => go({ pod: next })}
                className="max-w-full min-w-48"
              />
              <Select
                label="Container"
                labelHidden
                choices={tailContainers
                  .toReversed()
                  .map((each) => ({ value: each, name: containerNames[each] }))}
                value={container}
                onChange={(next) => go({ container: next })}
                className="w-40"
              />
            </>
          }
        />
      </Allowed>
    </>
  )
}

/** Those that were reported, and those that should be there. */
const podsOf = ({ instances, members, name }: Cluster): readonly string[] =>
  [
    ...new Set([
      ...instances.map(({ pod }) => pod),
      ...Array.from({ length: members }, (_, ordinal): string =>
        memberPod(clusterName(name), ordinal),
      ),
    ]),
  ].toSorted()

/** Nothing is asked of the site for somebody who may not have it. */
function Allowed({ children }: { readonly children: ReactNode }) {
  const why = useWhyNoLogs()
  return why === undefined ? (
    children
  ) : (
    <Panel>
      <Empty icon={LockKeyhole} title="You may not follow logs">
        Logs hold what others did and wrote: {why}.
      </Empty>
    </Panel>
  )
}

type Query = Pick<UseQueryResult, "data" | "error" | "isFetching" | "refetch">

function Loaded({
  what,
  query,
  children,
}: {
  readonly what: string
  readonly query: Query
  readonly children: ReactNode
}) {
  const status = refusedStatus(query.error)
  if (status === 404 || status === 400) return <NotFound />
  if (query.data !== undefined) return children
  return (
    <Panel>
      {query.error === null ? (
        <LoadingRows what={what.toLowerCase()} rows={4} />
      ) : (
        <LoadFailed
          what={what}
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      )}
    </Panel>
  )
}
