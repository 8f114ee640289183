/** Sets of recovery rules. */
import { builtInRules } from "#core/recovery/built-in.ts"
import { dataExamples } from "#core/recovery/examples-data.ts"
import { serviceExamples } from "#core/recovery/examples-service.ts"
import { ruleCategories } from "#core/recovery/rule.ts"
import type { ruleSetRoutes } from "#wire/rest/rule-set-routes.ts"
import { ruleSetBody } from "#wire/rule-set-schema.ts"
import { tryRuleSet } from "../intent/rule-sandbox.ts"
import { createRuleSet, deleteRuleSet, editRuleSet } from "../intent/rule-sets.ts"
import { done, notFound, type Outcome } from "../refusal.ts"
import { findRuleSet, listRuleSets } from "../store/recovery-rule-set.ts"
import { byName, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

const examples = new Map(
  [...dataExamples, ...serviceExamples].map(({ rule, takes }) => [rule, takes[0] ?? ""]),
)
const builtIn = ruleSetBody(builtInRules)
const byCategory = {
  allowExec: builtIn.allowExec,
  categories: ruleCategories.map((category) => ({
    category,
    rules: builtIn.rules
      .filter((rule) => rule.category === category)
      .map((rule) => ({ ...rule, example: examples.get(rule.name) ?? "" })),
  })),
}

export const ruleSetHandlers = ({
  database,
}: Services): Pick<Handlers, keyof typeof ruleSetRoutes> => {
  const answer = async (outcome: Outcome<string>) => {
    if (outcome.kind === "refused") return outcome
    const found = await findRuleSet(database.sql, outcome.value)
    return found === undefined ? notFound("rule set") : done(found)
  }
  return {
    listRuleSets: async ({ query }) => {
      const at = readCursor(query.cursor, byName)
      if (at.kind === "refused") return at
      const found = await listRuleSets(database.sql, at.after, query.limit + 1)
      return done(page(found, query.limit, ({ name }) => [name]))
    },
    builtInRules: () => Promise.resolve(done(byCategory)),
    getRuleSet: async ({ params }) => answer(done(params.id)),
    createRuleSet: async ({ body }, { caller }) =>
      answer(await createRuleSet(database, body, caller)),
    editRuleSet: async ({ params, body }, { caller }) =>
      answer(await editRuleSet(database, params.id, body, caller)),
    deleteRuleSet: async ({ params }, { caller }) => deleteRuleSet(database, params.id, caller),
    tryRuleSet: async ({ body }) => tryRuleSet(database.sql, body),
  }
}
