/** Tables `rule` and `rule_exception`. */
import * as z from "zod"
import { assert } from "#core/assert.ts"
import { type RuleId, ruleId, type SatelliteId, satelliteId } from "#core/ids.ts"
import { type GoverningRule, matchEnds, type OnMatchEnd } from "#core/rollout/match-end.ts"
import { integerOf, jsonOf, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { Rule } from "#wire/rest/profiles.ts"

const selectorOf = z.record(z.string(), z.string())

function onMatchEndOf(row: Row): OnMatchEnd {
  const found = matchEnds.find((one) => one === row["on_match_end"])
  assert(found !== undefined, "column on_match_end holds what becomes of a cluster")
  return found
}

const shown = (row: Row): Rule => ({
  id: textOf(row, "id"),
  name: textOf(row, "name"),
  profileId: textOf(row, "profile_id"),
  profileName: textOf(row, "profile_name"),
  selector: selectorOf.parse(jsonOf(row, "selector")),
  clusterName: textOf(row, "cluster_name"),
  namespace: textOf(row, "namespace"),
  onMatchEnd: onMatchEndOf(row),
  clusterCount: integerOf(row, "cluster_count"),
  createdAt: new Date(timeOf(row, "created_at")).toISOString(),
  version: integerOf(row, "version"),
})

export const insertRule = async (sql: Sql, rule: GoverningRule): Promise<void> => {
  await sql`
    insert into rule (id, name, profile_id, selector, cluster_name, namespace, on_match_end)
    values (${rule.id}, ${rule.name}, ${rule.profileId}, ${JSON.stringify(rule.selector)}::jsonb,
      ${rule.clusterName}, ${rule.namespace}, ${rule.onMatchEnd})`
}

export const updateRule = async (sql: Sql, rule: GoverningRule): Promise<void> => {
  await sql`
    update rule set name = ${rule.name}, profile_id = ${rule.profileId},
      selector = ${JSON.stringify(rule.selector)}::jsonb, cluster_name = ${rule.clusterName},
      namespace = ${rule.namespace}, on_match_end = ${rule.onMatchEnd}, version = version + 1
    where id = ${rule.id}`
}

export async function findRule(sql: Sql, id: string): Promise<Rule | undefined> {
  const [row] = await sql`
    select r.id, r.name, r.profile_id, r.selector, r.cluster_name, r.namespace, r.on_match_end, r.created_at,
      r.version, p.name as profile_name,
      (select count(*) from cluster c where c.rule_id = r.id) as cluster_count
    from rule r join profile p on p.id = r.profile_id
    where r.id = ${id}`
  return row === undefined ? undefined : shown(row)
}

export const listRules = async (
  sql: Sql,
  after: readonly [name: string] | undefined,
  limit: number,
): Promise<Rule[]> =>
  (
    await sql`
      select r.id, r.name, r.profile_id, r.selector, r.cluster_name, r.namespace, r.on_match_end, r.created_at,
        r.version, p.name as profile_name,
        (select count(*) from cluster c where c.rule_id = r.id) as cluster_count
      from rule r join profile p on p.id = r.profile_id
      where ${after?.[0]}::text is null or r.name > ${after?.[0]}
      order by r.name
      limit ${limit}`
  ).map(shown)

export const allRules = async (sql: Sql): Promise<GoverningRule[]> =>
  (
    await sql`
      select id, name, profile_id, selector, cluster_name, namespace, on_match_end
      from rule order by created_at, id`
  ).map((row) => ({
    id: ruleId(textOf(row, "id")),
    name: textOf(row, "name"),
    profileId: textOf(row, "profile_id"),
    selector: selectorOf.parse(jsonOf(row, "selector")),
    clusterName: textOf(row, "cluster_name"),
    namespace: textOf(row, "namespace"),
    onMatchEnd: onMatchEndOf(row),
  }))

/** The rule goes, its clusters stay. Returns its name, or undefined when there is none. */
export async function deleteRule(sql: Sql, id: string): Promise<string | undefined> {
  const [row] = await sql`delete from rule where id = ${id} returning name`
  return row === undefined ? undefined : textOf(row, "name")
}

export type RuleException = { readonly ruleId: RuleId; readonly satelliteId: SatelliteId }

export const exceptions = async (sql: Sql): Promise<RuleException[]> =>
  (await sql`select rule_id, satellite_id from rule_exception`).map((row) => ({
    ruleId: ruleId(textOf(row, "rule_id")),
    satelliteId: satelliteId(textOf(row, "satellite_id")),
  }))

/** A person deleted the rule's cluster there: the rule leaves that satellite alone from now on. */
export const addException = async (sql: Sql, rule: string, satellite: string): Promise<void> => {
  await sql`
    insert into rule_exception (rule_id, satellite_id) values (${rule}, ${satellite})
    on conflict (rule_id, satellite_id) do nothing`
}
