/**
 * The order in which members restart for a change. Some parameters size what a standby needs to follow its
 * primary: its own must not be lower than those that the primary's WAL speaks of (manual, "Hot Standby",
 * 26.4.3), or it stops replaying, and does not start. So what rises, rises on standbys first; what falls,
 * falls on the primary first, while the standbys still have the old value, and there only when they have
 * replayed that it fell. A change that does both takes two rounds.
 */
import { numberOf } from "#core/cluster/catalog.ts"
import { parametersOf } from "#core/cluster/parameters.ts"
import type { ProfileSpec } from "#core/cluster/spec.ts"

/** With what PostgreSQL takes where neither the profile nor pg-swarm says anything. */
export const standbySensitive: ReadonlyMap<string, number> = new Map([
  ["max_connections", 100],
  ["max_locks_per_transaction", 64],
  ["max_prepared_transactions", 0],
  ["max_wal_senders", 10],
  ["max_worker_processes", 8],
])

/**
 * `standbys-first`: then the primary hands over and restarts as a standby. `primary-first`: in its place,
 * without a hand-over, then the standbys once they replayed it. `together`: all stop, the same primary
 * comes back. `alone`: there is one member.
 */
export const passOrders = ["standbys-first", "primary-first", "together", "alone"] as const
export type PassOrder = (typeof passOrders)[number]

export type Pass = {
  readonly order: PassOrder
  /** Parameters that get their new value in this round; until then they keep the old one. */
  readonly parameters: readonly string[]
}

export type Restarting = {
  /** Parameters with a new value that needs a restart. */
  readonly parameters: readonly string[]
  readonly hasNewPods: boolean
  readonly isTogether: boolean
}

export function restartPasses(
  from: ProfileSpec,
  to: ProfileSpec,
  { parameters, hasNewPods, isTogether }: Restarting,
): readonly Pass[] {
  if (from.members === 1) return [{ order: "alone", parameters }]
  const lowered = parameters.filter((name) => moves(name, from, to) < 0)
  const raised = parameters.some((name) => moves(name, from, to) > 0)
  const first: Pass = {
    order: isTogether ? "together" : "standbys-first",
    parameters: parameters.filter((name) => !lowered.includes(name)),
  }
  if (lowered.length === 0) return [first]
  // Whatever else waits for a restart may as well come with the one that is needed anyway.
  if (!raised && !hasNewPods && !isTogether) return [{ order: "primary-first", parameters }]
  return [first, { order: "primary-first", parameters: lowered }]
}

/** Above 0 for a sensitive parameter that rises, below for one that falls, 0 for all others. */
function moves(name: string, from: ProfileSpec, to: ProfileSpec): number {
  const otherwise = standbySensitive.get(name)
  if (otherwise === undefined) return 0
  const valueOf = (spec: ProfileSpec): number => {
    const text = parametersOf(spec).get(name)
    const value = text === undefined ? undefined : numberOf(spec.postgres.major, name, text)
    return value ?? otherwise
  }
  return valueOf(to) - valueOf(from)
}
