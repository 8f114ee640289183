/**
 * Whether a machine stood still and its monotonic clock with it: the wall clock got ahead of that one. The same rule as
 * the supervisor's (`io/supervisor/server.sh`), for when the supervisor hangs. Pure.
 */
import type { Instant } from "#core/failover/observation.ts"

/** The wall clock, and the monotonic one before and after it was read: whoever is held up in between sees no pause. */
export type Clocks = { readonly before: Instant; readonly wall: number; readonly after: Instant }

/** By how much the wall clock was ahead at least, in this window and in the one before. */
export type Stillness = {
  readonly least: number
  readonly leastBefore: number
  readonly since: Instant
}

/** What is overlooked is within the timing law (`policy.ts: still`). */
const gapMost = 500
/** No right to serve lives longer. */
const window = 10_000

export function watchStillness({ before, wall, after }: Clocks): Stillness {
  const ahead = wall - before
  return { least: ahead, leastBefore: ahead, since: after }
}

/** The next reading, and whether the machine stood still for too long since the window before began. */
export function stillness(
  seen: Stillness,
  clocks: Clocks,
): { readonly next: Stillness; readonly stood: boolean } {
  const { before, wall, after } = clocks
  if (wall - after - Math.min(seen.least, seen.leastBefore) > gapMost)
    return { next: watchStillness(clocks), stood: true }
  const least = Math.min(seen.least, wall - before)
  return after - seen.since < window
    ? { next: { ...seen, least }, stood: false }
    : {
        next: { least: wall - before, leastBefore: least, since: after },
        stood: false,
      }
}
