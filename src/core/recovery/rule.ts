/**
 * Recovery rules: what to do when the server's log says something (docs/recovery-rules.md). A set of
 * them belongs to a cluster; its order matters, because the first rule that matches a message takes it.
 */

/** What kind of trouble a rule is about; the order is the one that people see. */
export const ruleCategories = [
  "data-corruption",
  "out-of-memory",
  "wal",
  "replication",
  "configuration",
  "connection",
  "storage",
  "tablespace",
  "extension",
] as const
export type RuleCategory = (typeof ruleCategories)[number]

/**
 * What a rule does. `event` only tells. `restart` stops a standby and starts it again, `rewind` and
 * `rebasebackup` put a standby onto the primary's history anew: these three never touch a member that
 * holds or may hold the Lease. `exec` runs a command that the postgres container's image offers.
 */
export const ruleActions = ["event", "restart", "rewind", "rebasebackup", "exec"] as const
export type RuleAction = (typeof ruleActions)[number]

/** Actions that end with a server that was stopped: they need a member that is certainly no primary. */
export const repairs = ["restart", "rewind", "rebasebackup"] as const
export type Repair = (typeof repairs)[number]

export const isRepair = (action: RuleAction): action is Repair =>
  repairs.some((repair) => repair === action)

/** Severities as the server's log writes them, mildest first. */
export const logSeverities = [
  "DEBUG",
  "LOG",
  "INFO",
  "NOTICE",
  "WARNING",
  "ERROR",
  "FATAL",
  "PANIC",
] as const
export type LogSeverity = (typeof logSeverities)[number]

export type Threshold = { readonly count: number; readonly withinSeconds: number }

export type RecoveryRule = {
  /** Lower-case words with dashes; unique in its set. */
  readonly name: string
  readonly category: RuleCategory
  /** In RE2's syntax, tried on the message that follows the severity, not on its details or its statement. */
  readonly pattern: string
  /** Only messages of these severities; none means any. */
  readonly severities: readonly LogSeverity[]
  readonly action: RuleAction
  /** The command of an `exec`; undefined for every other action. */
  readonly command: string | undefined
  /** After it acted a rule is silent for so long. */
  readonly cooldownSeconds: number
  /** Acts on the `count`th match within the time; `{count: 1}` acts on the first. */
  readonly threshold: Threshold
  readonly enabled: boolean
  /** What the message means, for people. */
  readonly description: string
}

export type RuleSet = {
  /** `exec` rules do nothing without it. */
  readonly allowExec: boolean
  readonly rules: readonly RecoveryRule[]
}

/** Bounds of a set; also written into the REST schema. */
export const ruleLimits = {
  rules: 200,
  name: 60,
  pattern: 500,
  description: 300,
  command: 40,
  cooldownSeconds: 7 * 24 * 3600,
  thresholdCount: 1000,
  thresholdSeconds: 24 * 3600,
} as const

/** A member that is stopped, rewound or cloned every few seconds is worse than a broken one. */
export const leastCooldown: Readonly<Record<RuleAction, number>> = {
  event: 1,
  exec: 10,
  restart: 60,
  rewind: 120,
  rebasebackup: 600,
}

export const nameShape = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
