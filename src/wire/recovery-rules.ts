/** Recovery rules to protobuf and back. */
import {
  type LogSeverity,
  type RecoveryRule,
  type RuleAction,
  type RuleCategory,
  ruleLimits,
  type RuleSet,
} from "#core/recovery/rule.ts"
import {
  LogSeverity as WireSeverity,
  RecoveryAction as WireAction,
  RecoveryCategory as WireCategory,
  type RecoveryRule as WireRule,
  type RecoveryRuleSet,
} from "./gen/pgswarm/v1/config_pb.ts"
import type { Reader } from "./proto-field.ts"

const categoryToWire: Readonly<Record<RuleCategory, WireCategory>> = {
  "data-corruption": WireCategory.DATA_CORRUPTION,
  "out-of-memory": WireCategory.OUT_OF_MEMORY,
  wal: WireCategory.WAL,
  replication: WireCategory.REPLICATION,
  configuration: WireCategory.CONFIGURATION,
  connection: WireCategory.CONNECTION,
  storage: WireCategory.STORAGE,
  tablespace: WireCategory.TABLESPACE,
  extension: WireCategory.EXTENSION,
}
const actionToWire: Readonly<Record<RuleAction, WireAction>> = {
  event: WireAction.EVENT,
  restart: WireAction.RESTART,
  rewind: WireAction.REWIND,
  rebasebackup: WireAction.REBASEBACKUP,
  exec: WireAction.EXEC,
}
const severityToWire: Readonly<Record<LogSeverity, WireSeverity>> = {
  DEBUG: WireSeverity.DEBUG,
  LOG: WireSeverity.LOG,
  INFO: WireSeverity.INFO,
  NOTICE: WireSeverity.NOTICE,
  WARNING: WireSeverity.WARNING,
  ERROR: WireSeverity.ERROR,
  FATAL: WireSeverity.FATAL,
  PANIC: WireSeverity.PANIC,
}

/** As the message's initialiser wants it. */
export const encodeRuleSet = (set: RuleSet) => ({
  allowExec: set.allowExec,
  rules: set.rules.map((rule) => ({
    name: rule.name,
    category: categoryToWire[rule.category],
    pattern: rule.pattern,
    severities: rule.severities.map((severity) => severityToWire[severity]),
    action: actionToWire[rule.action],
    ...(rule.command === undefined ? {} : { command: rule.command }),
    cooldownSeconds: rule.cooldownSeconds,
    thresholdCount: rule.threshold.count,
    thresholdWithinSeconds: rule.threshold.withinSeconds,
    enabled: rule.enabled,
    description: rule.description,
  })),
})

/** Shapes and bounds only; what the rules mean, `core/recovery/check.ts` says. */
export const readRuleSet = (read: Reader, path: string, set: RecoveryRuleSet): RuleSet => ({
  allowExec: set.allowExec,
  rules: read
    .list(`${path}.rules`, set.rules, ruleLimits.rules)
    .map((rule, index) => readRule(read, `${path}.rules[${index}]`, rule)),
})

const readRule = (read: Reader, path: string, rule: WireRule): RecoveryRule => ({
  name: read.text(`${path}.name`, rule.name, ruleLimits.name),
  category: read.word(`${path}.category`, rule.category, categoryToWire, "wal"),
  pattern: read.text(`${path}.pattern`, rule.pattern, ruleLimits.pattern),
  severities: read
    .list(`${path}.severities`, rule.severities, Object.keys(severityToWire).length)
    .map((severity) => read.word(`${path}.severities`, severity, severityToWire, "LOG")),
  action: read.word(`${path}.action`, rule.action, actionToWire, "event"),
  command: rule.command,
  cooldownSeconds: read.count(`${path}.cooldown_seconds`, rule.cooldownSeconds, 1),
  threshold: {
    count: read.count(`${path}.threshold_count`, rule.thresholdCount, 1),
    withinSeconds: read.count(`${path}.threshold_within_seconds`, rule.thresholdWithinSeconds, 1),
  },
  enabled: rule.enabled,
  description: read.short(`${path}.description`, rule.description, ruleLimits.description),
})
