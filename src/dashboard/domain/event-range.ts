/** How far back the log is looked at. */
export const eventRanges = ["hour", "day", "week"] as const
export type EventRange = (typeof eventRanges)[number]

const hour = 3_600_000
const lengths: Readonly<Record<EventRange, number>> = { hour, day: 24 * hour, week: 7 * 24 * hour }

export const sinceOf = (range: EventRange | undefined, now: number): string | undefined =>
  range === undefined ? undefined : new Date(now - lengths[range]).toISOString()
