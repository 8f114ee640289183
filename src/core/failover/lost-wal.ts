/** WAL that an ex-primary had and nobody else: counted before a rewind or a clone discards it. */
import { type Term, term } from "#core/ids.ts"
import { type Lsn, parseLsn } from "#core/lsn.ts"
import type { Parsed, Problem } from "#core/parsed.ts"

export const lostWalEvent = "wal.lost"

export type LostWal = {
  /** The term in which the lost WAL was written: that of the old primary, not of its successor. */
  readonly term: Term
  readonly bytes: number
  /** Transactions that had committed in it; undefined where nobody could tell. */
  readonly commits: number | undefined
  /** Where it ended. */
  readonly to: Lsn | undefined
}

/** Reads the details of a `wal.lost` event; names every field that makes no sense. */
export function parseLostWal(details: Readonly<Record<string, string>>): Parsed<LostWal> {
  const problems: Problem[] = []
  const whole = (field: string, greatest: number): number => {
    const text = details[field] ?? ""
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (!(value <= greatest))
      problems.push({ field, problem: `expected a whole number up to ${greatest}` })
    return value
  }
  const served = whole("term", 2 ** 31 - 1)
  const bytes = whole("bytes", Number.MAX_SAFE_INTEGER)
  const commits =
    (details["commits"] ?? "") === "" ? undefined : whole("commits", Number.MAX_SAFE_INTEGER)
  const end = details["toLsn"] ?? ""
  const to = end === "" ? undefined : parseLsn(end)
  if (end !== "" && to === undefined)
    problems.push({ field: "toLsn", problem: "expected a WAL position, e.g. 0/3000060" })
  return problems.length > 0
    ? { kind: "bad", problems }
    : { kind: "ok", value: { term: term(served), bytes, commits, to } }
}
