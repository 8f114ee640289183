/** Table `audit`: only ever added to. */
import type { Sql } from "#io/postgres/sql.ts"
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
