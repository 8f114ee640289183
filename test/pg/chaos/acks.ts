/** What follows from the acknowledgements that clients noted, all on one clock. */

export type Ack = {
  readonly id: number
  readonly by: string
  /** As PostgreSQL writes it: eight hexadecimal digits. */
  readonly timeline: string
  /** Monotonic, in milliseconds. */
  readonly sent: number
  readonly at: number
}

const inOrder = (acks: readonly Ack[]): readonly Ack[] => acks.toSorted((a, b) => a.at - b.at)

/**
 * A member all of whose processes stood still, as on a machine that is paused: the last of them from `from` on,
 * the first of them not any more from `to` on.
 */
export type Standstill = { readonly by: string; readonly from: number; readonly to: number }

/** So long after waking an answer that was due before may still come, read by clients that are busy too. */
export const wakesWithin = 1000

/**
 * Whether this is only the answer that the standstill kept back: to a commit that was sent before it, and in the
 * moment of waking. That the commit itself was not lost, so that the answer is true, is for S2 to show.
 */
const keptBack = (ack: Ack, { by, from, to }: Standstill): boolean =>
  ack.by === by && ack.sent < from && ack.at >= to && ack.at < to + wakesWithin

/**
 * S1, as far as clients can see: a timeline has one writer, and nothing is acknowledged on a timeline after a
 * later one has begun, but for answers that a standstill kept back. Returns what contradicts that.
 */
export function contradictions(
  acks: readonly Ack[],
  standstills: readonly Standstill[] = [],
): readonly string[] {
  const problems: string[] = []
  const writers = new Map<string, string>()
  let latest: Ack | undefined
  for (const ack of inOrder(acks)) {
    const writer = writers.get(ack.timeline) ?? ack.by
    writers.set(ack.timeline, writer)
    if (writer !== ack.by)
      problems.push(`${ack.by} and ${writer} both wrote on timeline ${ack.timeline}`)
    const excused = standstills.some((standstill) => keptBack(ack, standstill))
    if (latest !== undefined && ack.timeline < latest.timeline && !excused) {
      const late = Math.round(ack.at - latest.at)
      problems.push(
        `${ack.by} acknowledged ${ack.id} on timeline ${ack.timeline}, ${late} ms after ${latest.by} wrote on ${latest.timeline}`,
      )
    }
    if (latest === undefined || ack.timeline > latest.timeline) latest = ack
  }
  return problems
}

/** Longest time without an acknowledged commit that ended after `since`, in milliseconds. */
export function longestGap(acks: readonly Ack[], since: number): number {
  const times = inOrder(acks).map(({ at }) => at)
  return times.reduce((longest, at, index) => {
    const before = times[index - 1]
    return at < since || before === undefined ? longest : Math.max(longest, at - before)
  }, 0)
}
