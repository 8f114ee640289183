/** What the own server has of databases, of roles, and of what pg-swarm made. */
import type { Catalog } from "#core/cluster/database-step.ts"
import { booleanOf, integerOf, maybe, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"

export async function readCatalog(sql: Sql): Promise<Catalog> {
  const roles = await sql`select rolname::text as name, oid, rolpassword as verifier from pg_authid`
  const databases = await sql`
    select d.datname::text as name, d.oid, r.rolname::text as owner,
      (select count(*) from pg_stat_activity a
        where a.datid = d.oid and a.backend_type = 'client backend')::int4 as sessions
    from pg_database d join pg_authid r on r.oid = d.datdba`
  return {
    roles: new Map(
      roles.map((row) => [
        textOf(row, "name"),
        { oid: integerOf(row, "oid"), verifier: maybe(textOf, row, "verifier") },
      ]),
    ),
    databases: new Map(
      databases.map((row) => [
        textOf(row, "name"),
        {
          oid: integerOf(row, "oid"),
          owner: textOf(row, "owner"),
          sessions: integerOf(row, "sessions"),
        },
      ]),
    ),
    marks: await readMarks(sql),
  }
}

async function readMarks(sql: Sql): Promise<Catalog["marks"]> {
  const [known] = await sql`
    select to_regclass('swarm.database') is not null
      and to_regclass('swarm.role') is not null as known`
  if (known === undefined || !booleanOf(known, "known"))
    return { roles: new Map(), databases: new Map() }
  const roles = await sql`select name, id from swarm.role`
  const databases = await sql`select name, id from swarm.database`
  return {
    roles: new Map(roles.map((row) => [textOf(row, "name"), { oid: integerOf(row, "id") }])),
    databases: new Map(
      databases.map((row) => [textOf(row, "name"), { oid: maybe(integerOf, row, "id") }]),
    ),
  }
}

/**
 * When the server last read its configuration, and what is wrong with its rules as the file has them now. A
 * server that cannot read them goes on with the ones before.
 */
export async function readRulesState(
  sql: Sql,
): Promise<{ readonly loadedAt: number; readonly problem: string | undefined }> {
  const [row] = await sql`
    select date_trunc('milliseconds', pg_conf_load_time()) as loaded,
      (select error from pg_hba_file_rules where error is not null order by line_number limit 1)
        as problem`
  return { loadedAt: timeOf(row ?? {}, "loaded"), problem: maybe(textOf, row ?? {}, "problem") }
}
