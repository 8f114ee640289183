/** What a person may do about sets of recovery rules. */
import { randomUUID } from "node:crypto"
import { setImmediate } from "node:timers/promises"
import type { z } from "zod"
import type { Problem } from "#core/parsed.ts"
import { checkPattern, checkRules } from "#core/recovery/check.ts"
import { compilePattern } from "#io/pattern.ts"
import { type Database, type Sql, violates } from "#io/postgres/sql.ts"
import {
  type createRuleSetBody,
  type editRuleSetBody,
  ruleSetsMax,
} from "#wire/rest/rule-set-routes.ts"
import { type RuleSetBody, ruleSetOf } from "#wire/rule-set-schema.ts"
import { audit } from "../audit/audit.ts"
import { done, invalid, notFound, type Outcome, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import * as store from "../store/recovery-rule-set.ts"
import type { Actor } from "./actor.ts"
import { desiredChanged } from "./placing.ts"
import { nameTaken } from "./profiles.ts"
import { tell } from "./tell.ts"

/** Everything that is wrong with a set. Compiling two hundred patterns takes a while, in which others have their turn. */
export async function ruleSetProblems(body: RuleSetBody): Promise<readonly Problem[]> {
  const set = ruleSetOf(body)
  const problems = [...checkRules(set, "set")]
  for (const [index, rule] of set.rules.entries()) {
    problems.push(...checkPattern(rule, index, compilePattern, "set"))
    await setImmediate()
  }
  return problems
}

export async function createRuleSet(
  database: Database,
  body: z.output<typeof createRuleSetBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  const problems = await ruleSetProblems(body.set)
  if (problems.length > 0) return invalid(problems)
  return withUniqueName(body.name, () =>
    database.transaction(async (sql) => {
      if ((await store.countRuleSets(sql)) >= ruleSetsMax)
        return refused(409, "TOO_MANY", `there are ${ruleSetsMax} rule sets, as many as may be`)
      const id = randomUUID()
      await store.insertRuleSet(sql, { id, ...body })
      await told(sql, actor, "rule-set.created", `rule set ${body.name} was made`)
      await audit(sql, actor, { ...named(id, body.name), action: "create", after: fieldsOf(body) })
      return done(id)
    }),
  )
}

/** Another content is in force wherever the set is attached, as soon as each site hears it. */
export async function editRuleSet(
  database: Database,
  id: string,
  given: z.output<typeof editRuleSetBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  const problems = given.set === undefined ? [] : await ruleSetProblems(given.set)
  if (problems.length > 0) return invalid(problems)
  return withUniqueName(given.name ?? "", () =>
    database.transaction(async (sql) => {
      const before = await store.lockRuleSet(sql, id)
      if (before === undefined) return notFound("rule set")
      if (before.version !== given.version)
        return refused(
          409,
          "VERSION_CONFLICT",
          `the rule set was changed meanwhile (version ${given.version} was sent, ${before.version} is current): read it again and repeat the change`,
          [
            { field: "version", problem: `is ${before.version} now` },
            { field: "name", problem: `is ${before.name} now` },
            ...changedRules(given.set, before.set).map((name) => ({
              field: "set.rules",
              problem: `${name} is not as you sent it`,
            })),
          ],
        )
      const { name = before.name, description = before.description, set = before.set } = given
      const changed = changedRules(before.set, set)
      if (changed.length === 0 && name === before.name && description === before.description)
        return done(id)
      const after = { id, name, description, set }
      await store.updateRuleSet(sql, after)
      const pushed = changed.length === 0 ? [] : await store.pushRuleSet(sql, id)
      await told(sql, actor, "rule-set.edited", editedInWords(name, changed, pushed.length))
      await audit(sql, actor, {
        ...named(id, name),
        action: "edit",
        before: fieldsOf(before),
        after: fieldsOf(after),
      })
      if (pushed.length > 0)
        await desiredChanged(
          sql,
          pushed.map(({ satellite }) => satellite),
          pushed.map(({ cluster }) => cluster),
        )
      return done(id)
    }),
  )
}

const shownMax = 8

function editedInWords(name: string, changed: readonly string[], clusters: number): string {
  if (changed.length === 0) return `rule set ${name} was described anew`
  const more = changed.length > shownMax ? ` and ${changed.length - shownMax} more` : ""
  return `rule set ${name} was changed (${changed.slice(0, shownMax).join(", ")}${more}): ${
    clusters === 0 ? "no cluster has it" : `${clusters} clusters take it over without a restart`
  }`
}

/** Rules that differ, by name; their order and the permission of commands are a part of a set too. */
function changedRules(from: RuleSetBody | undefined, to: RuleSetBody): readonly string[] {
  if (from === undefined) return []
  const texts = (set: RuleSetBody) =>
    new Map(set.rules.map((rule) => [rule.name, JSON.stringify(rule)]))
  const [before, after] = [texts(from), texts(to)]
  const names = [...new Set([...before.keys(), ...after.keys()])]
  const changed = names.filter((name) => before.get(name) !== after.get(name))
  const order = (set: RuleSetBody): string => set.rules.map(({ name }) => name).join(" ")
  return [
    ...changed,
    ...(changed.length === 0 && order(from) !== order(to) ? ["their order"] : []),
    ...(from.allowExec === to.allowExec ? [] : ["whether commands are allowed"]),
  ]
}

export async function deleteRuleSet(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    if ((await store.lockRuleSet(sql, id)) === undefined) return notFound("rule set")
    const before = await store.findRuleSet(sql, id)
    if (before === undefined) return notFound("rule set")
    if (before.profiles.length > 0 || before.clusterCount > 0)
      return refused(
        409,
        "RULE_SET_IN_USE",
        before.profiles.length > 0
          ? `rule set ${before.name} is attached to ${before.profiles.map(({ name }) => name).join(", ")}: attach another set there first`
          : `rule set ${before.name} is in force on ${before.clusterCount} clusters that are on earlier versions of their profile`,
        before.profiles.map(({ name }) => ({ field: "profiles", problem: name })),
      )
    await store.removeRuleSet(sql, id)
    await told(sql, actor, "rule-set.deleted", `rule set ${before.name} was deleted`)
    await audit(sql, actor, {
      ...named(id, before.name),
      action: "delete",
      before: fieldsOf(before),
    })
    return done(undefined)
  })
}

const named = (id: string, name: string) => ({ resource: "recovery-rule-set", id, name }) as const

const fieldsOf = ({
  name,
  description,
  set,
}: Pick<store.RuleSetRow, "name" | "description" | "set">) => ({ name, description, set })

const told = async (sql: Sql, actor: Actor, kind: string, message: string): Promise<void> => {
  await tell(sql, actor, undefined, [{ kind, message }])
  await notify(sql, { kind: "list", resource: "recovery-rule-sets" })
}

async function withUniqueName<T>(
  name: string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await work()
  } catch (error) {
    if (violates(error, "recovery_rule_set_name_key")) return nameTaken("rule set", name)
    throw error
  }
}
