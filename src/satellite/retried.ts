/** A step of the start that needs the world: repeated until the world is there. */
import { backoff } from "#core/backoff.ts"
import { seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { isStop } from "#io/together.ts"

const bounds = { first: seconds(0.5), longest: seconds(30) }

export async function retried<T>(
  what: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
  step: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await step()
    } catch (failure) {
      if (isStop(failure, signal)) throw failure
      const pause = backoff(attempt, Math.random(), bounds)
      log.warn("start.waits", { what, failure, againInMs: Math.round(pause) })
      await clock.sleep(pause, signal)
    }
  }
}
