/** What a person may do about profiles and deployment rules. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import { checkProfile } from "#core/cluster/check.ts"
import { ruleId } from "#core/ids.ts"
import { patternProblems } from "#io/pattern.ts"
import { type Database, type Sql, violates } from "#io/postgres/sql.ts"
import type { createProfileBody, createRuleBody } from "#wire/rest/profiles.ts"
import { profileSpec } from "../profile-spec.ts"
import { done, invalid, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { deleteProfile, findProfile, insertProfile, useOf } from "../store/profile.ts"
import { deleteRule, insertRule } from "../store/rule.ts"
import { approvedSatellites } from "../store/satellite.ts"
import { holdIntent, makeClusters, placement, refuseConflicts } from "./placing.ts"
import { type Actor, tell } from "./tell.ts"

const nameTaken = (what: string, name: string): Refusal =>
  refused(409, "NAME_TAKEN", `there is a ${what} called ${name} already`, [
    { field: "name", problem: `there is a ${what} called ${name} already` },
  ])

export async function createProfile(
  database: Database,
  body: z.output<typeof createProfileBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  const spec = profileSpec(body.spec)
  const problems = [...checkProfile(spec), ...patternProblems(spec.recovery)].map(
    ({ field, problem }) => ({ field: `spec.${field}`, problem }),
  )
  if (problems.length > 0) return invalid(problems)
  const id = randomUUID()
  try {
    await database.transaction(async (sql) => {
      await insertProfile(sql, { id, ...body }, actor.name)
      await told(sql, actor, "profile.created", `profile ${body.name} was made`)
      await notify(sql, { kind: "list", resource: "profiles" })
    })
  } catch (error) {
    if (violates(error, "profile_name_key")) return nameTaken("profile", body.name)
    throw error
  }
  return done(id)
}

const told = (sql: Sql, actor: Actor, kind: string, message: string): Promise<void> =>
  tell(sql, actor, undefined, [{ kind, message }])

export async function removeProfile(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    // Clusters are made under this lock only, so none can appear between counting and deleting.
    await holdIntent(sql)
    const { clusters, rules } = await useOf(sql, id)
    if (clusters > 0 || rules > 0)
      return refused(
        409,
        "PROFILE_IN_USE",
        `the profile is used by ${clusters} clusters and ${rules} rules; delete those first`,
      )
    const name = await deleteProfile(sql, id)
    if (name === undefined) return notFound("profile")
    await told(sql, actor, "profile.deleted", `profile ${name} was deleted`)
    await notify(sql, { kind: "list", resource: "profiles" })
    return done(undefined)
  })
}

export async function createRule(
  database: Database,
  body: z.output<typeof createRuleBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  const rule = { id: ruleId(randomUUID()), ...body }
  try {
    return await database.transaction(async (sql) => {
      await holdIntent(sql)
      if ((await findProfile(sql, body.profileId)) === undefined)
        return invalid([{ field: "profileId", problem: "there is no such profile" }])
      const wanted = await placement(sql, await approvedSatellites(sql), [rule])
      const conflict = refuseConflicts(
        wanted.conflicts.filter((found) => found.rule.id === rule.id),
        "clusterName",
      )
      if (conflict !== undefined) return conflict
      await insertRule(sql, rule)
      await told(sql, actor, "rule.created", `rule ${rule.name} was made`)
      await makeClusters(
        sql,
        wanted.create.filter((found) => found.rule.id === rule.id),
        actor,
      )
      await notify(sql, { kind: "list", resource: "rules" })
      return done(rule.id as string)
    })
  } catch (error) {
    if (violates(error, "rule_name_key")) return nameTaken("rule", body.name)
    throw error
  }
}

export async function removeRule(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    await holdIntent(sql)
    const name = await deleteRule(sql, id)
    if (name === undefined) return notFound("rule")
    await told(sql, actor, "rule.deleted", `rule ${name} was deleted; its clusters stay`)
    await notify(sql, { kind: "list", resource: "rules" })
    return done(undefined)
  })
}
