/**
 * What time it is for the page: one timer for all ages on the screen, corrected by what the server says,
 * because a laptop's clock may be minutes off and would then show a living cluster as stale.
 */
import { useSyncExternalStore } from "react"

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let offset = 0

/** Milliseconds since 1970 by the server's clock, as well as it is known. */
export const serverNow = (): number => Date.now() + offset

/** Called with the time in the server's messages. */
export function learnServerTime(at: string): void {
  const told = Date.parse(at)
  if (Number.isFinite(told)) offset = told - Date.now()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const each of listeners) each()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** A value that depends on the time; the component renders again only when the value changes. */
export function useTimed<T extends string | number | boolean>(of: (now: number) => T): T {
  return useSyncExternalStore(subscribe, () => of(serverNow()))
}
