/**
 * A table that stays a table for screen readers and becomes cards where the screen is narrow. Order and
 * columns come from TanStack Table; sorting is offered only where all rows are at hand.
 */
import {
  type ColumnDef,
  type RowData,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table"
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react"
import { classNames } from "./class-names.ts"

export const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
})
export type Features = typeof features
export type Columns<T extends RowData> = readonly ColumnDef<Features, T>[]

declare module "@tanstack/table-core" {
  interface ColumnMeta<in out TFeatures, in out TData, TValue> {
    readonly align?: "end"
    /** The first column names the row; on cards it stands alone on top. */
    readonly names?: true
    /** On cards it stands in the upper corner, without its heading. */
    readonly corner?: true
    /** On cards it takes a whole line, without its heading; for actions. */
    readonly line?: true
    readonly width?: string
  }
}

const bare = (meta: { names?: true; corner?: true; line?: true } | undefined): boolean =>
  meta?.names === true || meta?.corner === true || meta?.line === true

type Props<T extends RowData> = {
  readonly label: string
  readonly columns: Columns<T>
  readonly rows: readonly T[]
  readonly rowKey: (row: T) => string
  readonly sortable?: boolean
  /** Rows that are too old to be taken for the present. */
  readonly stale?: (row: T) => boolean
}

export function DataTable<T extends RowData>(props: Props<T>) {
  const { label, columns, rows, rowKey, sortable = false, stale } = props
  const table = useTable<Features, T>({
    features,
    columns,
    data: rows,
    getRowId: rowKey,
    enableSorting: sortable,
  })
  const cornered = columns.some(({ meta }) => meta?.corner === true)
  return (
    <div className="@container min-w-0 overflow-x-auto">
      <table role="table" aria-label={label} className="w-full text-sm @max-[60rem]:block">
        <thead role="rowgroup" className="@max-[60rem]:sr-only">
          {table.getHeaderGroups().map((group) => (
            <tr role="row" key={group.id} className="border-b border-line">
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted()
                const canSort = header.column.getCanSort()
                return (
                  <th
                    role="columnheader"
                    key={header.id}
                    scope="col"
                    aria-sort={
                      sorted === false ? undefined : sorted === "asc" ? "ascending" : "descending"
                    }
                    className={classNames(
                      "h-9 px-2.5 text-left text-xs font-medium whitespace-nowrap text-ink-3 first:pl-4 last:pr-4",
                      header.column.columnDef.meta?.align === "end" && "text-right",
                      header.column.columnDef.meta?.width,
                    )}
                  >
                    {canSort ? (
                      <button
                        type="button"
                        onClick={header.column.getToggleSortingHandler()}
                        className="inline-flex items-center gap-1 rounded-sm hover:text-ink"
                      >
                        <table.FlexRender header={header} />
                        {sorted === "asc" ? (
                          <ArrowUp aria-hidden className="size-3" />
                        ) : sorted === "desc" ? (
                          <ArrowDown aria-hidden className="size-3" />
                        ) : (
                          <ChevronsUpDown aria-hidden className="size-3 opacity-50" />
                        )}
                      </button>
                    ) : (
                      <table.FlexRender header={header} />
                    )}
                  </th>
                )
              })}
            </tr>
          ))}
        </thead>
        <tbody role="rowgroup" className="@max-[60rem]:block">
          {table.getRowModel().rows.map((row) => (
            <tr
              role="row"
              key={row.id}
              className={classNames(
                "group/row relative border-b border-line last:border-b-0 hover:bg-hover",
                "@max-[60rem]:grid @max-[60rem]:grid-cols-2 @max-[60rem]:gap-x-4 @max-[60rem]:gap-y-2 @max-[60rem]:px-4 @max-[60rem]:py-3 @max-[60rem]:@md:grid-cols-3 @max-[60rem]:@2xl:grid-cols-4",
                stale?.(row.original) === true && "stale",
              )}
            >
              {row.getAllCells().map((cell) => {
                const meta = cell.column.columnDef.meta
                const name = cell.column.columnDef.header
                return (
                  <td
                    role="cell"
                    key={cell.id}
                    className={classNames(
                      "min-w-0 align-middle @[60rem]:h-12 @[60rem]:px-2.5 @[60rem]:py-1.5 @[60rem]:first:pl-4 @[60rem]:last:pr-4",
                      meta?.align === "end" && "@[60rem]:text-right",
                      meta?.names === true &&
                        "wrap-anywhere @max-[60rem]:col-span-full @[60rem]:min-w-44",
                      meta?.names === true && cornered && "@max-[60rem]:pr-28",
                      meta?.corner === true &&
                        "@max-[60rem]:absolute @max-[60rem]:top-2.5 @max-[60rem]:right-3",
                      meta?.line === true && "@max-[60rem]:col-span-full @max-[60rem]:empty:hidden",
                    )}
                  >
                    {bare(meta) || typeof name !== "string" ? null : (
                      <span aria-hidden className="mb-0.5 block text-xs text-ink-3 @[60rem]:hidden">
                        {name}
                      </span>
                    )}
                    <table.FlexRender cell={cell} />
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
