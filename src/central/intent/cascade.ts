/**
 * What a deed on a satellite or a rule would mean for clusters. Decided by the same functions as the deed itself, in
 * a transaction that can only read.
 */
import type { z } from "zod"
import { covers, type Scope } from "#core/access/scope.ts"
import type { Settled } from "#core/rollout/match-end.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import {
  type Cascade,
  cascadeMax,
  type Fate,
  fates,
  type previewSatelliteBody,
} from "#wire/rest/cascade.ts"
import { done, notFound, type Outcome, type Refusal } from "../refusal.ts"
import { clustersOfRule, clustersOn, type RuledPlace } from "../store/cascade.ts"
import { findProfile } from "../store/profile.ts"
import { findRule } from "../store/rule.ts"
import { findStanding, isNameTaken, type Standing } from "../store/satellite.ts"
import { unmappedOn } from "../store/storage-tier.ts"
import { refuseEnds } from "./match-end.ts"
import { type Evaluation, evaluate, refuseConflicts } from "./placing.ts"
import { tiersOf } from "./profile-references.ts"
import { leavesScope, nameTaken, refuseApproval, refuseRejection } from "./satellites.ts"

type Fated = Cascade["clusters"][number]
type Deed = z.output<typeof previewSatelliteBody>

export async function previewSatellite(
  database: Database,
  scope: Scope,
  id: string,
  deed: Deed,
): Promise<Outcome<Cascade>> {
  return reading(database, async (sql) => {
    const satellite = await findStanding(sql, scope, id)
    if (satellite === undefined) return notFound("satellite")
    switch (deed.deed) {
      case "reject":
        return done(cascade([], refuseRejection(satellite)))
      case "decommission": {
        const its = await clustersOn(sql, satellite.id)
        return done(cascade(its.map((one) => fated("abandoned", one))))
      }
      case "approve":
      case "edit":
        return done(await relabelled(sql, scope, satellite, deed))
    }
  })
}

export async function cascadeOfRule(
  database: Database,
  scope: Scope,
  id: string,
): Promise<Outcome<Cascade>> {
  return reading(database, async (sql) => {
    if ((await findRule(sql, id)) === undefined) return notFound("rule")
    const its = await clustersOfRule(sql, scope, id)
    const resumed = its.filter(({ isPausedByRule }) => isPausedByRule)
    return done(
      cascade([
        ...resumed.map((one) => fated("resume", one)),
        ...its.map((one) => fated("unruled", one)),
      ]),
    )
  })
}

/** Every table as it is at one moment; nothing is locked and nothing can be written. */
const reading = <T>(database: Database, work: (sql: Sql) => Promise<T>): Promise<T> =>
  database.transaction(async (sql) => {
    await sql`set transaction isolation level repeatable read, read only`
    return work(sql)
  })

async function relabelled(
  sql: Sql,
  scope: Scope,
  satellite: Standing,
  deed: Deed,
): Promise<Cascade> {
  const { name = satellite.name, labels = satellite.labels } = deed
  const refusal =
    (deed.deed === "approve" ? refuseApproval(satellite) : undefined) ??
    (covers(scope, labels) ? undefined : leavesScope(scope)) ??
    ((await isNameTaken(sql, satellite.id, name)) ? nameTaken(name) : undefined)
  // Labels of a satellite that is not let in decide nothing yet.
  if (deed.deed === "edit" && satellite.approval !== "approved") return cascade([], refusal)
  const wanted = await evaluate(sql, [{ id: satellite.id, name, labels }])
  return cascade(await evaluated(sql, wanted), refusal ?? refusalOf(wanted))
}

/** Deletions can be confirmed; the rest stands against the deed. */
const refusalOf = ({ conflicts, ends }: Evaluation): Refusal | undefined =>
  refuseConflicts(conflicts, "labels") ??
  refuseEnds(
    ends,
    ends.delete.map(({ cluster }) => cluster.id),
  )

async function evaluated(sql: Sql, { create, ends }: Evaluation): Promise<readonly Fated[]> {
  const warnings = await warningsOf(sql, create)
  const made = create.map(({ rule, site }): Fated => ({
    fate: "create",
    clusterId: null,
    namespace: rule.namespace,
    name: rule.clusterName,
    satelliteId: site.id,
    satelliteName: site.name,
    ruleName: rule.name,
    warning: warnings.get(rule.id) ?? null,
  }))
  const settled = (fate: Fate, all: readonly Settled[]): readonly Fated[] =>
    all.map(({ cluster, rule, site }) =>
      fated(fate, { ...cluster, satelliteName: site.name, ruleName: rule.name }),
    )
  return [
    ...made,
    ...settled("keep", ends.keep),
    ...settled("pause", ends.pause),
    ...settled("resume", ends.resume),
    ...settled("delete", ends.delete),
    ...settled("protected", ends.isProtected),
  ]
}

/** By rule: a cluster that would be made and wait, because its volumes have no class there. */
async function warningsOf(
  sql: Sql,
  create: Evaluation["create"],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const { rule, site } of create) {
    const profile = await findProfile(sql, rule.profileId)
    if (profile === undefined) continue
    const tiers = [...new Set(tiersOf(profile.spec).map(({ tier }) => tier))]
    const missing = (await unmappedOn(sql, [site.id], tiers)).get(site.id) ?? []
    if (missing.length > 0)
      found.set(
        rule.id,
        `it would wait: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not mapped to a StorageClass there`,
      )
  }
  return found
}

const fated = (
  fate: Fate,
  { id, namespace, name, satelliteId, satelliteName, ruleName }: Omit<RuledPlace, "isPausedByRule">,
): Fated => ({
  fate,
  clusterId: id,
  namespace,
  name,
  satelliteId,
  satelliteName,
  ruleName: ruleName ?? null,
  warning: null,
})

const byPlace = (a: Fated, b: Fated): number => {
  const [one, other] = [a, b].map(({ satelliteName, namespace, name }) =>
    [satelliteName, namespace, name].join("\0"),
  )
  return (one ?? "") < (other ?? "") ? -1 : 1
}

function cascade(all: readonly Fated[], refusal?: Refusal): Cascade {
  const of = (fate: Fate): readonly Fated[] => all.filter((one) => one.fate === fate)
  return {
    counts: {
      create: of("create").length,
      keep: of("keep").length,
      pause: of("pause").length,
      resume: of("resume").length,
      delete: of("delete").length,
      protected: of("protected").length,
      unruled: of("unruled").length,
      abandoned: of("abandoned").length,
    },
    clusters: fates.flatMap((fate) => of(fate).toSorted(byPlace).slice(0, cascadeMax)),
    refusal: refusal?.detail ?? null,
  }
}
