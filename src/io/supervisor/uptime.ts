/**
 * The clock that sidecar and supervisor share: `/proc/uptime`, monotonic, counted on through suspend, the
 * same in all containers of a node. Read in steps of 10 ms and rounded down, so a deadline made from
 * it is never later than meant.
 */
import { systemClock } from "#io/clock.ts"
import type { Uptime } from "./supervisor.ts"

/** Now. */
export const uptimeNow = (): Uptime => systemClock.now()
