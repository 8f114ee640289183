/**
 * A list that central hands out page by page, in its four states: loading, failed, empty, rows. Whoever
 * shows it brings the query, the columns, and what to say where there is nothing.
 */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query"
import type { RowData } from "@tanstack/react-table"
import type { ReactNode } from "react"
import { type Columns, DataTable } from "../ui/table.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { LoadFailed } from "./load-failed.tsx"
import { More } from "./more.tsx"

type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }

type Props<T extends RowData> = {
  /** What the rows are, in the plural and in lower case: `operations`. */
  readonly what: string
  readonly query: UseInfiniteQueryResult<InfiniteData<Page<T>>>
  readonly columns: Columns<T>
  readonly rowKey: (row: T) => string
  /** Shown instead of the table where there is no row. */
  readonly empty: ReactNode
}

export function PagedTable<T extends RowData>({ what, query, columns, rowKey, empty }: Props<T>) {
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
      <DataTable
        label={`${what.charAt(0).toUpperCase()}${what.slice(1)}`}
        columns={columns}
        rows={rows}
        rowKey={rowKey}
      />
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
