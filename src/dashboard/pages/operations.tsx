/** Everything that people asked to be done to clusters: how far it is, who asked, how it ended. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { ListChecks, X } from "lucide-react"
import { useState } from "react"
import { operationStates } from "#core/switchover/operation.ts"
import { operationKinds } from "#wire/rest/operations.ts"
import { allOperationsQuery, clusterQuery, sessionQuery } from "../api/queries.ts"
import { operationColumns } from "../components/operation-columns.tsx"
import { NothingMatches, PagedTable } from "../components/paged.tsx"
import { StateFilter } from "../components/state-filter.tsx"
import { operationKind, operationLook } from "../domain/operations.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Select } from "../ui/select.tsx"
import { Empty } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/operations")

/** Stands for no filter: a key of a list is never empty. */
const every = "*"

const kindChoices = [
  { value: every as typeof every, name: "Every kind" },
  ...operationKinds.map((kind) => ({ value: kind, name: operationKind(kind) })),
]

export function OperationsPage() {
  useTitle("Operations")
  const filter = route.useSearch()
  const navigate = useNavigate({ from: "/operations" })
  const put = (change: Partial<typeof filter>): void =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const query = useInfiniteQuery(allOperationsQuery(filter))
  const { kind = every, actor } = filter
  const isFiltered = Object.values(filter).some((each) => each !== undefined)
  const actors = useActors(
    query.data?.pages.flatMap(({ items }) => items.map((one) => one.actor)) ?? [],
    actor,
  )
  return (
    <>
      <PageHeader
        title="Operations"
        lead="What people asked to be done to clusters, newest first, step by step as their sites do it."
      />
      <div className="mb-3 flex min-w-0 flex-wrap items-center gap-2">
        <StateFilter
          states={operationStates}
          look={operationLook}
          value={filter.state}
          onChange={(state) => put({ state })}
        />
        <Select
          label="Kind"
          labelHidden
          choices={kindChoices}
          value={kind}
          onChange={(chosen) => put({ kind: chosen === every ? undefined : chosen })}
          className="w-40 max-sm:flex-1"
        />
        <Select
          label="Asked by"
          labelHidden
          choices={actors}
          value={actor ?? every}
          onChange={(chosen) => put({ actor: chosen === every ? undefined : chosen })}
          className="w-48 max-sm:flex-1"
        />
        {filter.cluster === undefined ? null : (
          <OfCluster id={filter.cluster} onRemove={() => put({ cluster: undefined })} />
        )}
      </div>
      <Panel>
        <PagedTable
          what="operations"
          query={query}
          columns={operationColumns}
          rowKey={({ id }) => id}
          empty={
            isFiltered ? (
              <NothingMatches
                one="operation"
                onShowAll={() => navigate({ search: {}, replace: true })}
              />
            ) : (
              <Empty
                icon={ListChecks}
                title="Nobody has asked for anything yet"
                action={<ButtonLink to="/clusters">Go to the clusters</ButtonLink>}
              >
                A switchover is asked for on the page of its cluster. Each is listed here with its
                steps and how it ended.
              </Empty>
            )
          }
        />
      </Panel>
    </>
  )
}

/** Everybody who was seen to ask since the page was opened, and who looks at it. */
function useActors(shown: readonly string[], chosen: string | undefined) {
  const { data: session } = useQuery(sessionQuery)
  const [seen, setSeen] = useState<readonly string[]>([])
  const me = session?.user
  const fresh = [me, chosen, ...shown].filter((name) => name !== undefined && !seen.includes(name))
  if (fresh.length > 0) setSeen([...new Set([...seen, ...fresh])].flatMap((name) => name ?? []))
  return [
    { value: every, name: "Asked by anybody" },
    ...seen
      .toSorted((a, b) => a.localeCompare(b))
      .map((name) => ({ value: name, name: name === me ? `${name} (you)` : name })),
  ]
}

function OfCluster({ id, onRemove }: { readonly id: string; readonly onRemove: () => void }) {
  const { data } = useQuery(clusterQuery(id))
  return (
    <Button
      small
      onPress={onRemove}
      aria-label={`Show the operations of all clusters, not only of ${data?.name ?? id}`}
    >
      Of {data?.name ?? "one cluster"}
      <X aria-hidden className="size-3.5" />
    </Button>
  )
}
