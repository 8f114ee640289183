/**
 * What a set of rules makes of a log that somebody pasted: the sidecar's own reading, matching and judging,
 * with the clock of the log's own timestamps, and with what else would have matched. Does nothing.
 */
import type { CompilePattern } from "#core/recovery/check.ts"
import { firstEngineMemory, judge, type Verdict } from "#core/recovery/engine.ts"
import { excerpt } from "#core/recovery/excerpt.ts"
import { type LogMessage, parseLogLine } from "#core/recovery/log-line.ts"
import { type ReadyRule, readyRules, takesIt, withinPattern } from "#core/recovery/matching.ts"
import { gather, type Gathering, nothingGathered } from "#core/recovery/messages.ts"
import type { RecoveryRule, RuleSet } from "#core/recovery/rule.ts"

/** Who reads the log, as far as it decides what is done. */
export type Reader = {
  /** `primary`: it holds the Lease, so that no repair touches it. */
  readonly role: "primary" | "standby"
  readonly paused: boolean
}

/** What the core does not have. */
export type Ports = {
  readonly compile: CompilePattern
  /** The instant of an ISO 8601 text; undefined where it is none. */
  readonly timeAt: (iso: string) => number | undefined
}

/** Why a rule whose pattern matches a message does not get it. */
export const passedOver = ["later", "severity", "disabled"] as const
export type PassedOver = (typeof passedOver)[number]

export type ReplayedMessage = {
  /** Counted from 1, both included. */
  readonly firstLine: number
  readonly lastLine: number
  readonly severity: LogMessage["severity"]
  /** The process that said it; undefined where the line does not say so in pg-swarm's way. */
  readonly process: string | undefined
  /** Whether no client can have said it. */
  readonly isServer: boolean
  /** The beginning, without passwords. */
  readonly text: string
  /** The rule that takes it, and what comes of that. */
  readonly taken: { readonly rule: RecoveryRule; readonly verdict: Verdict } | undefined
  /** Rules whose pattern matches too. */
  readonly others: readonly { readonly rule: string; readonly why: PassedOver }[]
}

export type Replay = {
  readonly messages: readonly ReplayedMessage[]
  readonly lineCount: number
  /** Lines of details, hints and statements, which rules are not tried on. */
  readonly asideCount: number
  /** Lines that are no message of PostgreSQL's. */
  readonly strangeCount: number
}

type Placed = {
  readonly message: LogMessage
  readonly firstLine: number
  readonly lastLine: number
}

/** Longest that a message is shown. */
const textMax = 500

export function replay(
  set: RuleSet,
  log: string,
  reader: Reader,
  { compile, timeAt }: Ports,
): Replay {
  const lines = log.replace(/\r?\n$/, "").split(/\r?\n/)
  const kinds = lines.map((line) => parseLogLine(line).kind)
  // Also those that are switched off: whoever tries a set wants to know what they would take.
  const rules = readyRules({ ...set, rules: set.rules.map(switchedOn) }, compile)
  let memory = firstEngineMemory
  let now = 0
  const messages = placedMessages(lines).map((placed): ReplayedMessage => {
    now = Math.max(now, timeAt(utcOf(placed.message)) ?? now)
    const { taken, others } = matched(set, rules, placed.message)
    if (taken === undefined) return { ...shown(placed), taken: undefined, others }
    const judged = judge(memory, taken, placed.message, {
      now,
      mayLead: reader.role === "primary" ? "it holds the Lease" : undefined,
      busyWith: undefined,
      paused: reader.paused,
      isOld: false,
    })
    memory = judged.memory
    return { ...shown(placed), taken: { rule: taken, verdict: judged.verdict }, others }
  })
  const count = (kind: (typeof kinds)[number]): number => kinds.filter((one) => one === kind).length
  return {
    messages,
    lineCount: lines.length,
    asideCount: count("aside"),
    strangeCount: count("other"),
  }
}

const switchedOn = (rule: RecoveryRule): RecoveryRule => ({ ...rule, enabled: true })

/** Messages with the lines that they stand on. */
function placedMessages(lines: readonly string[]): readonly Placed[] {
  const found: Placed[] = []
  let gathering: Gathering = nothingGathered
  let [firstLine, lastLine] = [0, 0]
  for (const [at, line] of lines.entries()) {
    const next = gather(gathering, line)
    if (next.message !== undefined) found.push({ message: next.message, firstLine, lastLine })
    const isNew = parseLogLine(line).kind === "message"
    if (isNew) firstLine = at + 1
    if (isNew || next.gathering.open !== undefined) lastLine = at + 1
    gathering = next.gathering
  }
  if (gathering.open !== undefined) found.push({ message: gathering.open, firstLine, lastLine })
  return found
}

const shown = ({ message, firstLine, lastLine }: Placed) => ({
  firstLine,
  lastLine,
  severity: message.severity,
  process: message.speaker.kind === "unknown" ? undefined : message.speaker.process,
  isServer: message.speaker.kind === "server",
  text: excerpt(message.text, textMax),
})

function matched(
  set: RuleSet,
  rules: readonly ReadyRule[],
  message: LogMessage,
): {
  readonly taken: RecoveryRule | undefined
  readonly others: ReplayedMessage["others"]
} {
  let taken: RecoveryRule | undefined
  const others: { rule: string; why: PassedOver }[] = []
  for (const [at, ready] of rules.entries()) {
    if (!withinPattern(ready, message)) continue
    const rule = set.rules[at] ?? ready.rule
    if (!rule.enabled) others.push({ rule: rule.name, why: "disabled" })
    else if (!takesIt(ready, message)) others.push({ rule: rule.name, why: "severity" })
    else if (taken === undefined) taken = rule
    else others.push({ rule: rule.name, why: "later" })
  }
  return { taken, others }
}

/** By the line's own head, as if it were in UTC: only the time between lines counts. */
function utcOf({ origin }: LogMessage): string {
  const [day = "", time = ""] = origin.split(" ")
  return `${day}T${time}Z`
}
