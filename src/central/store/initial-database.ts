/** Table `initial_database`: what clusters were given because their profile names it. */
import type { InitialDatabase } from "#core/cluster/databases.ts"
import { type ClusterId, clusterId } from "#core/ids.ts"
import { booleanOf, textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { textsOf } from "./cluster-database.ts"

/** What is still to be given, of at most `limit` databases. */
export const missingDatabases = async (
  sql: Sql,
  limit: number,
): Promise<ReadonlyMap<ClusterId, readonly InitialDatabase[]>> => {
  const rows = await sql`
    select c.id, d.name, d.owner, d."allowedCidrs" as cidrs, d."endSessions" as ends
    from cluster c, jsonb_to_recordset(c.spec -> 'databases') as d (
        name text, owner text, "allowedCidrs" jsonb, "endSessions" boolean
      )
    where jsonb_array_length(coalesce(c.spec -> 'databases', '[]')) > 0
      and c.deleting_since is null
      and not exists (
        select from initial_database i where i.cluster_id = c.id and i.name = d.name)
    order by c.id, d.name
    limit ${limit}`
  return new Map(
    [...Map.groupBy(rows, (row) => textOf(row, "id"))].map(([id, own]) => [
      clusterId(id),
      own.map((row) => ({
        name: textOf(row, "name"),
        owner: textOf(row, "owner"),
        allowedCidrs: textsOf(row, "cidrs"),
        endSessions: booleanOf(row, "ends"),
      })),
    ]),
  )
}

/** False when it was given before. */
export const noteGiven = async (sql: Sql, cluster: ClusterId, name: string): Promise<boolean> =>
  (
    await sql`
      insert into initial_database (cluster_id, name) values (${cluster}, ${name})
      on conflict do nothing
      returning name`
  ).length > 0
