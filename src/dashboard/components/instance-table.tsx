/** The members of one cluster with all that their sidecars report. Absent figures are dashes, never zeros. */
import { getRouteApi } from "@tanstack/react-router"
import { createColumnHelper } from "@tanstack/react-table"
import type { ReactNode } from "react"
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import { type Member, diskUse, membersOf } from "../domain/cluster.ts"
import { fillToneOf, lagTone } from "../domain/tones.ts"
import { Age } from "../ui/age.tsx"
import { Changed } from "../ui/changed.tsx"
import { classNames } from "../ui/class-names.ts"
import { bytesText, lagText } from "../ui/format.ts"
import { Meter } from "../ui/meter.tsx"
import { type Columns, DataTable, type Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { fillTone, textTone } from "../ui/tone.ts"
import { PhaseWord, RoleBadge } from "./state-badge.tsx"
import { useStale } from "./observed.tsx"

const column = createColumnHelper<Features, Member>()

const columns: Columns<Member> = column.columns([
  column.accessor("pod", {
    header: "Instance",
    sortFn: "alphanumeric",
    meta: { names: true },
    cell: ({ row: { original: instance } }) => (
      <span className="flex flex-col gap-1">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-mono text-xs font-medium">{instance.pod}</span>
          <Changed value={instance.shown}>
            <RoleBadge role={instance.shown} />
          </Changed>
          {instance.synchronous ? (
            <span
              title="Commits wait for this standby."
              className="rounded-sm bg-good-soft px-1.5 text-xs leading-5 font-medium text-good"
            >
              sync
            </span>
          ) : null}
        </span>
        <MemberLogs pod={instance.pod} />
        {instance.reason === null ? null : (
          <span className="max-w-96 text-xs text-ink-3">{instance.reason}</span>
        )}
      </span>
    ),
  }),
  column.accessor("phase", {
    header: "Phase",
    sortFn: "alphanumeric",
    cell: ({ row: { original: instance } }) => (
      <span className="flex flex-col gap-0.5">
        <Changed value={instance.phase}>
          <PhaseWord phase={instance.phase} />
        </Changed>
        <Ready ready={instance.ready} />
      </span>
    ),
  }),
  column.accessor("lagBytes", {
    header: "Lag",
    sortFn: "basic",
    cell: ({ row: { original: instance } }) => <Lag instance={instance} />,
  }),
  column.accessor("timeline", {
    header: "Timeline",
    sortFn: "basic",
    cell: ({ row: { original: instance } }) => (
      <Changed value={String(instance.timeline)}>
        <Figure>{instance.timeline}</Figure>
      </Changed>
    ),
  }),
  column.accessor("connectionsUsed", {
    header: "Connections",
    sortFn: "basic",
    cell: ({ row: { original: instance } }) => <Connections instance={instance} />,
  }),
  column.accessor("dataBytes", {
    header: "Disk",
    sortFn: "basic",
    cell: ({ row: { original: instance } }) => <Disk instance={instance} />,
  }),
  column.accessor("receiver", {
    header: "WAL receiver",
    sortFn: "alphanumeric",
    cell: ({ row: { original: instance } }) => (
      <span className={instance.receiver === null ? "text-ink-3" : "text-ink-2"}>
        {instance.receiver ?? (instance.role === "primary" ? "not needed" : "none")}
      </span>
    ),
  }),
  column.accessor("startedAt", {
    header: "Running for",
    sortFn: "alphanumeric",
    cell: ({ row: { original: instance } }) => (
      <span className="flex flex-col text-ink-2">
        {instance.startedAt === null ? (
          <Figure>{null}</Figure>
        ) : (
          <Age at={instance.startedAt} form="span" />
        )}
        <span
          className={classNames(
            "text-xs",
            instance.containerRestarts > 0 ? "text-warn" : "text-ink-3",
          )}
        >
          {instance.containerRestarts === 1
            ? "1 restart"
            : `${instance.containerRestarts} restarts`}
        </span>
      </span>
    ),
  }),
])

export function InstanceTable({ cluster }: { readonly cluster: Cluster }) {
  const stale = useStale(cluster.observedAt)
  return (
    <div className={classNames(stale && "stale")}>
      <DataTable
        label="Instances"
        columns={columns}
        rows={membersOf(cluster)}
        rowKey={(instance) => instance.pod}
        sortable
      />
    </div>
  )
}

const route = getRouteApi("/signed-in/clusters/$id")

function MemberLogs({ pod }: { readonly pod: string }) {
  const { id } = route.useParams()
  return (
    <TextLink
      to="/clusters/$id/logs"
      params={{ id }}
      search={{ pod }}
      quiet
      aria-label={`Logs of ${pod}`}
      className="self-start text-xs text-ink-3 hover:text-ink"
    >
      Logs
    </TextLink>
  )
}

/** A figure, or a dash that says "not known" to screen readers. */
const Figure = ({ children }: { readonly children: ReactNode }) =>
  children === null || children === undefined ? (
    <span className="text-ink-3">
      <span aria-hidden>–</span>
      <span className="sr-only">not known</span>
    </span>
  ) : (
    <span className="tnum">{children}</span>
  )

const Ready = ({ ready }: { readonly ready: boolean }) => (
  <span className="inline-flex items-center gap-1.5 text-xs text-ink-3">
    <span
      aria-hidden
      className={classNames(
        "size-1.5 rounded-full",
        ready ? fillTone.good : "ring-1 ring-control ring-inset",
      )}
    />
    {ready ? "ready" : "not ready"}
  </span>
)

function Lag({ instance }: { readonly instance: Member }) {
  if (instance.shown === "claims-primary") return <Figure>{null}</Figure>
  if (instance.shown === "primary") return <span className="text-ink-3">leads</span>
  if (instance.lagBytes === null && instance.lagSeconds === null) return <Figure>{null}</Figure>
  return (
    <span className="tnum flex flex-col whitespace-nowrap" data-volatile>
      <span className={textTone[lagTone(instance)]}>
        {instance.lagBytes === null ? "–" : bytesText(instance.lagBytes)}
      </span>
      {instance.lagSeconds === null ? null : (
        <span className="text-xs text-ink-3">{lagText(instance.lagSeconds)}</span>
      )}
    </span>
  )
}

function Connections({ instance }: { readonly instance: Instance }) {
  const { connectionsUsed: used, connectionsActive: active, connectionsMax: most } = instance
  if (used === null || most === null) return <Figure>{null}</Figure>
  const text = `${used} of ${most}${active === null ? "" : `, ${active} active`}`
  return (
    <span className="flex flex-col gap-1">
      <span className="tnum text-xs whitespace-nowrap">
        {used} <span className="text-ink-3">of {most}</span>
        {active === null ? null : <span className="text-ink-3"> · {active} active</span>}
      </span>
      <Meter
        label="Connections"
        most={most}
        text={text}
        parts={[{ value: used, tone: fillToneOf(used / most) }]}
      />
    </span>
  )
}

function Disk({ instance }: { readonly instance: Instance }) {
  const disk = diskUse(instance)
  if (disk === undefined) {
    return <Figure>{instance.dataBytes === null ? null : bytesText(instance.dataBytes)}</Figure>
  }
  const used = disk.data + disk.wal + disk.other
  const text = `data ${bytesText(disk.data)}, WAL ${bytesText(disk.wal)}, ${bytesText(used)} of ${bytesText(disk.total)} used`
  return (
    <span className="flex flex-col gap-1" title={text}>
      <span className="tnum text-xs @[60rem]:whitespace-nowrap">
        {bytesText(disk.data)} <span className="text-ink-3">data ·</span> {bytesText(disk.wal)}{" "}
        <span className="text-ink-3">WAL</span>
      </span>
      <Meter
        label="Disk"
        most={disk.total}
        text={text}
        className="w-32 max-w-full"
        parts={[
          { value: disk.data, tone: fillToneOf(used / disk.total) },
          { value: disk.wal, tone: fillToneOf(used / disk.total), faint: true },
          { value: disk.other, tone: "quiet" },
        ]}
      />
    </span>
  )
}
