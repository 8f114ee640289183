/** How severe a line of a log is: our programs' by their JSON, PostgreSQL's by the word that it puts before each message. */
import { parseLogLine } from "#core/recovery/log-line.ts"
import type { LogSeverity } from "#core/recovery/rule.ts"
import { type LineLevel, lineLevels } from "./tail.ts"

const jsonLevel = /^\{"level":"(\w+)"/

const ofSeverity: Readonly<Record<LogSeverity, LineLevel>> = {
  DEBUG: "debug",
  LOG: "info",
  INFO: "info",
  NOTICE: "info",
  WARNING: "warn",
  ERROR: "error",
  FATAL: "error",
  PANIC: "error",
}

/** Undefined for a line that belongs to the one before it. */
export function ownLevel(line: string): LineLevel | undefined {
  const word = jsonLevel.exec(line)?.[1]
  if (word !== undefined) return lineLevels.find((level) => level === word) ?? "info"
  const parsed = parseLogLine(line)
  switch (parsed.kind) {
    case "message":
      return ofSeverity[parsed.message.severity]
    case "aside":
    case "further":
      return undefined
    case "other":
      return "info"
  }
}
