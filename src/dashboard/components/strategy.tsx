/** What a change asks of a cluster, as a badge; and its rounds of restarts. */
import type { ShownImpact } from "#wire/rest/profile-versions.ts"
import type { Strategy } from "#core/rollout/impact.ts"
import { passLook, strategyLook } from "../domain/words.ts"
import { Badge } from "../ui/badge.tsx"

export function StrategyBadge({ strategy }: { readonly strategy: Strategy }) {
  const { word, tone, meaning } = strategyLook(strategy)
  return (
    <Badge tone={tone === "busy" ? "quiet" : tone} title={meaning}>
      {word}
    </Badge>
  )
}

/** Only where there is more to say than the summary says: what rises and what falls takes two rounds. */
export const Passes = ({ passes }: Pick<ShownImpact, "passes">) =>
  passes.length < 2 ? null : (
    <ol aria-label="Rounds of restarts" className="flex flex-col gap-0.5 text-sm text-ink-2">
      {passes.map(({ order, parameters }, at) => (
        <li key={`${order} ${parameters.join(" ")}`}>
          <span className="tnum text-ink-3">{at + 1}. </span>
          <span className="font-medium text-ink">{passLook(order).word}.</span>{" "}
          {passLook(order).meaning}
          {parameters.length === 0 ? null : (
            <>
              {" "}
              New in it: <code className="font-mono text-xs">{parameters.join(", ")}</code>
            </>
          )}
        </li>
      ))}
    </ol>
  )
