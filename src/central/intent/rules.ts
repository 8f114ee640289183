/** What a person may do about deployment rules. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import { ruleId } from "#core/ids.ts"
import { type Database, type Sql, violates } from "#io/postgres/sql.ts"
import type { createRuleBody } from "#wire/rest/profiles.ts"
import { done, invalid, notFound, type Outcome } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { findProfile } from "../store/profile.ts"
import { deleteRule, insertRule } from "../store/rule.ts"
import { approvedSatellites } from "../store/satellite.ts"
import { holdIntent, makeClusters, placement, refuseConflicts } from "./placing.ts"
import { nameTaken } from "./profiles.ts"
import { type Actor, tell } from "./tell.ts"

const told = (sql: Sql, actor: Actor, kind: string, message: string): Promise<void> =>
  tell(sql, actor, undefined, [{ kind, message }])

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
