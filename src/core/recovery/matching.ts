/** Which rule takes a message: the first of the set that matches it. */
import type { CompilePattern, Matcher } from "#core/recovery/check.ts"
import { requiredLiterals } from "#core/recovery/literal.ts"
import type { LogMessage } from "#core/recovery/log-line.ts"
import type { RecoveryRule, RuleSet } from "#core/recovery/rule.ts"

export type ReadyRule = {
  readonly rule: RecoveryRule
  /** Compiles the pattern when it is first needed: most never are, and a sidecar must stay small. */
  readonly matcher: () => Matcher
  /** Every match contains one of them; undefined when nothing is known of that. */
  readonly literals: readonly string[] | undefined
}

const never: Matcher = { matches: () => false }

/** The rules of a checked set that can act. */
export const readyRules = (set: RuleSet, compile: CompilePattern): readonly ReadyRule[] =>
  set.rules
    .filter(({ enabled }) => enabled)
    .map((rule) => {
      let made: Matcher | undefined
      const matcher = (): Matcher => {
        if (made !== undefined) return made
        const compiled = compile(rule.pattern)
        made = compiled.kind === "ok" ? compiled.matcher : never
        return made
      }
      return { rule, matcher, literals: requiredLiterals(rule.pattern) }
    })

export function firstMatch(
  rules: readonly ReadyRule[],
  { severity, text }: LogMessage,
): RecoveryRule | undefined {
  const found = rules.find(
    ({ rule: { severities }, literals, matcher }) =>
      (severities.length === 0 || severities.includes(severity)) &&
      (literals === undefined || literals.some((literal) => text.includes(literal))) &&
      matcher().matches(text),
  )
  return found?.rule
}
