/** Satellites in a table, with what can be done to those that wait. */
import { createColumnHelper } from "@tanstack/react-table"
import type { Satellite } from "#wire/rest/satellites.ts"
import { type Columns, DataTable, type Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { LastContact } from "./last-contact.tsx"
import { Labels } from "./labels.tsx"
import { SatelliteActions } from "./satellite-actions.tsx"
import { SatelliteBadge } from "./state-badge.tsx"

const column = createColumnHelper<Features, Satellite>()

const columns: Columns<Satellite> = column.columns([
  column.display({
    id: "name",
    header: "Satellite",
    meta: { names: true },
    cell: ({ row: { original: satellite } }) => (
      <span className="flex min-w-0 flex-col">
        <TextLink
          to="/satellites/$id"
          params={{ id: satellite.id }}
          stretched
          quiet
          className="font-medium"
        >
          {satellite.name}
        </TextLink>
        {satellite.site === satellite.name ? null : (
          <span className="text-xs text-ink-3">registered as {satellite.site}</span>
        )}
      </span>
    ),
  }),
  column.display({
    id: "state",
    header: "State",
    meta: { corner: true },
    cell: ({ row: { original: satellite } }) => <SatelliteBadge state={satellite.state} />,
  }),
  column.display({
    id: "seen",
    header: "Last contact",
    cell: ({ row: { original: satellite } }) => <LastContact satellite={satellite} />,
  }),
  column.display({
    id: "clusters",
    header: "Clusters",
    meta: { align: "end" },
    cell: ({ row: { original: satellite } }) => (
      <span className="tnum">{satellite.clusterCount}</span>
    ),
  }),
  column.display({
    id: "labels",
    header: "Labels",
    cell: ({ row: { original: satellite } }) => <Labels labels={satellite.labels} />,
  }),
  column.display({
    id: "kubernetes",
    header: "Kubernetes",
    cell: ({ row: { original: satellite } }) => (
      <span className="text-ink-2">{satellite.kubernetesVersion}</span>
    ),
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", line: true },
    cell: ({ row: { original: satellite } }) =>
      satellite.state === "pending" ? <SatelliteActions satellite={satellite} small /> : null,
  }),
])

export const SatelliteTable = ({ satellites }: { readonly satellites: readonly Satellite[] }) => (
  <DataTable
    label="Satellites"
    columns={columns}
    rows={satellites}
    rowKey={(satellite) => satellite.id}
  />
)
