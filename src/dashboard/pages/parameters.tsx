/** The table of PostgreSQL's parameters: what each takes, and what a change of it asks of clusters, which people decide. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { createColumnHelper } from "@tanstack/react-table"
import { SearchX } from "lucide-react"
import { useState } from "react"
import { type PostgresMajor, postgresMajors } from "#core/cluster/spec.ts"
import type { ShownParameter } from "#wire/rest/parameters.ts"
import { Only } from "../components/only.tsx"
import { parameterListQuery } from "../api/intent-queries.ts"
import { PagedTable } from "../components/paged.tsx"
import { SearchBox } from "../components/search-box.tsx"
import { orderLook, rangeText } from "../domain/parameters.ts"
import { OrderParameter } from "../forms/order-parameter.tsx"
import { ToneWord } from "../ui/badge.tsx"
import { Button } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Segments } from "../ui/segments.tsx"
import { Empty } from "../ui/states.tsx"
import type { Columns, Features } from "../ui/table.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/parameters")
const column = createColumnHelper<Features, ShownParameter>()

const told: Columns<ShownParameter> = column.columns([
  column.display({
    id: "name",
    header: "Parameter",
    meta: { names: true },
    cell: ({ row: { original: parameter } }) => (
      <span className="flex max-w-xl min-w-0 flex-col">
        <code className="font-mono text-sm font-medium break-all">{parameter.name}</code>
        <span className="text-xs text-ink-2">{parameter.about}</span>
      </span>
    ),
  }),
  column.display({
    id: "takes",
    header: "Takes",
    cell: ({ row: { original: parameter } }) => (
      <span className="block max-w-56 text-xs break-words text-ink-2">{rangeText(parameter)}</span>
    ),
  }),
  column.display({
    id: "standard",
    header: "Default",
    cell: ({ row: { original: parameter } }) => (
      <code className="block max-w-48 font-mono text-xs break-all">{parameter.standard}</code>
    ),
  }),
  column.display({
    id: "order",
    header: "A change asks for",
    cell: ({ row: { original: parameter } }) => {
      const { word, tone, meaning } = orderLook(parameter)
      return (
        <ToneWord tone={tone} title={meaning}>
          {word}
        </ToneWord>
      )
    },
  }),
  column.display({
    id: "ordered",
    header: "Decided by",
    cell: ({ row: { original: parameter } }) =>
      parameter.ordered === null ? (
        <span className="text-ink-3">PostgreSQL</span>
      ) : (
        <span className="flex max-w-56 flex-col">
          {parameter.ordered.actor}
          <span className="text-xs break-words text-ink-3">{parameter.ordered.note}</span>
        </span>
      ),
  }),
])

const columnsOf = (major: PostgresMajor): Columns<ShownParameter> => [
  ...told,
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", line: true },
    cell: ({ row: { original: parameter } }) => (
      <Only who="orderParameter">
        <Change major={major} parameter={parameter} />
      </Only>
    ),
  }),
]
const columns: ReadonlyMap<string, Columns<ShownParameter>> = new Map(
  postgresMajors.map((major) => [String(major), columnsOf(major)]),
)

export function ParametersPage() {
  useTitle("Parameters")
  const { major = "17", search } = route.useSearch()
  const navigate = useNavigate({ from: "/parameters" })
  const query = useInfiniteQuery(parameterListQuery(major, search))
  return (
    <>
      <PageHeader
        title="Parameters"
        lead="What profiles may set, and what a change of each asks of clusters. More than PostgreSQL needs may be ordered, less may not."
      />
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <Segments
          label="PostgreSQL version"
          choices={postgresMajors.map((each) => ({
            value: `${each}` as const,
            name: `PostgreSQL ${each}`,
          }))}
          value={major}
          onChange={(chosen) =>
            void navigate({ search: (old) => ({ ...old, major: chosen }), replace: true })
          }
        />
        <SearchBox
          label="Search parameters"
          placeholder="Name"
          value={search}
          onSearch={(text) =>
            void navigate({ search: (old) => ({ ...old, search: text }), replace: true })
          }
        />
      </div>
      <Panel>
        <PagedTable
          what="parameters"
          query={query}
          columns={columns.get(major) ?? told}
          rowKey={({ name }) => name}
          empty={
            <Empty icon={SearchX} title="No parameter matches">
              PostgreSQL {major} has none with “{search}” in its name that a profile may set.
            </Empty>
          }
        />
      </Panel>
    </>
  )
}

function Change({
  major,
  parameter,
}: {
  readonly major: PostgresMajor
  readonly parameter: ShownParameter
}) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button
        small
        onPress={() => setOpen(true)}
        aria-label={`Change what ${parameter.name} asks for`}
      >
        Change
      </Button>
      {open ? (
        <OrderParameter major={major} parameter={parameter} onClose={() => setOpen(false)} />
      ) : null}
    </>
  )
}
