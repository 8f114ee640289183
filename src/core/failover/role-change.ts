/** How a cluster got a primary, as one record; and the parts that the time of it is split into. */

/**
 * `failover`: another member took over unasked. `switchover`: the role was handed over. `restart`: the
 * same member serves again in its own term. `bootstrap`: the first primary of a new cluster.
 */
export const roleChangeKinds = ["failover", "switchover", "restart", "bootstrap"] as const
export type RoleChangeKind = (typeof roleChangeKinds)[number]

/** In the order in which they pass. */
export const roleChangePhases = ["detect", "elect", "promote", "route"] as const
export type RoleChangePhase = (typeof roleChangePhases)[number]
