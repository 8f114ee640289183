/** The databases of a cluster: what was asked for, and whether the primary has it. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { Database, Ellipsis, Plus } from "lucide-react"
import { useState } from "react"
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { ClusterDatabase } from "#wire/rest/databases.ts"
import { databasesQuery } from "../api/queries.ts"
import { databaseLook, reachText } from "../domain/databases.ts"
import { DropDatabase } from "../forms/drop-database.tsx"
import { EditDatabase } from "../forms/edit-database.tsx"
import { NewDatabase } from "../forms/new-database.tsx"
import { RotatePassword } from "../forms/rotate-password.tsx"
import { ToneWord } from "../ui/badge.tsx"
import { Button, IconButton } from "../ui/button.tsx"
import { classNames } from "../ui/class-names.ts"
import { Panel } from "../ui/panel.tsx"
import { itemClass, popoverClass } from "../ui/select.tsx"
import { Empty } from "../ui/states.tsx"
import type { Columns, Features } from "../ui/table.tsx"
import { Only } from "./only.tsx"
import { PagedTable } from "./paged.tsx"

export function DatabasePanel({ cluster }: { readonly cluster: Cluster }) {
  const [adding, setAdding] = useState(false)
  const query = useInfiniteQuery(databasesQuery(cluster.id))
  const canAdd = cluster.state !== "deleting"
  const add = (
    <Only who="createDatabase">
      <Button small onPress={() => setAdding(true)}>
        <Plus aria-hidden className="size-3.5" />
        New database
      </Button>
    </Only>
  )
  return (
    <Panel title="Databases" aside={canAdd ? add : null}>
      <PagedTable
        what="databases"
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        empty={
          <Empty icon={Database} title="No database was asked for yet">
            A database comes with the role that owns it, and can be limited to addresses. It is made
            in the running cluster, without a restart.
          </Empty>
        }
      />
      {adding ? <NewDatabase cluster={cluster} onClose={() => setAdding(false)} /> : null}
    </Panel>
  )
}

const column = createColumnHelper<Features, ClusterDatabase>()

const columns: Columns<ClusterDatabase> = column.columns([
  column.display({
    id: "name",
    header: "Database",
    meta: { names: true },
    cell: ({ row: { original } }) => (
      <span className="font-mono text-sm font-medium break-all">{original.name}</span>
    ),
  }),
  column.display({
    id: "owner",
    header: "Owner",
    cell: ({ row: { original } }) => (
      <span className="font-mono text-xs break-all">{original.owner}</span>
    ),
  }),
  column.display({
    id: "reach",
    header: "Reached from",
    cell: ({ row: { original } }) => (
      <span className="flex min-w-0 flex-col text-xs break-words">
        <span className={original.allowedCidrs.length === 0 ? "text-ink-3" : "font-mono"}>
          {reachText(original.allowedCidrs)}
        </span>
        {original.allowedCidrs.length > 0 && !original.endSessions ? (
          <span className="text-ink-3">sessions from elsewhere may stay</span>
        ) : null}
      </span>
    ),
  }),
  column.display({
    id: "sessions",
    header: "Sessions",
    meta: { align: "end" },
    cell: ({ row: { original } }) => <span className="tnum">{original.sessions ?? "–"}</span>,
  }),
  column.display({
    id: "state",
    header: "State",
    cell: ({ row: { original } }) => {
      const { word, tone } = databaseLook(original.state)
      return (
        <span className="flex min-w-0 flex-col">
          <ToneWord tone={tone} title={original.reason}>
            {word}
          </ToneWord>
          {original.state === "applied" ? null : (
            <span className="text-xs break-words text-ink-2">{original.reason}</span>
          )}
        </span>
      )
    },
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", corner: true },
    cell: ({ row: { original } }) =>
      original.state === "dropping" ? null : (
        <Only who="editDatabase">
          <Actions database={original} />
        </Only>
      ),
  }),
])

const deeds = { rotate: "New password…", edit: "Edit owner and reach…", drop: "Drop…" } as const
type Deed = keyof typeof deeds
const deedsInOrder = ["rotate", "edit", "drop"] as const satisfies readonly Deed[]

function Actions({ database }: { readonly database: ClusterDatabase }) {
  const [open, setOpen] = useState<Deed>()
  const close = () => setOpen(undefined)
  return (
    <>
      <MenuTrigger>
        <IconButton label={`Change ${database.name}`}>
          <Ellipsis aria-hidden className="size-4" />
        </IconButton>
        <Popover placement="bottom end" className={popoverClass}>
          <Menu
            aria-label={`Change ${database.name}`}
            onAction={(key) => setOpen(deedsInOrder.find((deed) => deed === key))}
            className="min-w-48 p-1 outline-none"
          >
            {deedsInOrder.map((deed) => (
              <MenuItem
                key={deed}
                id={deed}
                className={classNames(itemClass, deed === "drop" && "text-bad")}
              >
                {deeds[deed]}
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      {open === "rotate" ? <RotatePassword database={database} onClose={close} /> : null}
      {open === "edit" ? <EditDatabase database={database} onClose={close} /> : null}
      {open === "drop" ? <DropDatabase database={database} onClose={close} /> : null}
    </>
  )
}
