/** Table `recovery_rule_set`. */
import * as z from "zod"
import { type ClusterId, clusterId, type SatelliteId, satelliteId } from "#core/ids.ts"
import { booleanOf, integerOf, jsonOf, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { ShownRuleSet, WholeRuleSet } from "#wire/rest/rule-set-routes.ts"
import { type RuleSetBody, ruleSetSchema } from "#wire/rule-set-schema.ts"

const profilesOf = z.array(z.object({ id: z.uuid(), name: z.string() }))
const iso = (time: number): string => new Date(time).toISOString()

const shown = (row: Row): ShownRuleSet => ({
  id: textOf(row, "id"),
  name: textOf(row, "name"),
  description: textOf(row, "description"),
  ruleCount: integerOf(row, "rule_count"),
  allowExec: booleanOf(row, "allow_exec"),
  profiles: profilesOf.parse(jsonOf(row, "profiles")),
  clusterCount: integerOf(row, "cluster_count"),
  createdAt: iso(timeOf(row, "created_at")),
  updatedAt: iso(timeOf(row, "updated_at")),
  version: integerOf(row, "version"),
})

/** Without their rules, which may be long. */
export const listRuleSets = async (
  sql: Sql,
  after: readonly [name: string] | undefined,
  limit: number,
): Promise<ShownRuleSet[]> =>
  (
    await sql`
      select r.id, r.name, r.description, jsonb_array_length(r.content->'rules') as rule_count,
        (r.content->>'allowExec')::boolean as allow_exec,
        (select coalesce(
            jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.name), '[]')
          from profile p where p.spec->>'recoveryRuleSetId' = r.id::text) as profiles,
        (select count(*) from cluster c
          where c.spec->>'recoveryRuleSetId' = r.id::text and c.deleting_since is null
        ) as cluster_count,
        r.created_at, r.updated_at, r.version
      from recovery_rule_set r
      where ${after?.[0]}::text is null or r.name > ${after?.[0]}
      order by r.name
      limit ${limit}`
  ).map(shown)

export async function findRuleSet(sql: Sql, id: string): Promise<WholeRuleSet | undefined> {
  const [row] = await sql`
    select r.id, r.name, r.description, r.content,
      jsonb_array_length(r.content->'rules') as rule_count,
      (r.content->>'allowExec')::boolean as allow_exec,
      (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by p.name), '[]')
        from profile p where p.spec->>'recoveryRuleSetId' = r.id::text) as profiles,
      (select count(*) from cluster c
        where c.spec->>'recoveryRuleSetId' = r.id::text and c.deleting_since is null
      ) as cluster_count,
      r.created_at, r.updated_at, r.version
    from recovery_rule_set r where r.id = ${id}`
  return row === undefined
    ? undefined
    : { ...shown(row), set: ruleSetSchema.parse(jsonOf(row, "content")) }
}

export const countRuleSets = async (sql: Sql): Promise<number> =>
  integerOf((await sql`select count(*) as found from recovery_rule_set`)[0] ?? {}, "found")

export type RuleSetRow = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly set: RuleSetBody
  readonly version: number
}

export const insertRuleSet = async (sql: Sql, row: Omit<RuleSetRow, "version">): Promise<void> => {
  await sql`
    insert into recovery_rule_set (id, name, description, content)
    values (${row.id}, ${row.name}, ${row.description}, ${JSON.stringify(row.set)}::jsonb)`
}

/** Held for this transaction: nobody edits it, and no profile begins to point at it. */
export async function lockRuleSet(sql: Sql, id: string): Promise<RuleSetRow | undefined> {
  const [row] = await sql`
    select id, name, description, content, version from recovery_rule_set where id = ${id} for update`
  return row === undefined
    ? undefined
    : {
        id: textOf(row, "id"),
        name: textOf(row, "name"),
        description: textOf(row, "description"),
        set: ruleSetSchema.parse(jsonOf(row, "content")),
        version: integerOf(row, "version"),
      }
}

/** Writes the row that `lockRuleSet` holds; its version rises by one. */
export const updateRuleSet = async (sql: Sql, row: Omit<RuleSetRow, "version">): Promise<void> => {
  await sql`
    update recovery_rule_set set name = ${row.name}, description = ${row.description},
      content = ${JSON.stringify(row.set)}::jsonb, updated_at = now(), version = version + 1
    where id = ${row.id}`
}

export const removeRuleSet = async (sql: Sql, id: string): Promise<void> => {
  await sql`delete from recovery_rule_set where id = ${id}`
}

/** Whether it is there; then it stays until this transaction ends. */
export const holdRuleSet = async (sql: Sql, id: string): Promise<boolean> =>
  (await sql`select id from recovery_rule_set where id = ${id} for key share`).length > 0

/** Gives every cluster with the set another version to take over, and says which those are. */
export const pushRuleSet = async (
  sql: Sql,
  id: string,
): Promise<{ readonly cluster: ClusterId; readonly satellite: SatelliteId }[]> =>
  (
    await sql`
      update cluster set desired_version = desired_version + 1
      where spec->>'recoveryRuleSetId' = ${id} and deleting_since is null
      returning id, satellite_id`
  ).map((row) => ({
    cluster: clusterId(textOf(row, "id")),
    satellite: satelliteId(textOf(row, "satellite_id")),
  }))
