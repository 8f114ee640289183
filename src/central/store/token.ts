/** Table `api_token`: of a token only its hash is kept, and how it begins. */
import type { Role } from "#core/access/role.ts"
import type { Labels } from "#core/access/scope.ts"
import { maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { Token } from "#wire/rest/access.ts"
import { type Holder, holderOfToken } from "./holder.ts"
import { labelsAt, roleOf } from "./person.ts"

const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()

const shown = (row: Row): Token => ({
  id: textOf(row, "id"),
  name: textOf(row, "name"),
  personId: textOf(row, "person_id"),
  personName: textOf(row, "person"),
  prefix: maybe(textOf, row, "prefix") ?? null,
  role: roleOf(row, "role"),
  scope: labelsAt(row, "scope"),
  createdAt: new Date(timeOf(row, "created_at")).toISOString(),
  expiresAt: iso(maybe(timeOf, row, "expires_at")),
  lastUsedAt: iso(maybe(timeOf, row, "last_used_at")),
})

export type NewToken = {
  readonly id: string
  readonly personId: string
  readonly name: string
  readonly hash: Buffer
  readonly prefix: string
  readonly role: Role
  readonly scope: Labels
  readonly days: number | undefined
}

export async function insertToken(sql: Sql, made: NewToken): Promise<Token> {
  const [row] = await sql`
    with made as (
      insert into api_token (id, person_id, name, token_hash, prefix, role, scope, expires_at)
      values (${made.id}, ${made.personId}, ${made.name}, ${made.hash}, ${made.prefix}, ${made.role},
        ${JSON.stringify(made.scope)}::jsonb, now() + make_interval(days => ${made.days}))
      returning *
    )
    select m.id, m.name, m.person_id, p.name as person, m.prefix, m.role, m.scope, m.created_at,
      m.expires_at, m.last_used_at
    from made m join person p on p.id = m.person_id`
  return shown(row ?? {})
}

/** Who shows this token. Its last use is noted to the minute, so that reading stays mostly reading. */
export async function useToken(sql: Sql, hash: Buffer): Promise<Holder | undefined> {
  const [row] = await sql`
    with used as (
      update api_token set last_used_at = now()
      where token_hash = ${hash} and (expires_at is null or expires_at > now())
        and (last_used_at is null or last_used_at < now() - interval '1 minute')
    )
    select t.person_id, p.name as person, p.role, p.scope, p.password_hash is not null as has_password,
      t.id as token_id, t.name as token_name, t.role as token_role, t.scope as token_scope, t.expires_at
    from api_token t join person p on p.id = t.person_id
    where t.token_hash = ${hash} and (t.expires_at is null or t.expires_at > now())
      and p.disabled_at is null`
  return row === undefined ? undefined : holderOfToken(row)
}

/** Of one person, or of all. */
export const listTokens = async (
  sql: Sql,
  personId: string | undefined,
  after: readonly [name: string, id: string] | undefined,
  limit: number,
): Promise<Token[]> =>
  (
    await sql`
      select t.id, t.name, t.person_id, p.name as person, t.prefix, t.role, t.scope, t.created_at,
        t.expires_at, t.last_used_at
      from api_token t join person p on p.id = t.person_id
      where (${personId}::uuid is null or t.person_id = ${personId})
        and (${after?.[0]}::text is null or (t.name, t.id) > (${after?.[0]}, ${after?.[1]}::uuid))
      order by t.name, t.id
      limit ${limit}`
  ).map(shown)

/** Takes a token away, of `personId` only where that is given. */
export async function deleteToken(
  sql: Sql,
  id: string,
  personId: string | undefined,
): Promise<Token | undefined> {
  const [row] = await sql`
    with gone as (
      delete from api_token
      where id = ${id} and (${personId}::uuid is null or person_id = ${personId})
      returning *
    )
    select g.id, g.name, g.person_id, p.name as person, g.prefix, g.role, g.scope, g.created_at,
      g.expires_at, g.last_used_at
    from gone g join person p on p.id = g.person_id`
  return row === undefined ? undefined : shown(row)
}
