/**
 * Timeline histories: which timelines a timeline came from, and where it left each of them.
 * The format is that of PostgreSQL's `<timeline>.history` files.
 */
import { type Timeline, timeline } from "#core/ids.ts"
import { type Lsn, parseLsn } from "#core/lsn.ts"

/** `history` left `from` at `at`: WAL of `from` beyond `at` is not part of it. */
export type Fork = { readonly from: Timeline; readonly at: Lsn }

export type History = { readonly timeline: Timeline; readonly forks: readonly Fork[] }

/** Reads a history file; undefined when a line is not as PostgreSQL writes it. */
export function parseHistory(of: Timeline, text: string): History | undefined {
  const forks: Fork[] = []
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue
    const [id, position] = line.trim().split(/\s+/)
    const at = parseLsn(position ?? "")
    if (id === undefined || !/^\d+$/.test(id) || at === undefined) return undefined
    forks.push({ from: timeline(Number(id)), at })
  }
  return { timeline: of, forks }
}

export const historyFile = (of: Timeline): string =>
  `${of.toString(16).toUpperCase().padStart(8, "0")}.history`

/**
 * Whether a member whose WAL ends at `end` on timeline `on` can follow `history` without giving
 * anything up: it is on the same timeline, or on an ancestor and not beyond the fork.
 */
export function canFollow(history: History, on: Timeline, end: Lsn): boolean {
  if (on === history.timeline) return true
  const fork = history.forks.findLast(({ from }) => from === on)
  return fork !== undefined && end <= fork.at
}
