/** What a rule would do on each satellite that it matches, said before it is saved. */
import { type DeploymentRule, matches, type Placement, type Site } from "#core/rollout/match.ts"

/**
 * `create`: the cluster would be made. `has`: the rule's cluster is there already. `conflict`: the place is
 * somebody else's. `left-alone`: a person deleted the rule's cluster there.
 */
export const verdicts = ["create", "has", "conflict", "left-alone"] as const
export type Verdict = (typeof verdicts)[number]

export type Matched = {
  readonly site: Site
  readonly verdict: Verdict
  /** Complete sentence; undefined where the verdict says it all. */
  readonly reason: string | undefined
}

/** Every site that `rule` matches; `placement` is what `place` said of these sites with the rule among the others. */
export function preview(
  rule: DeploymentRule,
  sites: readonly Site[],
  placement: Placement,
  excepted: readonly { readonly ruleId: string; readonly satelliteId: string }[],
): readonly Matched[] {
  const skipped = new Set(
    excepted.filter(({ ruleId }) => ruleId === rule.id).map(({ satelliteId }) => satelliteId),
  )
  const made = new Set<string>(
    placement.create.filter((one) => one.rule.id === rule.id).map(({ site }) => site.id),
  )
  const conflicts = new Map<string, string>(
    placement.conflicts
      .filter((one) => one.rule.id === rule.id)
      .map(({ site, reason }) => [site.id, reason]),
  )
  return sites
    .filter((site) => matches(rule, site))
    .map((site): Matched => {
      const reason = conflicts.get(site.id)
      if (skipped.has(site.id)) return { site, verdict: "left-alone", reason: leftAlone }
      if (reason !== undefined) return { site, verdict: "conflict", reason }
      return { site, verdict: made.has(site.id) ? "create" : "has", reason: undefined }
    })
}

const leftAlone =
  "a person deleted this rule's cluster there, so the rule leaves the satellite alone"
