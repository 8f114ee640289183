/** What saving a rule would do. Reads, decides, changes nothing. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import type { Scope } from "#core/access/scope.ts"
import { ruleId } from "#core/ids.ts"
import type { GoverningRule, Settled } from "#core/rollout/match-end.ts"
import { type Matched, preview, type Verdict, verdicts } from "#core/rollout/preview.ts"
import type { Database } from "#io/postgres/sql.ts"
import { previewMax, type previewRuleBody, type RulePreview } from "#wire/rest/rules.ts"
import { done, invalid, type Outcome } from "../refusal.ts"
import { findProfile } from "../store/profile.ts"
import { exceptions, findRule } from "../store/rule.ts"
import { approvedSatellites, statesOf } from "../store/satellite.ts"
import { unmappedOn } from "../store/storage-tier.ts"
import { refuseEnds } from "./match-end.ts"
import { evaluate, partOf, refuseConflicts } from "./placing.ts"
import { tiersOf } from "./profile-references.ts"

export async function previewRule(
  database: Database,
  scope: Scope,
  body: z.output<typeof previewRuleBody>,
): Promise<Outcome<RulePreview>> {
  return database.transaction(async (sql) => {
    // Every table as it is at one moment; nothing is locked and nothing written.
    await sql`set transaction isolation level repeatable read, read only`
    const stored = body.ruleId === undefined ? undefined : await findRule(sql, body.ruleId)
    if (body.ruleId !== undefined && stored === undefined)
      return invalid([{ field: "ruleId", problem: "there is no such rule" }])
    const profileId = body.profileId ?? stored?.profileId
    const profile = profileId === undefined ? undefined : await findProfile(sql, profileId)
    if (body.profileId !== undefined && profile === undefined)
      return invalid([{ field: "profileId", problem: "there is no such profile" }])
    const { selector, clusterName, namespace, onMatchEnd } = body
    const rule: GoverningRule = {
      id: ruleId(stored?.id ?? randomUUID()),
      name: stored?.name ?? "this one",
      profileId: profileId ?? "",
      selector,
      clusterName,
      namespace,
      onMatchEnd,
    }
    const sites = await approvedSatellites(sql, scope)
    const wanted = partOf(await evaluate(sql, sites, rule), rule)
    const matches = preview(rule, sites, wanted, await exceptions(sql))
    const shown = matches.slice(0, previewMax)
    const shownIds = shown.map(({ site }) => site.id)
    const states = await statesOf(sql, shownIds)
    const tiers = profile === undefined ? [] : tiersOf(profile.spec).map(({ tier }) => tier)
    const unmapped = await unmappedOn(sql, shownIds, [...new Set(tiers)])
    const { keep, pause, isProtected, resume } = wanted.ends
    return done({
      matchCount: matches.length,
      counts: counted(matches),
      matches: shown.map(({ site, verdict, reason }) => ({
        satelliteId: site.id,
        satelliteName: site.name,
        state: states.get(site.id) ?? "offline",
        verdict,
        reason: reason ?? null,
        ...warningOf(unmapped.get(site.id)),
      })),
      ended: {
        keep: ended(keep),
        pause: ended(pause),
        delete: ended(wanted.ends.delete),
        isProtected: ended(isProtected),
      },
      resumed: ended(resume),
      refusal: refusalOf(wanted),
    })
  })
}

const warningOf = (tiers: readonly string[] | undefined) =>
  tiers === undefined
    ? {}
    : {
        warning: `storage tier${tiers.length === 1 ? "" : "s"} ${tiers.join(", ")} ${tiers.length === 1 ? "is" : "are"} not mapped to a StorageClass there: the cluster would wait for it`,
      }

/** Deletions can be confirmed; the rest stands against saving. */
function refusalOf(wanted: Awaited<ReturnType<typeof evaluate>>): string | null {
  const everyId = wanted.ends.delete.map(({ cluster }) => cluster.id)
  const refusal =
    refuseConflicts(wanted.conflicts, "clusterName") ?? refuseEnds(wanted.ends, everyId)
  return refusal?.detail ?? null
}

function counted(matches: readonly Matched[]): Record<Verdict, number> {
  const count = (verdict: Verdict): number =>
    matches.filter((matched) => matched.verdict === verdict).length
  const entries = verdicts.map((verdict) => [verdict, count(verdict)])
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the keys that it was given
  return Object.fromEntries(entries) as Record<Verdict, number>
}

const ended = (settled: readonly Settled[]) =>
  settled.map(({ cluster, site }) => ({
    clusterId: cluster.id,
    name: cluster.name,
    namespace: cluster.namespace,
    satelliteId: site.id,
    satelliteName: site.name,
  }))
