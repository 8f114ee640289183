/** A set of recovery rules as JSON: in a profile's spec, and in `pod.json`. */
import * as z from "zod"
import {
  logSeverities,
  nameShape,
  type RecoveryRule,
  ruleActions,
  ruleCategories,
  ruleLimits,
  type RuleSet,
} from "#core/recovery/rule.ts"

const name = (longest: number) =>
  z.string().max(longest).regex(nameShape, "lower-case words joined by '-'")

export const recoveryRuleSchema = z.strictObject({
  name: name(ruleLimits.name),
  category: z.enum(ruleCategories),
  /** RE2 syntax, tried on the message after the severity. */
  pattern: z.string().min(1).max(ruleLimits.pattern),
  /** None: any severity. */
  severities: z.array(z.enum(logSeverities)).max(logSeverities.length).default([]),
  action: z.enum(ruleActions),
  /** Of an exec: a command that the postgres image offers. */
  command: name(ruleLimits.command).nullable().default(null),
  cooldownSeconds: z.number().int().min(1).max(ruleLimits.cooldownSeconds).default(60),
  threshold: z
    .strictObject({
      count: z.number().int().min(1).max(ruleLimits.thresholdCount).default(1),
      withinSeconds: z.number().int().min(1).max(ruleLimits.thresholdSeconds).default(60),
    })
    .prefault({}),
  enabled: z.boolean().default(true),
  description: z.string().max(ruleLimits.description).default(""),
})

export const ruleSetSchema = z.strictObject({
  allowExec: z.boolean().default(false),
  rules: z.array(recoveryRuleSchema).max(ruleLimits.rules),
})
export type RuleSetBody = z.infer<typeof ruleSetSchema>

export const ruleSetOf = (body: RuleSetBody): RuleSet => ({
  allowExec: body.allowExec,
  rules: body.rules.map((rule): RecoveryRule => ({ ...rule, command: rule.command ?? undefined })),
})

export const ruleSetBody = (set: RuleSet): RuleSetBody => ({
  allowExec: set.allowExec,
  rules: set.rules.map((rule) => ({
    ...rule,
    severities: [...rule.severities],
    command: rule.command ?? null,
  })),
})
