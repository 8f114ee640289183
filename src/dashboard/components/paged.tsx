/**
 * A list that central hands out page by page, in its four states: loading, failed, empty, rows. Whoever
 * shows it brings the query, how rows look, and what to say where there is nothing.
 */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query"
import type { RowData } from "@tanstack/react-table"
import { SearchX } from "lucide-react"
import type { ReactNode } from "react"
import { Button } from "../ui/button.tsx"
import { capitalised } from "../ui/format.ts"
import { Empty, LoadingRows } from "../ui/states.tsx"
import { type Columns, DataTable } from "../ui/table.tsx"
import { LoadFailed } from "./load-failed.tsx"
import { More } from "./more.tsx"

type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }

type ListProps<T> = {
  /** What the rows are, in the plural and in lower case: `operations`. */
  readonly what: string
  readonly query: UseInfiniteQueryResult<InfiniteData<Page<T>>>
  /** Shown instead of the rows where there is none. */
  readonly empty: ReactNode
  readonly children: (rows: readonly T[]) => ReactNode
}

export function PagedList<T>({ what, query, empty, children }: ListProps<T>) {
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isPending) return <LoadingRows what={what} />
  if (query.isError && rows.length === 0) {
    return (
      <LoadFailed
        what={`The list of ${what}`}
        error={query.error}
        retry={query.refetch}
        retrying={query.isFetching}
      />
    )
  }
  if (rows.length === 0) return empty
  return (
    <>
      {children(rows)}
      <More
        shown={rows.length}
        what={what}
        hasMore={query.hasNextPage}
        loading={query.isFetchingNextPage}
        failed={query.isFetchNextPageError}
        onMore={query.fetchNextPage}
      />
    </>
  )
}

type TableProps<T extends RowData> = Omit<ListProps<T>, "children"> & {
  readonly columns: Columns<T>
  readonly rowKey: (row: T) => string
}

export const PagedTable = <T extends RowData>({ columns, rowKey, ...list }: TableProps<T>) => (
  <PagedList {...list}>
    {(rows) => (
      <DataTable label={capitalised(list.what)} columns={columns} rows={rows} rowKey={rowKey} />
    )}
  </PagedList>
)

type NothingProps = {
  /** One of them: `operation`. */
  readonly one: string
  readonly onShowAll: () => unknown
  readonly children?: ReactNode
}

/** There are some, but none that fits the filters. */
export const NothingMatches = ({
  one,
  onShowAll,
  children = "None fits these filters.",
}: NothingProps) => (
  <Empty
    icon={SearchX}
    title={`No ${one} matches`}
    action={<Button onPress={() => void onShowAll()}>Show all {one}s</Button>}
  >
    {children}
  </Empty>
)
