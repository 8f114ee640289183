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
import { LastContact } from "./last-contact.tsx"
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
        <Row
          key={cluster.id}
          badge={<ClusterBadge state={cluster.state} />}
          name={
            <TextLink
              to="/clusters/$id"
              params={{ id: cluster.id }}
              stretched
              quiet
              className="font-medium"
            >
              {cluster.name}
            </TextLink>
          }
          where={`on ${cluster.satelliteName}`}
          why={cluster.reason}
        />
      ))}
      {count > clusters.length ? (
        <Row
          name={
            <TextLink to="/clusters" search={{ state }} stretched>
              {count - clusters.length} more
            </TextLink>
          }
        />
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
        <Row
          key={satellite.id}
          badge={<SatelliteBadge state={satellite.state} />}
          name={
            <TextLink
              to="/satellites/$id"
              params={{ id: satellite.id }}
              stretched
              quiet
              className="font-medium"
            >
              {satellite.name}
            </TextLink>
          }
          where={
            <>
              {state === "pending" ? null : "heard "}
              <LastContact satellite={satellite} />
            </>
          }
          why={satelliteLook(state).meaning}
          actions={state === "pending" ? <SatelliteActions satellite={satellite} small /> : null}
        />
      ))}
      {count > satellites.length ? (
        <Row
          name={
            <TextLink to="/satellites" search={{ state }} stretched>
              {count - satellites.length} more
            </TextLink>
          }
        />
      ) : null}
    </>
  )
}

type RowProps = {
  readonly badge?: ReactNode
  readonly name: ReactNode
  readonly where?: ReactNode
  readonly why?: string
  readonly actions?: ReactNode
}

const Row = ({ badge, name, where, why, actions }: RowProps) => (
  <li className="relative grid min-h-11 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-0.5 px-4 py-2 text-sm hover:bg-hover sm:grid-cols-[7.5rem_minmax(0,11rem)_minmax(0,12rem)_minmax(0,1fr)_auto]">
    <span className="max-sm:order-2">{badge}</span>
    <span className="wrap-anywhere">{name}</span>
    <span className="wrap-anywhere text-ink-3 max-sm:order-3 max-sm:col-span-full">{where}</span>
    <span className="wrap-anywhere text-ink-2 max-sm:order-4 max-sm:col-span-full">{why}</span>
    <span className="max-sm:order-5 max-sm:col-span-full max-sm:mt-1 max-sm:empty:hidden">
      {actions}
    </span>
  </li>
)

const Waiting = () => (
  <li className="flex h-11 items-center gap-4 px-4">
    <Bone className="w-24" />
    <Bone className="w-32" />
  </li>
)
