/** The satellite's own log, out of memory: what it wrote lately, and what it writes. */
import type { LogRing } from "#io/log-ring.ts"
import type { Source } from "./source.ts"

export const ownLog =
  (ring: LogRing): Source =>
  async (lines, reading, signal) => {
    const leave = ring.follow(lines, ({ at, text }) => reading.line({ at, text, isCut: false }))
    try {
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener("abort", () => resolve(), { once: true })
      })
    } finally {
      leave()
    }
    signal.throwIfAborted()
    return { end: "stopped", why: "the satellite stops" }
  }
