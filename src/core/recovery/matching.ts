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

export const firstMatch = (
  rules: readonly ReadyRule[],
  message: LogMessage,
): RecoveryRule | undefined => rules.find((ready) => takesIt(ready, message))?.rule

/** Whether the rule is for messages of this severity, and its pattern finds something. */
export const takesIt = (ready: ReadyRule, message: LogMessage): boolean => {
  const { severities } = ready.rule
  const isMeant = severities.length === 0 || severities.includes(message.severity)
  return isMeant && withinPattern(ready, message)
}

/** Whether the pattern alone finds something. */
export const withinPattern = ({ literals, matcher }: ReadyRule, { text }: LogMessage): boolean =>
  (literals === undefined || literals.some((literal) => text.includes(literal))) &&
  matcher().matches(text)
