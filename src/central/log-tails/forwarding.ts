/** Batches of a tail on their way to another central: a few at most, and what is left out is counted. */
import type { TailMessage } from "#wire/log-tail-live.ts"

export type Numbered = { readonly sequence: number; readonly message: TailMessage }

/** About two seconds of what a site sends. */
export const forwardedMax = 10

/** The queue with `next` at its end. Where it is full, the oldest goes and its lines count as left out. */
export function queued(queue: readonly Numbered[], next: Numbered): readonly Numbered[] {
  const all = [...queue, next]
  if (all.length <= forwardedMax) return all
  const [oldest, second, ...rest] = all
  if (oldest === undefined || second === undefined) return all
  return [{ ...second, message: withDropped(second.message, linesIn(oldest.message)) }, ...rest]
}

/** How many lines are missing where this is not shown. */
export const linesIn = ({ dropped, lines }: TailMessage): number => dropped + lines.length

export const withDropped = (message: TailMessage, more: number): TailMessage => ({
  ...message,
  dropped: message.dropped + more,
})
