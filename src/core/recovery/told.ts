/** Events about recovery rules: the rule's name and a short, redacted excerpt; never a whole line. */
import type { Severity } from "#core/cluster/events.ts"
import type { Told } from "#core/failover/decision.ts"
import { excerpt } from "#core/recovery/excerpt.ts"
import type { LogMessage } from "#core/recovery/log-line.ts"
import type { LogSeverity, RecoveryRule, Repair } from "#core/recovery/rule.ts"

const severityOf: Readonly<Record<LogSeverity, Severity>> = {
  DEBUG: "info",
  LOG: "warning",
  INFO: "warning",
  NOTICE: "warning",
  WARNING: "warning",
  ERROR: "error",
  FATAL: "error",
  PANIC: "critical",
}

const detailsOf = (
  rule: RecoveryRule,
  { severity, speaker, text }: LogMessage,
): Record<string, string> => ({
  rule: rule.name,
  category: rule.category,
  action: rule.action,
  severity,
  process: speaker.kind === "unknown" ? "unknown" : speaker.process,
  excerpt: excerpt(text),
})

/** A rule was matched, and acts. `unheard`: matches since it last acted that came to nothing. */
export const matched = (
  pod: string,
  rule: RecoveryRule,
  message: LogMessage,
  unheard: number,
): Told => ({
  kind: "log.rule-matched",
  severity: severityOf[message.severity],
  message: `${pod}: ${rule.name}: ${rule.description === "" ? excerpt(message.text) : rule.description}`,
  details: {
    ...detailsOf(rule, message),
    ...(unheard === 0 ? {} : { unheard: String(unheard) }),
  },
})

/** A rule asked for more than an event, and did not get it. */
export const suppressed = (
  pod: string,
  rule: RecoveryRule,
  message: LogMessage,
  why: string,
): Told => ({
  kind: "log.rule-suppressed",
  severity: severityOf[message.severity],
  message: `${pod}: ${rule.name} asks for ${rule.action}, which is not done: ${why}`,
  details: { ...detailsOf(rule, message), why },
})

/** What became of a repair. */
export const acted = (
  pod: string,
  outcome: {
    readonly kind: "begun" | "refused"
    readonly repair: Repair
    readonly rule: string
    readonly why?: string
  },
): Told => ({
  kind: outcome.kind === "begun" ? "log.rule-acted" : "log.rule-refused",
  severity: "warning",
  message:
    outcome.kind === "begun"
      ? `${pod}: ${outcome.repair} begun because of ${outcome.rule}`
      : `${pod}: ${outcome.repair} because of ${outcome.rule} was not done: ${outcome.why ?? ""}`,
  details: {
    rule: outcome.rule,
    action: outcome.repair,
    ...(outcome.why === undefined ? {} : { why: outcome.why }),
  },
})

const outputMax = 1000

/** What became of a command. */
export const deedTold = (
  pod: string,
  rule: RecoveryRule,
  outcome:
    | { readonly kind: "ended"; readonly exitCode: number; readonly output: string }
    | { readonly kind: "refused"; readonly why: string },
): Told => {
  const command = rule.command ?? "?"
  const details = { rule: rule.name, action: rule.action, command }
  if (outcome.kind === "refused")
    return {
      kind: "log.rule-refused",
      severity: "warning",
      message: `${pod}: command ${command} because of ${rule.name} was not run: ${outcome.why}`,
      details: { ...details, why: outcome.why },
    }
  const { exitCode, output } = outcome
  return {
    kind: "log.rule-acted",
    severity: exitCode === 0 ? "info" : "warning",
    message: `${pod}: command ${command} because of ${rule.name} ended with ${exitCode}`,
    details: {
      ...details,
      exitCode: String(exitCode),
      output: excerpt(output, outputMax),
    },
  }
}
