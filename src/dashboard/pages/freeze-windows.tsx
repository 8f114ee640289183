/** Times in which rollouts hold still on some satellites. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { Plus, Snowflake } from "lucide-react"
import { useState } from "react"
import type { FreezeWindow } from "#wire/rest/freeze-windows.ts"
import { Only } from "../components/only.tsx"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { freezeWindowsQuery } from "../api/rollout-queries.ts"
import { Labels } from "../components/labels.tsx"
import { PagedTable } from "../components/paged.tsx"
import { freezeTimeText } from "../domain/freeze.ts"
import { DeleteNamed } from "../forms/delete-named.tsx"
import { FreezeWindowForm } from "../forms/freeze-window.tsx"
import { ToneWord } from "../ui/badge.tsx"
import { Button } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty } from "../ui/states.tsx"
import type { Columns, Features } from "../ui/table.tsx"
import { useTitle } from "../ui/title.ts"

const column = createColumnHelper<Features, FreezeWindow>()

const columns: Columns<FreezeWindow> = column.columns([
  column.display({
    id: "name",
    header: "Freeze window",
    meta: { names: true },
    cell: ({ row: { original: window } }) => <span className="font-medium">{window.name}</span>,
  }),
  column.display({
    id: "state",
    header: "Now",
    meta: { corner: true },
    cell: ({ row: { original: window } }) => (
      <ToneWord tone={window.isActive ? "warn" : "quiet"}>
        {window.isActive ? "Holds" : "Open"}
      </ToneWord>
    ),
  }),
  column.display({
    id: "time",
    header: "When",
    cell: ({ row: { original: window } }) => <span>{freezeTimeText(window)}</span>,
  }),
  column.display({
    id: "where",
    header: "On satellites with",
    cell: ({ row: { original: window } }) =>
      Object.keys(window.selector).length === 0 ? (
        <span className="text-ink-2">any labels</span>
      ) : (
        <Labels labels={window.selector} most={6} />
      ),
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", line: true },
    cell: ({ row: { original: window } }) => (
      <Only who="editFreezeWindow">
        <Actions window={window} />
      </Only>
    ),
  }),
])

export function FreezeWindowsPage() {
  useTitle("Freeze windows")
  const [making, setMaking] = useState(false)
  const query = useInfiniteQuery(freezeWindowsQuery())
  const make = (
    <Only who="createFreezeWindow">
      <Button kind="primary" onPress={() => setMaking(true)}>
        <Plus aria-hidden className="size-3.5" />
        New freeze window
      </Button>
    </Only>
  )
  return (
    <>
      <PageHeader
        title="Freeze windows"
        lead="Rollouts begin nothing on matching satellites while a window holds; what is under way comes to its end."
        actions={make}
      />
      <Panel>
        <PagedTable
          what="freeze windows"
          query={query}
          columns={columns}
          rowKey={({ id }) => id}
          empty={
            <Empty icon={Snowflake} title="No freeze window" action={make}>
              Rollouts move clusters at any time. A window keeps them from doing so, in opening
              hours or over a holiday.
            </Empty>
          }
        />
      </Panel>
      {making ? <FreezeWindowForm onClose={() => setMaking(false)} /> : null}
    </>
  )
}

function Actions({ window }: { readonly window: FreezeWindow }) {
  const [open, setOpen] = useState<"edit" | "delete">()
  const close = () => setOpen(undefined)
  return (
    <>
      <span className="flex gap-1.5 @[60rem]:justify-end">
        <Button small onPress={() => setOpen("edit")} aria-label={`Edit ${window.name}`}>
          Edit
        </Button>
        <Button
          small
          kind="danger"
          aria-label={`Delete ${window.name}`}
          onPress={() => setOpen("delete")}
        >
          Delete
        </Button>
      </span>
      {open === "edit" ? <FreezeWindowForm window={window} onClose={close} /> : null}
      {open === "delete" ? (
        <DeleteNamed
          title={`Delete freeze window ${window.name}?`}
          verb="Delete freeze window"
          verbing="Deleting…"
          done={`Freeze window ${window.name} is deleted.`}
          run={() => call("deleteFreezeWindow", { params: { id: window.id } })}
          stale={keys.freezeWindows}
          onClose={close}
        >
          {window.isActive
            ? "It holds now: rollouts that wait for its end go on at once."
            : "Rollouts are not held by it any more."}
        </DeleteNamed>
      ) : null}
    </>
  )
}
