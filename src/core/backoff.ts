/** How long to wait before trying again. */
import { type Millis, millis } from "#core/units.ts"

/**
 * Exponential back-off with full jitter between half and the whole of the step, so that hundreds of
 * satellites that lost central together do not come back together.
 * `attempt` counts from 0; `chance` is in [0, 1).
 */
export function backoff(
  attempt: number,
  chance: number,
  bounds: { readonly first: Millis; readonly longest: Millis },
): Millis {
  const step = Math.min(bounds.longest, bounds.first * 2 ** Math.min(attempt, 30))
  return millis(step / 2 + (step / 2) * chance)
}
