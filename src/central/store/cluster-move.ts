/** Giving clusters another version of their profile. */
import { type ClusterId, clusterId, type SatelliteId, satelliteId } from "#core/ids.ts"
import type { Move } from "#core/rollout/waves.ts"
import { textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"

/**
 * Spec, its version and the config version change together. A cluster that was changed since it was looked
 * at, or that is on its way out, is not moved. Returns where those are that were.
 */
export const moveClusters = async (
  sql: Sql,
  profile: string,
  moves: readonly Move[],
): Promise<ReadonlyMap<ClusterId, SatelliteId>> => {
  const wanted = moves.map(({ cluster, to, version }) => ({ cluster, to, version }))
  const rows = await sql`
    update cluster c set spec = v.spec, spec_version = v.spec_version, spec_since = n.version,
      desired_version = n.version, version = c.version + 1
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as n (
        cluster uuid, "to" integer, version bigint
      )
      join profile_version v on v.profile_id = ${profile} and v.spec_version = n."to"
    where c.id = n.cluster and c.profile_id = ${profile} and c.desired_version = n.version - 1
      and c.deleting_since is null
    returning c.id, c.satellite_id`
  return new Map(
    rows.map((row) => [clusterId(textOf(row, "id")), satelliteId(textOf(row, "satellite_id"))]),
  )
}
