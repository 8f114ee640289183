/** Table `audit`: only ever added to, and forgotten by age alone. */
import * as z from "zod"
import { integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { Answer } from "#wire/rest/routes.ts"
import type { AuditEntry } from "#wire/rest/audit.ts"
import type { Actor } from "../intent/actor.ts"

export type NewAudit = {
  readonly action: string
  readonly resource: string
  readonly resource_id: string
  readonly resource_name: string
  readonly before: Readonly<Record<string, unknown>> | undefined
  readonly after: Readonly<Record<string, unknown>> | undefined
}

export const insertAudit = async (
  sql: Sql,
  actor: Actor,
  entries: readonly NewAudit[],
): Promise<void> => {
  await sql`
    insert into audit (
      actor, person_id, token_id, token, address, request_id,
      action, resource, resource_id, resource_name, before, after
    )
    select ${actor.name}, ${actor.personId}, ${actor.token?.id}, ${actor.token?.name},
      ${actor.address}, ${actor.requestId},
      e.action, e.resource, e.resource_id, e.resource_name, e.before, e.after
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) as e (
        action text, resource text, resource_id text, resource_name text, before jsonb, after jsonb
      )`
}

const fieldsOf = z.record(z.string(), z.unknown()).nullable()

const shown = (row: Row): AuditEntry => ({
  serial: integerOf(row, "serial"),
  at: new Date(timeOf(row, "at")).toISOString(),
  actor: textOf(row, "actor"),
  personId: maybe(textOf, row, "person_id") ?? null,
  token: maybe(textOf, row, "token") ?? null,
  address: maybe(textOf, row, "address") ?? null,
  requestId: maybe(textOf, row, "request_id") ?? null,
  action: textOf(row, "action"),
  resource: textOf(row, "resource"),
  resourceId: textOf(row, "resource_id"),
  resourceName: textOf(row, "resource_name"),
  before: fieldsOf.parse(jsonOf(row, "before")),
  after: fieldsOf.parse(jsonOf(row, "after")),
})

export type AuditFilter = {
  readonly actor: string | undefined
  readonly action: string | undefined
  readonly resource: string | undefined
  readonly resourceId: string | undefined
  readonly requestId: string | undefined
  readonly since: string | undefined
  readonly until: string | undefined
}

export const listAudit = async (
  sql: Sql,
  filter: AuditFilter,
  before: number | undefined,
  limit: number,
): Promise<AuditEntry[]> =>
  (
    await sql`
      select serial, at, actor, person_id, token, address, request_id, action, resource, resource_id,
        resource_name, before, after
      from audit
      where (${filter.actor}::text is null or actor = ${filter.actor})
        and (${filter.action}::text is null or action = ${filter.action})
        and (${filter.resource}::text is null or resource = ${filter.resource})
        and (${filter.resourceId}::text is null or resource_id = ${filter.resourceId})
        and (${filter.requestId}::text is null or request_id = ${filter.requestId})
        and (${filter.since}::timestamptz is null or at >= ${filter.since})
        and (${filter.until}::timestamptz is null or at < ${filter.until})
        and (${before}::bigint is null or serial < ${before})
      order by serial desc
      limit ${limit}`
  ).map(shown)

/**
 * Deletes up to `limit` entries older than `days`, the oldest first; returns how many. What another central is
 * deleting just now is left to it.
 */
export async function pruneAudit(sql: Sql, days: number, limit: number): Promise<number> {
  const [row] = await sql`
    with old as (
      select serial from audit
      where at < now() - make_interval(days => ${days})
      order by at, serial
      limit ${limit}
      for update skip locked
    ), gone as (
      delete from audit a using old where a.serial = old.serial returning a.serial
    )
    select count(*)::integer as pruned from gone`
  return row === undefined ? 0 : integerOf(row, "pruned")
}

const wordsMax = 500
const wordsOf = z.array(z.string())

/** Every distinct word, each found by one step through its index, however long the record is. */
export async function auditWords(sql: Sql): Promise<Answer<"auditWords">> {
  const [row] = await sql`
    with recursive actors (word) as (
      (select min(actor) from audit)
      union all
      select (select min(actor) from audit where actor > word) from actors where word is not null
    ), actions (word) as (
      (select min(action) from audit)
      union all
      select (select min(action) from audit where action > word) from actions where word is not null
    ), resources (word) as (
      (select min(resource) from audit)
      union all
      select (select min(resource) from audit where resource > word) from resources
      where word is not null
    )
    select
      array(select word from actors where word is not null limit ${wordsMax}) as actors,
      array(select word from actions where word is not null limit ${wordsMax}) as actions,
      array(select word from resources where word is not null limit ${wordsMax}) as resources`
  return {
    actors: wordsOf.parse(row?.["actors"]),
    actions: wordsOf.parse(row?.["actions"]),
    resources: wordsOf.parse(row?.["resources"]),
  }
}
