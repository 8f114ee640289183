/** The rules that every sidecar has, unless its cluster has a set of its own. */
import { dataRules } from "#core/recovery/rules-data.ts"
import { serviceRules } from "#core/recovery/rules-service.ts"
import type { RuleSet } from "#core/recovery/rule.ts"

export const builtInRules: RuleSet = {
  allowExec: false,
  rules: [...dataRules, ...serviceRules],
}
