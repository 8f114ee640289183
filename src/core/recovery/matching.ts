/** Which rule takes a message: the first of the set that matches it. */
import type { CompilePattern, Matcher } from "#core/recovery/check.ts"
import { requiredLiteral } from "#core/recovery/literal.ts"
import type { LogMessage } from "#core/recovery/log-line.ts"
import type { RecoveryRule, RuleSet } from "#core/recovery/rule.ts"

export type ReadyRule = {
  readonly rule: RecoveryRule
  readonly matcher: Matcher
  /** Every match contains it. */
  readonly literal: string | undefined
}

/** The rules of `set` that can act, with their patterns compiled; one whose pattern is bad is left out, and named. */
export function readyRules(
  set: RuleSet,
  compile: CompilePattern,
): { readonly rules: readonly ReadyRule[]; readonly bad: readonly string[] } {
  const rules: ReadyRule[] = []
  const bad: string[] = []
  for (const rule of set.rules) {
    if (!rule.enabled) continue
    const compiled = compile(rule.pattern)
    if (compiled.kind === "bad") bad.push(`${rule.name}: ${compiled.problem}`)
    else rules.push({ rule, matcher: compiled.matcher, literal: requiredLiteral(rule.pattern) })
  }
  return { rules, bad }
}

export function firstMatch(
  rules: readonly ReadyRule[],
  message: LogMessage,
): RecoveryRule | undefined {
  const { severity, text } = message
  const found = rules.find(
    ({ rule: { severities }, literal, matcher }) =>
      (severities.length === 0 || severities.includes(severity)) &&
      (literal === undefined || text.includes(literal)) &&
      matcher.matches(text),
  )
  return found?.rule
}
