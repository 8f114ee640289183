/** The sites with their clusters, trouble first. A large fleet shows its first sites and the way to all. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { RadioTower } from "lucide-react"
import type { Cluster } from "#wire/rest/clusters.ts"
import { clustersQuery, satellitesQuery } from "../api/queries.ts"
import { type Site, sitesOf } from "../domain/attention.ts"
import { membersReady } from "../domain/cluster.ts"
import { Age } from "../ui/age.tsx"
import { classNames } from "../ui/class-names.ts"
import { Panel } from "../ui/panel.tsx"
import { Empty, LoadingRows } from "../ui/states.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { LoadFailed } from "./load-failed.tsx"
import { MemberDots } from "./member-dots.tsx"
import { LastContact } from "./last-contact.tsx"
import { useStale } from "./observed.tsx"
import { ClusterBadge, SatelliteBadge } from "./state-badge.tsx"

const most = 24

export function Sites() {
  const satellites = useInfiniteQuery(satellitesQuery({}, 100))
  const clusters = useInfiniteQuery(clustersQuery({}, 200))
  const failed = satellites.isError ? satellites : clusters
  const sites = sitesOf(
    satellites.data?.pages.flatMap((page) => page.items) ?? [],
    clusters.data?.pages.flatMap((page) => page.items) ?? [],
  )
  return (
    <Panel
      title="Sites"
      aside={
        <TextLink to="/satellites" className="text-sm">
          All satellites
        </TextLink>
      }
    >
      {satellites.isPending || clusters.isPending ? (
        <LoadingRows what="sites" rows={5} />
      ) : failed.isError && sites.length === 0 ? (
        <LoadFailed
          what="The sites"
          error={failed.error}
          retry={failed.refetch}
          retrying={failed.isFetching}
        />
      ) : sites.length === 0 ? (
        <Empty icon={RadioTower} title="No site yet">
          Approve a waiting satellite, and its site appears here.
        </Empty>
      ) : (
        <ul className="divide-y divide-line">
          {sites.slice(0, most).map((site) => (
            <SiteRow key={site.satellite.id} site={site} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

const SiteRow = ({ site: { satellite, clusters } }: { readonly site: Site }) => (
  <li className="px-4 py-3">
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <TextLink
        to="/satellites/$id"
        params={{ id: satellite.id }}
        quiet
        className="min-w-0 font-semibold wrap-anywhere"
      >
        {satellite.name}
      </TextLink>
      <SatelliteBadge state={satellite.state} />
      <span className="ml-auto text-xs text-ink-3">
        <LastContact satellite={satellite} />
      </span>
    </div>
    {clusters.length === 0 ? (
      <p className="mt-1.5 text-sm text-ink-3">
        No clusters: no deployment rule matches its labels.
      </p>
    ) : (
      <ul className="mt-2 grid gap-2 grid-cols-[repeat(auto-fit,minmax(min(16rem,100%),1fr))]">
        {clusters.map((cluster) => (
          <ClusterCard key={cluster.id} cluster={cluster} />
        ))}
      </ul>
    )}
  </li>
)

function ClusterCard({ cluster }: { readonly cluster: Cluster }) {
  const stale = useStale(cluster.observedAt)
  return (
    <li
      className={classNames(
        "relative rounded-md border border-line bg-surface px-3 py-2.5 text-sm hover:border-line-strong hover:bg-hover",
        stale && "stale",
      )}
    >
      <div className="flex items-start justify-between gap-2">
        <TextLink
          to="/clusters/$id"
          params={{ id: cluster.id }}
          stretched
          quiet
          className="min-w-0 font-medium wrap-anywhere"
        >
          {cluster.name}
        </TextLink>
        <ClusterBadge state={cluster.state} />
      </div>
      <div
        className="mt-1.5 flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs text-ink-3"
        data-volatile
      >
        <MemberDots cluster={cluster} />
        <span className="tnum whitespace-nowrap">
          {membersReady(cluster)} of {cluster.members} ready
          {stale && cluster.observedAt !== null ? (
            <>
              , <Age at={cluster.observedAt} />
            </>
          ) : null}
        </span>
        <span className="ml-auto min-w-0 wrap-anywhere">
          {cluster.primary === null ? (
            "no primary"
          ) : (
            <span className="font-mono">{cluster.primary}</span>
          )}
        </span>
      </div>
    </li>
  )
}
