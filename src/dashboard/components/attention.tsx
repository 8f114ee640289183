/** What needs a person, gravest first; or the calm word that nothing does. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { CircleCheck } from "lucide-react"
import type { ReactNode } from "react"
import type { ClusterState } from "#core/cluster/state.ts"
import type { Overview } from "#wire/rest/overview.ts"
import { clustersQuery, satellitesQuery } from "../api/queries.ts"
import { attentionCount, clusterAttention, satelliteAttention } from "../domain/attention.ts"
import type { SatelliteState } from "../domain/types.ts"
import { satelliteLook } from "../domain/words.ts"
import { Panel } from "../ui/panel.tsx"
import { Bone } from "../ui/states.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { SatelliteActions } from "./satellite-actions.tsx"
import { LastContact } from "./satellite-table.tsx"
import { ClusterBadge, SatelliteBadge } from "./state-badge.tsx"

const shown = 5

export function Attention({ overview }: { readonly overview: Overview }) {
  const count = attentionCount(overview)
  if (count === 0) {
    return (
      <div className="surface flex items-center gap-2.5 px-4 py-3 text-sm shadow-raised">
        <CircleCheck aria-hidden className="size-4.5 text-good" />
        <span data-volatile>Nothing needs your attention.</span>
      </div>
    )
  }
  return (
    <Panel title="Needs attention" aside={<span className="tnum text-sm text-ink-3">{count}</span>}>
      <ul className="divide-y divide-line">
        {clusterAttention
          .filter((state) => overview.clusters[state] > 0)
          .map((state) => (
            <ClustersIn key={state} state={state} count={overview.clusters[state]} />
          ))}
        {satelliteAttention
          .filter((state) => overview.satellites[state] > 0)
          .map((state) => (
            <SatellitesIn key={state} state={state} count={overview.satellites[state]} />
          ))}
      </ul>
    </Panel>
  )
}

function ClustersIn({ state, count }: { readonly state: ClusterState; readonly count: number }) {
  const { data, isPending } = useInfiniteQuery(clustersQuery({ state }, shown))
  if (isPending) return <Waiting />
  const clusters = data?.pages.flatMap((page) => page.items).slice(0, shown) ?? []
  return (
    <>
      {clusters.map((cluster) => (
        <Row key={cluster.id}>
          <span className="w-30 shrink-0">
            <ClusterBadge state={cluster.state} />
          </span>
          <TextLink
            to="/clusters/$id"
            params={{ id: cluster.id }}
            stretched
            quiet
            className="font-medium"
          >
            {cluster.name}
          </TextLink>
          <span className="text-ink-3">on {cluster.satelliteName}</span>
          <span className="min-w-0 text-ink-2 max-sm:w-full sm:flex-1 sm:truncate">
            {cluster.reason}
          </span>
        </Row>
      ))}
      {count > clusters.length ? (
        <Row>
          <TextLink to="/clusters" search={{ state }} stretched>
            {count - clusters.length} more
          </TextLink>
        </Row>
      ) : null}
    </>
  )
}

function SatellitesIn({
  state,
  count,
}: {
  readonly state: SatelliteState
  readonly count: number
}) {
  const { data, isPending } = useInfiniteQuery(satellitesQuery({ state }, shown))
  if (isPending) return <Waiting />
  const satellites = data?.pages.flatMap((page) => page.items).slice(0, shown) ?? []
  return (
    <>
      {satellites.map((satellite) => (
        <Row key={satellite.id}>
          <span className="w-30 shrink-0">
            <SatelliteBadge state={satellite.state} />
          </span>
          <TextLink
            to="/satellites/$id"
            params={{ id: satellite.id }}
            stretched
            quiet
            className="font-medium"
          >
            {satellite.name}
          </TextLink>
          <span className="text-ink-3">
            {state === "pending" ? null : "last heard "}
            <LastContact satellite={satellite} />
          </span>
          <span className="min-w-0 text-ink-2 max-sm:w-full sm:flex-1 sm:truncate">
            {satelliteLook(state).meaning}
          </span>
          {state === "pending" ? <SatelliteActions satellite={satellite} small /> : null}
        </Row>
      ))}
      {count > satellites.length ? (
        <Row>
          <TextLink to="/satellites" search={{ state }} stretched>
            {count - satellites.length} more
          </TextLink>
        </Row>
      ) : null}
    </>
  )
}

const Row = ({ children }: { readonly children: ReactNode }) => (
  <li className="relative flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm hover:bg-hover">
    {children}
  </li>
)

const Waiting = () => (
  <li className="flex h-11 items-center gap-4 px-4">
    <Bone className="w-24" />
    <Bone className="w-32" />
  </li>
)
