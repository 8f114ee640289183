/** Levels of logs that people asked for: columns of `satellite` and `cluster`. */
import type { Scope } from "#core/access/scope.ts"
import { type ClusterId, clusterId, type SatelliteId } from "#core/ids.ts"
import { integerOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { bySatellite } from "./by-satellite.ts"
import { within } from "./scope.ts"

export type Asked = { readonly level: string; readonly until: number }

const asked = (row: Row): Asked | undefined => {
  const level = maybe(textOf, row, "log_level")
  const until = maybe(timeOf, row, "log_level_until")
  return level === undefined || until === undefined ? undefined : { level, until }
}

/** `none` where there is no such satellite for who asks. */
export async function satelliteLevel(
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<Asked | undefined | "none"> {
  const [row] = await sql`
    select case when log_level_until > now() then log_level end as log_level, log_level_until
    from satellite where id = ${id} and in_scope(labels, ${within(scope)}::jsonb[])`
  return row === undefined ? "none" : asked(row)
}

export async function clusterLevel(
  sql: Sql,
  scope: Scope,
  id: string,
): Promise<Asked | undefined | "none"> {
  const [row] = await sql`
    select case when c.log_level_until > now() then c.log_level end as log_level, c.log_level_until
    from cluster c
    where c.id = ${id} and satellite_in_scope(c.satellite_id, ${within(scope)}::jsonb[])`
  return row === undefined ? "none" : asked(row)
}

export const putSatelliteLevel = async (
  sql: Sql,
  id: SatelliteId,
  level: string | null,
  minutes: number,
): Promise<void> => {
  await sql`
    update satellite set log_level = ${level},
      log_level_until = now() + make_interval(mins => ${minutes}::integer)
    where id = ${id}`
}

export const putClusterLevel = async (
  sql: Sql,
  id: ClusterId,
  level: string | null,
  minutes: number,
): Promise<void> => {
  await sql`
    update cluster set log_level = ${level},
      log_level_until = now() + make_interval(mins => ${minutes}::integer)
    where id = ${id}`
}

export type LevelOfSite = {
  /** Undefined: the satellite itself. */
  readonly clusterId: ClusterId | undefined
  readonly level: string
  readonly until: number
  readonly seconds: number
}

/** What is asked of these sites now. */
export async function levelsOf(
  sql: Sql,
  satellites: readonly SatelliteId[],
): Promise<ReadonlyMap<SatelliteId, LevelOfSite[]>> {
  const rows = await sql`
    select satellite_id, cluster_id, log_level, log_level_until,
      ceil(extract(epoch from log_level_until - now()))::integer as seconds
    from (
      select id as satellite_id, null::uuid as cluster_id, log_level, log_level_until
        from satellite where id = any(${satellites}::uuid[])
      union all
      select satellite_id, id, log_level, log_level_until from cluster
        where satellite_id = any(${satellites}::uuid[]) and deleting_since is null
    ) asked
    where log_level is not null and log_level_until > now()`
  return bySatellite(rows, (row) => {
    const cluster = maybe(textOf, row, "cluster_id")
    return {
      clusterId: cluster === undefined ? undefined : clusterId(cluster),
      level: textOf(row, "log_level"),
      until: timeOf(row, "log_level_until"),
      seconds: integerOf(row, "seconds"),
    }
  })
}
