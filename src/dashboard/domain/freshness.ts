/** Central calls a satellite late after this silence, so one that is "connected" was heard within it. */
export const connectedWithin = 30_000

/** Sites report every ten seconds; four missed reports make a report stale (central then says late). */
export const staleAfter = 40_000

/** Whether a report of this time can no longer be taken for the present. No report is not stale, it is absent. */
export const isStale = (observedAt: string | null, now: number): boolean =>
  observedAt !== null && now - Date.parse(observedAt) > staleAfter
