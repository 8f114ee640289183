/** Clusters in a table: what they are, how they stand, and since when that is known. */
import { createColumnHelper } from "@tanstack/react-table"
import type { Cluster } from "#wire/rest/clusters.ts"
import { membersReady, versionStanding } from "../domain/cluster.ts"
import { isStale } from "../domain/freshness.ts"
import { classNames } from "../ui/class-names.ts"
import { useTimed } from "../ui/clock.ts"
import { type Columns, DataTable, type Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { MemberDots } from "./member-dots.tsx"
import { Observed } from "./observed.tsx"
import { ProfileVersionOf } from "./profile-version.tsx"
import { ClusterBadge } from "./state-badge.tsx"

const column = createColumnHelper<Features, Cluster>()

const columns: Columns<Cluster> = column.columns([
  column.display({
    id: "name",
    header: "Cluster",
    meta: { names: true },
    cell: ({ row: { original: cluster } }) => (
      <span className="flex min-w-0 flex-col">
        <TextLink
          to="/clusters/$id"
          params={{ id: cluster.id }}
          stretched
          quiet
          className="font-medium"
        >
          {cluster.name}
        </TextLink>
        <span className="text-xs text-ink-3">{cluster.namespace}</span>
      </span>
    ),
  }),
  column.display({
    id: "state",
    header: "State",
    meta: { corner: true },
    cell: ({ row: { original: cluster } }) => <ClusterBadge state={cluster.state} />,
  }),
  column.display({
    id: "satellite",
    header: "Satellite",
    meta: { width: "min-w-36" },
    cell: ({ row: { original: cluster } }) => (
      <TextLink
        to="/satellites/$id"
        params={{ id: cluster.satelliteId }}
        quiet
        className="relative z-1 wrap-anywhere text-ink-2"
      >
        {cluster.satelliteName}
      </TextLink>
    ),
  }),
  column.display({
    id: "members",
    header: "Members",
    cell: ({ row: { original: cluster } }) => (
      <span className="flex items-center gap-2" data-volatile>
        <MemberDots cluster={cluster} />
        <span className="tnum whitespace-nowrap text-ink-2">
          {membersReady(cluster)} of {cluster.members} ready
        </span>
      </span>
    ),
  }),
  column.display({
    id: "primary",
    header: "Primary",
    meta: { width: "min-w-32" },
    cell: ({ row: { original: cluster } }) =>
      cluster.primary === null ? (
        <span className="text-ink-3">none</span>
      ) : (
        <span className="font-mono text-xs wrap-anywhere" data-volatile>
          {cluster.primary}
        </span>
      ),
  }),
  column.display({
    id: "postgres",
    header: "PostgreSQL",
    cell: ({ row: { original: cluster } }) => <span className="tnum">{cluster.postgresMajor}</span>,
  }),
  column.display({
    id: "profile-version",
    header: "Version",
    cell: ({ row: { original: cluster } }) => <ProfileVersionOf cluster={cluster} />,
  }),
  column.display({
    id: "version",
    header: "Configuration",
    cell: ({ row: { original: cluster } }) => {
      const standing = versionStanding(cluster)
      return (
        <span
          title={standing.meaning}
          className={classNames("whitespace-nowrap", standing.behind ? "text-warn" : "text-ink-2")}
        >
          {standing.text}
        </span>
      )
    },
  }),
  column.display({
    id: "observed",
    header: "As of",
    cell: ({ row: { original: cluster } }) => <Observed at={cluster.observedAt} />,
  }),
])

const withoutSatellite = columns.filter((each) => each.id !== "satellite")

type Props = { readonly clusters: readonly Cluster[]; readonly ofOneSatellite?: boolean }

export function ClusterTable({ clusters, ofOneSatellite = false }: Props) {
  const stale = useTimed((now) =>
    clusters
      .filter(({ observedAt }) => isStale(observedAt, now))
      .map(({ id }) => id)
      .join(" "),
  )
  return (
    <DataTable
      label="Clusters"
      columns={ofOneSatellite ? withoutSatellite : columns}
      rows={clusters}
      rowKey={(cluster) => cluster.id}
      stale={(cluster) => stale.includes(cluster.id)}
    />
  )
}
