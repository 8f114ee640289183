/** Clusters as what would become of them is told: where they are, and by which rule. */
import type { Scope } from "#core/access/scope.ts"
import type { SatelliteId } from "#core/ids.ts"
import { booleanOf, maybe, type Row, textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { within } from "./scope.ts"

export type RuledPlace = {
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly satelliteId: string
  readonly satelliteName: string
  readonly ruleName: string | undefined
  readonly isPausedByRule: boolean
}

const ruledPlace = (row: Row): RuledPlace => ({
  id: textOf(row, "id"),
  namespace: textOf(row, "namespace"),
  name: textOf(row, "name"),
  satelliteId: textOf(row, "satellite_id"),
  satelliteName: textOf(row, "satellite_name"),
  ruleName: maybe(textOf, row, "rule_name"),
  isPausedByRule: booleanOf(row, "paused_by_rule"),
})

export const clustersOn = async (sql: Sql, satellite: SatelliteId): Promise<RuledPlace[]> =>
  (
    await sql`
      select c.id, c.namespace, c.name, c.satellite_id, s.name as satellite_name,
        r.name as rule_name, c.paused_by_rule
      from cluster c join satellite s on s.id = c.satellite_id left join rule r on r.id = c.rule_id
      where c.satellite_id = ${satellite}`
  ).map(ruledPlace)

/** Without those that are on their way out: nothing becomes of them. */
export const clustersOfRule = async (sql: Sql, scope: Scope, rule: string): Promise<RuledPlace[]> =>
  (
    await sql`
      select c.id, c.namespace, c.name, c.satellite_id, s.name as satellite_name,
        r.name as rule_name, c.paused_by_rule
      from cluster c join satellite s on s.id = c.satellite_id join rule r on r.id = c.rule_id
      where c.rule_id = ${rule} and c.deleting_since is null
        and in_scope(s.labels, ${within(scope)}::jsonb[])`
  ).map(ruledPlace)
