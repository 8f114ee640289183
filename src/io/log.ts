/**
 * Logging as events: a stable name, flat fields, one JSON line on standard output. What looks like a
 * secret by its field name, and passwords inside URLs, never leave this file.
 */
import { pino } from "pino"

export const logLevels = ["debug", "info", "warn", "error"] as const
export type LogLevel = (typeof logLevels)[number]
export type Fields = Readonly<Record<string, unknown>>

/** Where events go. `event` is for what a person on duty wants to know; `debug` for who looks into it. */
export interface Log {
  debug(event: string, fields?: Fields): void
  event(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, fields?: Fields): void
  /** A log whose every line carries `fields` too. */
  child(fields: Fields): Log
  /** Changes the level of this log, its parent and all its children, at once. */
  setLevel(level: LogLevel): void
}

/** Takes one finished line, without its line end. */
export type Sink = (line: string) => void

const secretField =
  /(password|passwd|secret|token|authorization|cookie|credential|privatekey|apikey)$/i
const urlPassword = /(\w+:\/\/[^\s:/@]*):[^\s@]+@/g
const depthMax = 6
const itemsMax = 100
const textMax = 4000

/** A copy of `value` that is safe to print: secrets masked, errors spelled out, everything bounded. */
export function printable(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return scrubbed(value)
  if (typeof value === "bigint") return value.toString()
  if (typeof value !== "object" || value === null) return value
  if (depth >= depthMax) return "…"
  if (value instanceof Error) return printableError(value, depth)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value))
    return value.slice(0, itemsMax).map((item: unknown) => printable(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, itemsMax)
      .map(([name, inner]: [string, unknown]) => [
        name,
        secretField.test(name) && inner !== undefined && inner !== null
          ? "[redacted]"
          : printable(inner, depth + 1),
      ]),
  )
}

function scrubbed(text: string): string {
  const short = text.length > textMax ? `${text.slice(0, textMax)}…` : text
  return short.includes("://") ? short.replaceAll(urlPassword, "$1:[redacted]@") : short
}

function printableError(error: Error, depth: number): unknown {
  const code = "code" in error ? error.code : undefined
  return {
    name: error.name,
    message: scrubbed(error.message),
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    // The stack of an outage says where we noticed, which the event's name says already.
    ...(error.name === "Outage" ? {} : { stack: scrubbed(error.stack ?? "") }),
    ...(error.cause === undefined ? {} : { cause: printable(error.cause, depth + 1) }),
  }
}

/** Where lines go without a sink: out of the program before the call returns. */
export function standardOutput(): Sink {
  const output = pino.destination({ fd: 1, sync: true })
  return (line) => output.write(`${line}\n`)
}

/** Opens the log of `program`. Without `sink`, lines go to standard output as they are made. */
export function openLog(program: string, level: LogLevel = "info", sink?: Sink): Log {
  const options = {
    level,
    base: { program },
    messageKey: "event",
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  }
  const root =
    sink === undefined
      ? pino(options, pino.destination({ fd: 1, sync: true }))
      : pino(options, { write: (line: string) => sink(line.trimEnd()) })
  return wrap(root, {}, (next) => {
    root.level = next
  })
}

function wrap(root: pino.Logger, bound: Fields, setLevel: (level: LogLevel) => void): Log {
  const write = (level: LogLevel, event: string, fields: Fields | undefined): void => {
    // Fields are copied and masked only for lines that will be written.
    if (root.isLevelEnabled(level)) root[level](printable({ ...bound, ...fields }), event)
  }
  return {
    debug: (event, fields) => write("debug", event, fields),
    event: (event, fields) => write("info", event, fields),
    warn: (event, fields) => write("warn", event, fields),
    error: (event, fields) => write("error", event, fields),
    child: (fields) => wrap(root, { ...bound, ...fields }, setLevel),
    setLevel,
  }
}

/** A log that keeps nothing, for tests that do not look at it. */
export const silentLog: Log = {
  debug: () => {},
  event: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
  setLevel: () => {},
}
