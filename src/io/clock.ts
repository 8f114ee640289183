/**
 * Time as a port: one machine's monotonic clock and waits that end.
 *
 * `now` counts milliseconds since the machine booted, as `/proc/uptime` does: it is the same for all
 * processes and containers of a node, goes on while the machine sleeps, and never jumps. It must not
 * be compared with the reading of another machine (design 2.1).
 */
import { setImmediate as breathe, setTimeout as wait } from "node:timers/promises"
import { uptime } from "node:os"
import { Outage } from "#io/outage.ts"
import type { Millis } from "#core/units.ts"

export type Until = {
  readonly every: Millis
  readonly within: Millis
  readonly signal: AbortSignal
}

export interface Clock {
  /** Milliseconds on the monotonic clock of this machine (`/proc/uptime`, 10 ms steps). */
  now(): number
  /** Milliseconds since 1970, for people, and to see whether `now` stood still; otherwise never compared or counted with. */
  wall(): number
  /** Resolves after `duration`; throws the signal's reason when it is aborted first. */
  sleep(duration: Millis, signal: AbortSignal): Promise<void>
  /** Resolves when everything that has come in by now was taken in: at once, and yet after all of it. */
  breath(): Promise<void>
  /** Calls `ring` once after `duration`, unless the function that it returns was called before. */
  alarm(duration: Millis, ring: () => void): () => void
  /** Aborts with `signal` or after `duration`, whichever is first. */
  limit(duration: Millis, signal: AbortSignal): AbortSignal
  /** Asks `ready` at once and then every `every`; throws an Outage `NOT_IN_TIME` after `within`. */
  until(ready: () => Promise<boolean> | boolean, limits: Until): Promise<void>
}

export const systemClock: Clock = {
  now: () => Math.round(uptime() * 1000),
  wall: () => Date.now(),
  async sleep(duration, signal) {
    signal.throwIfAborted()
    try {
      await wait(Math.max(0, duration), undefined, { signal })
    } catch (cause) {
      signal.throwIfAborted()
      throw cause
    }
  },
  breath: () => breathe(),
  alarm(duration, ring) {
    const timer = setTimeout(ring, Math.max(0, duration))
    return () => clearTimeout(timer)
  },
  limit: (duration, signal) => within(duration, signal),
  async until(ready, { every, within, signal }) {
    const began = systemClock.now()
    while (!(await ready())) {
      if (systemClock.now() - began >= within)
        throw new Outage("NOT_IN_TIME", `what was waited for did not come within ${within} ms`)
      await systemClock.sleep(every, signal)
    }
  },
}

/** Aborts with `signal` or after `duration`, whichever is first. */
export const within = (duration: Millis, signal: AbortSignal): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(duration)])
