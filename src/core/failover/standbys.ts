/** Standbys as the primary last saw them, which is what a crash is judged by. */
import type { PodName } from "#core/ids.ts"
import type { Instant, PrimaryState, StandbyRow } from "#core/failover/observation.ts"

/** When each standby was last seen in `pg_stat_replication`. */
export type StandbysSeen = ReadonlyMap<PodName, { readonly row: StandbyRow; readonly at: Instant }>

/**
 * A killed postmaster's walsenders are gone before the backends that still answer: the last look may be
 * at a server whose standbys have just vanished, although they had everything.
 */
const vanishedWithin = 3000

/** What was seen until now, and what `look` shows. */
export function seeStandbys(
  before: StandbysSeen,
  look: Pick<PrimaryState, "standbys" | "askedAt">,
): StandbysSeen {
  const kept = [...before].filter(([, { at }]) => look.askedAt - at <= vanishedWithin)
  const shown = look.standbys.map((row) => [row.pod, { row, at: look.askedAt }] as const)
  return new Map([...kept, ...shown])
}

/** The last look at a primary, with the standbys that it had until a moment before. */
export const withStandbys = (look: PrimaryState, seen: StandbysSeen): PrimaryState => ({
  ...look,
  standbys: [...seen.values()].map(({ row }) => row),
})
