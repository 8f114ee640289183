/**
 * A server's log, from text to messages. Clients can put any text into a log, so what a message says of
 * its origin counts only where no client can write: pg-swarm's own head of each line, which comes first
 * (`logLineHead`). PostgreSQL indents every further line of a message by a tab, so none can forge a head.
 */
import { logSeverities, type LogSeverity } from "#core/recovery/rule.ts"

/** Begins `log_line_prefix` of every cluster; what the profile wants follows it. */
export const logLineHead = "%m [%p] (%b) "

/** Who wrote a message. Only the server's own processes speak of nothing but the server. */
export type Speaker =
  /** Runs no code of a client: postmaster, startup, walreceiver, checkpointer … */
  | { readonly kind: "server"; readonly process: string }
  /** A client's session, or a process that runs functions of users; it may say whatever a user wants. */
  | { readonly kind: "session"; readonly process: string }
  /** Not of the shape that pg-swarm configures: an extension, a library, a server before it read its settings. */
  | { readonly kind: "unknown" }

export type LogMessage = {
  readonly speaker: Speaker
  readonly severity: LogSeverity
  /** What follows the severity, with the lines that belong to it. */
  readonly text: string
  /** Time and process id as the line has them: with the text they tell one message from another. */
  readonly origin: string
}

export type LogLine =
  | { readonly kind: "message"; readonly message: LogMessage }
  /** DETAIL, HINT, STATEMENT …: belongs to the message before it, and may hold a client's data. */
  | { readonly kind: "aside" }
  /** A further line of what came before it. */
  | { readonly kind: "further"; readonly text: string }
  /** Not PostgreSQL's. */
  | { readonly kind: "other" }

const head =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [^ [(]{1,40} \[\d{1,10}\]) (?:\(([^()]{0,80})\) )?/
const severityAt = /(?:^| |:)(DEBUG\d?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC): {2}/
const asideAt = /(?:^| |:)(?:DETAIL|HINT|QUERY|CONTEXT|LOCATION|BACKTRACE|STATEMENT): {2}/
/** A prefix of a profile is not longer; what comes later is the message's own text. */
const prefixMax = 400

/** Processes that do only what PostgreSQL's own code does, as `%b` names them (versions 15 to 18). */
const serverProcesses: ReadonlySet<string> = new Set([
  "postmaster",
  "startup",
  "walreceiver",
  "checkpointer",
  "background writer",
  "walwriter",
  "archiver",
  "walsummarizer",
  "io worker",
  "not initialized",
])

/** What one line of the log is. */
export function parseLogLine(line: string): LogLine {
  if (line.startsWith("\t")) return { kind: "further", text: line.slice(1) }
  const found = head.exec(line)
  const rest = found === null ? line : line.slice(found[0].length)
  const prefix = rest.slice(0, prefixMax)
  const at = severityAt.exec(prefix)
  const aside = asideAt.exec(prefix)
  // Whichever stands first: the other is a part of the text.
  if (aside !== null && (at === null || aside.index < at.index)) return { kind: "aside" }
  const word = at?.[1]
  if (at === null || word === undefined) return { kind: "other" }
  const speaker = speakerOf(found?.[2], at.index === 0)
  const message = {
    speaker,
    severity: severityOf(word),
    text: rest.slice(at.index + at[0].length),
    origin: found?.[1] ?? "",
  }
  return { kind: "message", message }
}

/** `bare`: nothing stands between pg-swarm's head and the severity, as it does for sessions. */
function speakerOf(process: string | undefined, bare: boolean): Speaker {
  if (process === undefined) return { kind: "unknown" }
  return serverProcesses.has(process) && bare
    ? { kind: "server", process }
    : { kind: "session", process }
}

function severityOf(word: string): LogSeverity {
  const plain = word.startsWith("DEBUG") ? "DEBUG" : word
  return logSeverities.find((severity) => severity === plain) ?? "LOG"
}
