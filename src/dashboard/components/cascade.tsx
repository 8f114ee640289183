/** What a deed would mean for clusters, as central says it before anything is done: by fate, each by name. */
import type { UseQueryResult } from "@tanstack/react-query"
import { type Cascade, type Fate, fates } from "#wire/rest/cascade.ts"
import { fateLook } from "../domain/words.ts"
import { Checkbox } from "../ui/checkbox.tsx"
import { Disclosure } from "../ui/disclosure.tsx"
import { countText } from "../ui/format.ts"
import { Notice } from "../ui/notice.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { textTone } from "../ui/tone.ts"
import { LoadFailed } from "./load-failed.tsx"

type Props = {
  readonly query: Pick<UseQueryResult<Cascade>, "data" | "error" | "isFetching"> & {
    readonly refetch: () => unknown
  }
  /** Whether clusters may be deleted; absent where the deed deletes none. */
  readonly confirmed?: boolean
  readonly onConfirm?: (confirmed: boolean) => void
}

/** Lists longer than this begin closed. */
const openMax = 6

export function CascadeShown({ query, confirmed = false, onConfirm }: Props) {
  const { data } = query
  if (data === undefined)
    return query.error !== null ? (
      <LoadFailed
        what="What it would mean for clusters"
        error={query.error}
        retry={query.refetch}
        retrying={query.isFetching}
      />
    ) : (
      <LoadingRows what="what it would mean for clusters" rows={2} />
    )
  const { counts, refusal } = data
  const met = fates.filter((fate) => counts[fate] > 0)
  return (
    <section aria-label="What it means for clusters" className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">What it means for clusters</h3>
      {met.length === 0 ? (
        <p role="status" className="text-sm text-ink-2">
          Nothing changes for any cluster.
        </p>
      ) : (
        met.map((fate) => <OfFate key={fate} fate={fate} cascade={data} />)
      )}
      {refusal === null ? null : <Notice tone="bad">It would be refused: {refusal}</Notice>}
      {counts.delete > 0 && onConfirm !== undefined ? (
        <Checkbox
          label={`Delete ${countText(counts.delete, "cluster")} with all data`}
          value={confirmed}
          onChange={onConfirm}
        />
      ) : null}
    </section>
  )
}

function OfFate({ fate, cascade }: { readonly fate: Fate; readonly cascade: Cascade }) {
  const { word, tone } = fateLook(fate)
  const count = cascade.counts[fate]
  const named = cascade.clusters.filter((cluster) => cluster.fate === fate)
  return (
    <Disclosure
      title={<span className={textTone[tone]}>{word}</span>}
      aside={<span className="tnum text-xs">{count}</span>}
      open={count <= openMax}
    >
      <ul className="max-h-48 overflow-y-auto pb-2 pl-5 text-sm">
        {named.map((cluster) => (
          <li
            key={`${cluster.satelliteId}/${cluster.namespace}/${cluster.name}`}
            className="break-words"
          >
            <span className="font-medium">{cluster.name}</span>{" "}
            <span className="text-ink-3">
              in {cluster.namespace} on {cluster.satelliteName}
              {cluster.ruleName === null ? "" : `, by rule ${cluster.ruleName}`}
            </span>
            {cluster.warning === null ? null : (
              <span className="block text-xs text-warn">{cluster.warning}</span>
            )}
          </li>
        ))}
        {count > named.length ? (
          <li className="text-ink-3">and {count - named.length} more</li>
        ) : null}
      </ul>
    </Disclosure>
  )
}

/** The ids that confirm the deletions which are shown; undefined where there are none. */
export const confirmedBy = (cascade: Cascade | undefined): string[] | undefined => {
  const ids = cascade?.clusters.flatMap(({ fate, clusterId }) =>
    fate === "delete" && clusterId !== null ? [clusterId] : [],
  )
  return ids === undefined || ids.length === 0 ? undefined : ids
}
