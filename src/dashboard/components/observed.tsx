/** Since when what is shown is known. Grey and marked when it is too old to be taken for the present. */
import { Clock } from "lucide-react"
import { isStale } from "../domain/freshness.ts"
import { Age } from "../ui/age.tsx"
import { classNames } from "../ui/class-names.ts"
import { useTimed } from "../ui/clock.ts"

export function Observed({ at }: { readonly at: string | null }) {
  const stale = useTimed((now) => isStale(at, now))
  if (at === null) return <span className="text-ink-3">No report yet</span>
  return (
    <span className={classNames("inline-flex items-center gap-1.5", stale && "text-ink-3")}>
      <Age at={at} />
      {stale ? (
        <span className="inline-flex items-center gap-1 text-xs font-medium text-warn">
          <Clock aria-hidden className="size-3" />
          stale
        </span>
      ) : null}
    </span>
  )
}

/** Dims what stands inside while it is older than a report should be. */
export const useStale = (at: string | null): boolean => useTimed((now) => isStale(at, now))
