/** One row of the table of built-in rules: only what is not as usual is written down. */
import type { RecoveryRule, RuleCategory } from "#core/recovery/rule.ts"

type Row = Pick<RecoveryRule, "name" | "pattern" | "description"> &
  Partial<Pick<RecoveryRule, "severities" | "action" | "cooldownSeconds" | "threshold">>

const usual = {
  severities: [],
  action: "event",
  command: undefined,
  cooldownSeconds: 60,
  threshold: { count: 1, withinSeconds: 60 },
  enabled: true,
} as const

/** The rows of one category as rules. */
export const category = (name: RuleCategory, rows: readonly Row[]): readonly RecoveryRule[] =>
  rows.map((row) => ({ ...usual, ...row, category: name }))
