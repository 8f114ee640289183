/**
 * Everything that is wrong with a set of recovery rules, each problem with the path of its field. Central
 * asks before it accepts a profile, the satellite before it hands the set on, the sidecar before it uses it.
 */
import type { Problem } from "#core/parsed.ts"
import {
  leastCooldown,
  logSeverities,
  nameShape,
  type RecoveryRule,
  ruleActions,
  ruleCategories,
  ruleLimits,
  type RuleSet,
} from "#core/recovery/rule.ts"

/** A pattern that can be tried on texts. Matching takes time in proportion to the text, whatever the pattern. */
export interface Matcher {
  matches(text: string): boolean
}

/** The engine of patterns, which the core does not have: `io/pattern.ts` is it. */
export type CompilePattern = (
  pattern: string,
) =>
  | { readonly kind: "ok"; readonly matcher: Matcher }
  | { readonly kind: "bad"; readonly problem: string }

/** All but the patterns' syntax: that needs their engine, see `checkPatterns`. */
export function checkRules(set: RuleSet, path = "recovery"): readonly Problem[] {
  const problems: Problem[] = []
  const { rules } = set
  if (rules.length > ruleLimits.rules)
    problems.push({ field: `${path}.rules`, problem: `at most ${ruleLimits.rules} rules` })
  const first = new Map<string, number>()
  for (const [index, rule] of rules.slice(0, ruleLimits.rules).entries()) {
    const at = `${path}.rules[${index}]`
    const note = (field: string, problem: string): void =>
      void problems.push({ field: `${at}.${field}`, problem })
    checkWords(rule, note)
    checkNumbers(rule, note)
    checkExec(rule, set.allowExec, note)
    checkLength(rule.pattern, note)
    const twin = first.get(rule.name)
    if (twin === undefined) first.set(rule.name, index)
    else note("name", `is the name of rules[${twin}] already; each rule needs its own`)
  }
  return problems
}

type Note = (field: string, problem: string) => void

function checkWords(rule: RecoveryRule, note: Note): void {
  if (!nameShape.test(rule.name) || rule.name.length > ruleLimits.name)
    note(
      "name",
      `lower-case words joined by '-', beginning with a letter, at most ${ruleLimits.name} characters`,
    )
  if (!ruleCategories.includes(rule.category))
    note("category", `expected one of ${ruleCategories.join(", ")}`)
  if (!ruleActions.includes(rule.action))
    note("action", `expected one of ${ruleActions.join(", ")}`)
  for (const severity of rule.severities)
    if (!logSeverities.includes(severity))
      note("severities", `expected only ${logSeverities.join(", ")}`)
  if (new Set(rule.severities).size !== rule.severities.length)
    note("severities", "names one severity twice")
  if (rule.description.length > ruleLimits.description)
    note("description", `at most ${ruleLimits.description} characters`)
}

function checkNumbers(rule: RecoveryRule, note: Note): void {
  const least = leastCooldown[rule.action]
  const within = (field: string, value: number, from: number, to: number): void => {
    if (!Number.isInteger(value) || value < from || value > to)
      note(field, `expected a whole number from ${from} to ${to}`)
  }
  if (rule.cooldownSeconds < least)
    note("cooldownSeconds", `at least ${least} for a rule whose action is ${rule.action}`)
  else within("cooldownSeconds", rule.cooldownSeconds, least, ruleLimits.cooldownSeconds)
  within("threshold.count", rule.threshold.count, 1, ruleLimits.thresholdCount)
  within("threshold.withinSeconds", rule.threshold.withinSeconds, 1, ruleLimits.thresholdSeconds)
}

function checkExec(rule: RecoveryRule, allowed: boolean, note: Note): void {
  const { action, command } = rule
  if (action !== "exec") {
    if (command !== undefined) note("command", "only a rule whose action is exec has a command")
    return
  }
  if (!allowed) note("action", "exec must be allowed by the set: set allowExec, or choose event")
  if (command === undefined || !nameShape.test(command) || command.length > ruleLimits.command)
    note(
      "command",
      `expected the name of a command, lower-case words joined by '-', at most ${ruleLimits.command} characters`,
    )
}

function checkLength(pattern: string, note: Note): void {
  if (pattern === "") note("pattern", "must not be empty: it would match every message")
  if (pattern.length > ruleLimits.pattern)
    note("pattern", `at most ${ruleLimits.pattern} characters`)
}

/** What the engine of patterns says of the rule at `index`. */
export function checkPattern(
  { pattern }: RecoveryRule,
  index: number,
  compile: CompilePattern,
  path = "recovery",
): readonly Problem[] {
  if (pattern === "" || pattern.length > ruleLimits.pattern) return [] // told already
  const compiled = compile(pattern)
  const field = `${path}.rules[${index}].pattern`
  if (compiled.kind === "bad") return [{ field, problem: compiled.problem }]
  const problem = "matches an empty message, and so every one; say more of what it should find"
  return compiled.matcher.matches("") ? [{ field, problem }] : []
}

/** What the engine of patterns says of all of them. */
export const checkPatterns = (set: RuleSet, compile: CompilePattern): readonly Problem[] =>
  set.rules.slice(0, ruleLimits.rules).flatMap((rule, index) => checkPattern(rule, index, compile))
