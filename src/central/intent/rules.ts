/** What a person may do about deployment rules. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import { wholeFleet } from "#core/access/scope.ts"
import { ruleId } from "#core/ids.ts"
import type { GoverningRule } from "#core/rollout/match-end.ts"
import { type Database, type Sql, violates } from "#io/postgres/sql.ts"
import type { createRuleBody, Rule } from "#wire/rest/profiles.ts"
import type { editRuleBody } from "#wire/rest/rules.ts"
import { audit } from "../audit/audit.ts"
import { done, invalid, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { findProfile } from "../store/profile.ts"
import { deleteRule, findRule, insertRule, updateRule } from "../store/rule.ts"
import { approvedSatellites } from "../store/satellite.ts"
import { applyEnds, letGo, refuseEnds } from "./match-end.ts"
import { evaluate, holdIntent, makeClusters, partOf, refuseConflicts } from "./placing.ts"
import { nameTaken } from "./profiles.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

const told = (sql: Sql, actor: Actor, kind: string, message: string): Promise<void> =>
  tell(sql, actor, undefined, [{ kind, message }])

type Labels = Readonly<Record<string, string>>

async function withUniqueName<T>(
  name: string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await work()
  } catch (error) {
    if (violates(error, "rule_name_key")) return nameTaken("rule", name)
    throw error
  }
}

const noProfile = invalid([{ field: "profileId", problem: "there is no such profile" }])

export async function createRule(
  database: Database,
  body: z.output<typeof createRuleBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  const rule = { id: ruleId(randomUUID()), ...body }
  return withUniqueName(body.name, () =>
    database.transaction(async (sql) => {
      await holdIntent(sql)
      if ((await findProfile(sql, body.profileId)) === undefined) return noProfile
      const wanted = partOf(
        await evaluate(sql, await approvedSatellites(sql, wholeFleet), rule),
        rule,
      )
      const conflict = refuseConflicts(wanted.conflicts, "clusterName")
      if (conflict !== undefined) return conflict
      await insertRule(sql, rule)
      await told(sql, actor, "rule.created", `rule ${rule.name} was made`)
      await audit(sql, actor, {
        action: "create",
        resource: "rule",
        id: rule.id,
        name: rule.name,
        after: rule,
      })
      await makeClusters(sql, wanted.create, actor)
      await notify(sql, { kind: "list", resource: "rules" })
      return done(rule.id as string)
    }),
  )
}

/** Changes the rule and, in the same transaction, what it means on every satellite. */
export async function editRule(
  database: Database,
  id: string,
  given: z.output<typeof editRuleBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return withUniqueName(given.name ?? "", () =>
    database.transaction(async (sql) => {
      // Rules change under this lock only: what is read here is what is written over.
      await holdIntent(sql)
      const before = await findRule(sql, id)
      if (before === undefined) return notFound("rule")
      if (before.version !== given.version) return versionConflict(before, given.version)
      const rule = edited(before, given)
      const differs = differences(before, rule)
      if (differs.length === 0) return done(id)
      if ((await findProfile(sql, rule.profileId)) === undefined) return noProfile
      const wanted = partOf(
        await evaluate(sql, await approvedSatellites(sql, wholeFleet), rule),
        rule,
      )
      const refusal =
        refuseConflicts(wanted.conflicts, "clusterName") ??
        refuseEnds(wanted.ends, given.confirmedDeletes)
      if (refusal !== undefined) return refusal
      await updateRule(sql, rule)
      await told(sql, actor, "rule.edited", `rule ${rule.name}: ${differs.join(", ")}`)
      await audit(sql, actor, {
        action: "edit",
        resource: "rule",
        id,
        name: rule.name,
        before,
        after: rule,
      })
      await applyEnds(sql, wanted.ends, actor)
      await makeClusters(sql, wanted.create, actor)
      await notify(sql, { kind: "list", resource: "rules" })
      return done(id)
    }),
  )
}

const edited = (before: Rule, given: z.output<typeof editRuleBody>): GoverningRule => ({
  id: ruleId(before.id),
  name: given.name ?? before.name,
  profileId: given.profileId ?? before.profileId,
  selector: given.selector ?? before.selector,
  clusterName: given.clusterName ?? before.clusterName,
  namespace: given.namespace ?? before.namespace,
  onMatchEnd: given.onMatchEnd ?? before.onMatchEnd,
})

/** What is otherwise than it was, in words. */
const differences = (before: Rule, after: GoverningRule): readonly string[] =>
  [
    ["name", before.name, after.name],
    ["profile", before.profileId, after.profileId],
    ["selector", inWords(before.selector), inWords(after.selector)],
    ["cluster name", before.clusterName, after.clusterName],
    ["namespace", before.namespace, after.namespace],
    ["when the match ends", before.onMatchEnd, after.onMatchEnd],
  ].flatMap(([what, was, is]) => (was === is ? [] : [`${what} ${was} → ${is}`]))

const inWords = (selector: Labels): string => {
  const pairs = Object.entries(selector).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? "every satellite" : pairs.toSorted().join(" ")
}

/** 409 that says how the rule is now, so that a person can decide anew. */
const versionConflict = (now: Rule, sent: number): Refusal =>
  refused(
    409,
    "VERSION_CONFLICT",
    `the rule was changed meanwhile (version ${sent} was sent, ${now.version} is current): read it again and repeat the change`,
    [
      { field: "version", problem: `is ${now.version} now` },
      { field: "name", problem: `is ${now.name} now` },
      { field: "selector", problem: `is ${inWords(now.selector)} now` },
      { field: "clusterName", problem: `is ${now.clusterName} now` },
      { field: "namespace", problem: `is ${now.namespace} now` },
      { field: "onMatchEnd", problem: `is ${now.onMatchEnd} now` },
    ],
  )

export async function removeRule(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    await holdIntent(sql)
    const before = await findRule(sql, id)
    if (before === undefined) return notFound("rule")
    const { name } = before
    // While they still say which rule they are of.
    await letGo(sql, id, actor)
    await deleteRule(sql, id)
    await audit(sql, actor, { action: "delete", resource: "rule", id, name, before })
    await told(sql, actor, "rule.deleted", `rule ${name} was deleted; its clusters stay`)
    await notify(sql, { kind: "list", resource: "rules" })
    return done(undefined)
  })
}
