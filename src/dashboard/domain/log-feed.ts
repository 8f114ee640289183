/** What somebody who follows a log has before them: the last lines, where some are missing, and how it stands. */
import type { LineLevel } from "#core/logs/tail.ts"
import type { ShownTailEnd, TailMessage } from "#wire/log-tail-live.ts"

/** Rows that are kept; older ones go as newer ones come. */
export const rowsMax = 2000

export type LogRow =
  | {
      readonly kind: "line"
      readonly id: number
      readonly at: string | null
      readonly level: LineLevel
      readonly text: string
      readonly cut: boolean
    }
  /** So many lines were left out here. */
  | { readonly kind: "gap"; readonly id: number; readonly lines: number }

export type FeedStanding =
  | { readonly kind: "connecting" }
  | { readonly kind: "following" }
  | { readonly kind: "waiting"; readonly why: string }
  | { readonly kind: "ended"; readonly end: ShownTailEnd | "cut"; readonly why: string }

export type LogFeed = {
  readonly rows: readonly LogRow[]
  readonly nextId: number
  readonly standing: FeedStanding
  /** All lines that were left out so far. */
  readonly dropped: number
}

export const newFeed: LogFeed = {
  rows: [],
  nextId: 0,
  standing: { kind: "connecting" },
  dropped: 0,
}

/** The feed with one more message of central. */
export function heard(feed: LogFeed, { dropped, lines, standing }: TailMessage): LogFeed {
  let nextId = feed.nextId
  const added: LogRow[] = []
  if (dropped > 0) added.push({ kind: "gap", id: nextId++, lines: dropped })
  for (const line of lines) added.push({ kind: "line", id: nextId++, ...line })
  return {
    rows: added.length === 0 ? feed.rows : [...feed.rows, ...added].slice(-rowsMax),
    nextId,
    standing,
    dropped: feed.dropped + dropped,
  }
}

/** The socket is gone. What central said of the end counts for more. */
export function socketClosed(feed: LogFeed, code: number): LogFeed {
  if (feed.standing.kind === "ended") return feed
  const why =
    code === 4401
      ? "the session has ended"
      : code === 4403
        ? "what you may do has changed"
        : "the line to central broke off"
  return { ...feed, standing: { kind: "ended", end: "cut", why } }
}

/** Rows with this text in them, in upper or lower case; gaps stay where lines around them are shown. */
export function rowsWith(rows: readonly LogRow[], text: string): readonly LogRow[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === "") return rows
  return rows.filter((row) => row.kind === "line" && row.text.toLowerCase().includes(wanted))
}

/** What a line says first, and its fields behind it: ours are JSON, others are as they are. */
export function readLine(text: string): { readonly head: string; readonly fields: string } {
  const parsed = text.startsWith("{") ? fieldsOf(text) : undefined
  if (parsed === undefined) return { head: text, fields: "" }
  const { event, level: _, time: __, program: ___, ...rest } = parsed
  if (typeof event !== "string") return { head: text, fields: "" }
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  )
  return { head: event, fields: fields.join(" ") }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : undefined
  } catch {
    // Cut, or no JSON: it is shown as it is.
    return undefined
  }
}

/** As a file: each line as its program wrote it, after the time that its site gave it. */
export const fileOf = (rows: readonly LogRow[]): string =>
  rows
    .map((row) =>
      row.kind === "gap"
        ? `... ${row.lines} lines were left out ...\n`
        : `${row.at === null ? "" : `${row.at} `}${row.text}${row.cut ? " ... (cut)" : ""}\n`,
    )
    .join("")

/** What an end means, in few words; the reason stands beside it. */
export const endWords: Readonly<Record<ShownTailEnd | "cut", string>> = {
  stopped: "The satellite stopped",
  "time-is-up": "Followed for as long as it may be",
  "too-many": "Too many logs are followed",
  gone: "There is nothing to follow",
  forbidden: "Kubernetes does not let the satellite read it",
  failed: "It could not be read",
  offline: "The site is not connected",
  silent: "The site does not answer",
  "not-found": "There is nothing to follow",
  cut: "Not followed any more",
}
