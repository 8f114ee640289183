/**
 * Alarms that ring together. A process that waits for a dozen things, each with a time of its own, wakes a dozen times a
 * second; where the longer waits all end on the same step, it wakes once for all that end there. An alarm in step rings
 * up to a step before its time and never after it, so whatever must be looked at within a time still is.
 */
import type { Clock } from "#io/clock.ts"
import { type Millis, millis } from "#core/units.ts"

const step = 100
/** What is shorter is in a hurry. */
const shortest = 400

type Ring = { readonly ring: () => void }
type Stop = { readonly rings: Set<Ring>; readonly cancel: () => void }

/** The same clock, its longer alarms in step. */
export function inStep(clock: Clock): Clock {
  const stops = new Map<number, Stop>()
  const begin = (at: number, now: number): Stop => {
    const rings = new Set<Ring>()
    const cancel = clock.alarm(millis(Math.ceil(at * step - now)), () => {
      stops.delete(at)
      for (const { ring } of rings) ring()
    })
    const stop = { rings, cancel }
    stops.set(at, stop)
    return stop
  }
  const alarm = (duration: Millis, ring: () => void): (() => void) => {
    if (duration < shortest) return clock.alarm(duration, ring)
    const now = performance.now()
    const at = Math.floor((now + duration) / step)
    const stop = stops.get(at) ?? begin(at, now)
    const own: Ring = { ring }
    stop.rings.add(own)
    return () => {
      // The last one takes the timer with it; after it rang there is nothing to take.
      if (!stop.rings.delete(own) || stop.rings.size > 0 || stops.get(at) !== stop) return
      stops.delete(at)
      stop.cancel()
    }
  }
  return { ...clock, alarm }
}
