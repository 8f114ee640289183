/** What a spec names that is kept elsewhere in central: it must be there, and stay until the spec is written. */
import type { Problem } from "#core/parsed.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { ProfileSpecBody } from "#wire/rest/profiles.ts"
import { holdRuleSet } from "../store/recovery-rule-set.ts"
import { tiersAmong } from "../store/storage-tier.ts"

/** The tiers that a spec's volumes are on, by field. */
export const tiersOf = (
  body: ProfileSpecBody,
): readonly { readonly field: string; readonly tier: string }[] =>
  (["data", "wal"] as const).flatMap((name) => {
    const tier = body[name]?.tier
    return tier === undefined || tier === null ? [] : [{ field: `spec.${name}.tier`, tier }]
  })

export async function referenceProblems(
  sql: Sql,
  body: ProfileSpecBody,
): Promise<readonly Problem[]> {
  const setId = body.recoveryRuleSetId ?? undefined
  const lost =
    setId === undefined || (await holdRuleSet(sql, setId))
      ? []
      : [{ field: "spec.recoveryRuleSetId", problem: "there is no such set of recovery rules" }]
  const tiers = tiersOf(body)
  if (tiers.length === 0) return lost
  const known = await tiersAmong(
    sql,
    tiers.map(({ tier }) => tier),
  )
  const missing = tiers.flatMap(({ field, tier }) =>
    known.has(tier) ? [] : [{ field, problem: `there is no storage tier ${tier}` }],
  )
  return [...missing, ...lost]
}
