/** How many clusters of a rollout or of a stage are in which state: a bar, and the same in words. */
import type { Rollout } from "#wire/rest/rollouts.ts"
import { entryCounts, entryLook } from "../../domain/rollouts.ts"
import { classNames } from "../../ui/class-names.ts"
import { fillTone } from "../../ui/tone.ts"

type Props = { readonly counts: Rollout["counts"]; readonly total: number }

export function RolloutProgress({ counts, total }: Props) {
  const parts = entryCounts(counts)
  return (
    <div className="flex min-w-0 flex-col gap-1" data-volatile>
      <div aria-hidden className="flex h-1.5 gap-px overflow-hidden rounded-full bg-active">
        {parts
          .filter(({ state }) => state !== "waiting")
          .map(({ state, count }) => (
            <span
              key={state}
              data-meter-fill
              className={classNames("h-full", fillTone[entryLook(state).tone])}
              style={{ width: `${(100 * count) / Math.max(1, total)}%` }}
            />
          ))}
      </div>
      <p className="text-xs text-ink-2">
        {total === 0
          ? "no cluster"
          : parts
              .map(({ state, count }) => `${count} ${entryLook(state).word.toLowerCase()}`)
              .join(", ")}
      </p>
    </div>
  )
}
