/** Where a tail's lines come from, and what it tells of itself meanwhile. */
import type { RawLine } from "#core/logs/tail-reader.ts"
import type { TailEnd } from "#core/logs/tail.ts"

export type Ended = { readonly end: TailEnd; readonly why: string }

export type Reading = {
  readonly line: (line: RawLine) => void
  readonly following: () => void
  readonly waiting: (why: string) => void
  /** Resolves at once while there is room, and later while lines are left out already. */
  readonly room: () => Promise<void>
}

/** Reads until `signal`, which it throws, or until there is nothing to read any more. */
export type Source = (lines: number, reading: Reading, signal: AbortSignal) => Promise<Ended>
