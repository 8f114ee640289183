/** Tables `person`, `session` and `api_token`: only hashes of what opens a door are kept. */
import { booleanOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import * as z from "zod"
import { assert } from "#core/assert.ts"
import { narrowed, type Standing } from "#core/access/may.ts"
import { type Role, roles } from "#core/access/role.ts"
import { type Labels, scopeOf } from "#core/access/scope.ts"
import type { tokenSchema } from "#wire/rest/access.ts"

export type Token = z.infer<typeof tokenSchema>

export type Person = {
  readonly id: string
  readonly name: string
  /** Undefined for who signs in through the identity provider only. */
  readonly passwordHash: string | undefined
  readonly role: Role
  readonly scope: Labels
  readonly disabled: boolean
}

export async function findPerson(sql: Sql, name: string): Promise<Person | undefined> {
  const [row] =
    await sql`select id, name, password_hash, role, scope, disabled_at is not null as disabled
    from person where name = ${name}`
  return row === undefined
    ? undefined
    : {
        id: textOf(row, "id"),
        name: textOf(row, "name"),
        passwordHash: maybe(textOf, row, "password_hash"),
        role: roleOf(row, "role"),
        scope: labelsAt(row, "scope"),
        disabled: booleanOf(row, "disabled"),
      }
}

export const isAnybodyThere = async (sql: Sql): Promise<boolean> =>
  (await sql`select 1 from person limit 1`).length > 0

/** False when a person of that name is there already: another central was quicker. */
export const insertPerson = async (sql: Sql, person: Omit<Person, "disabled">): Promise<boolean> =>
  (
    await sql`
      insert into person (id, name, role, scope, password_hash)
      values (${person.id}, ${person.name}, ${person.role}, ${JSON.stringify(person.scope)}::jsonb,
        ${person.passwordHash})
      on conflict (name) do nothing
      returning id`
  ).length > 0

/** A new password ends every session of the person. */
export const changePassword = async (sql: Sql, id: string, hash: string): Promise<void> => {
  await sql`
    with ended as (delete from session where person_id = ${id})
    update person set password_hash = ${hash} where id = ${id}`
}

/** Whose session or token it is, and what may be done with it now. */
export type Holder = Standing & {
  readonly personId: string
  readonly name: string
  readonly token: { readonly id: string; readonly name: string } | undefined
  readonly expiresAt: number | undefined
}

export function roleOf(row: Row, column: string): Role {
  const found = roles.find((role) => role === row[column])
  assert(found !== undefined, `column ${column} holds a role`)
  return found
}

const labelsOf = z.record(z.string(), z.string())
const labelsAt = (row: Row, column: string): Labels => labelsOf.parse(jsonOf(row, column))

const owner = (row: Row) => ({
  personId: textOf(row, "person_id"),
  name: textOf(row, "person"),
  role: roleOf(row, "role"),
  scope: scopeOf(labelsAt(row, "scope")),
  expiresAt: maybe(timeOf, row, "expires_at"),
})

const holderOfSession = (row: Row): Holder => ({ ...owner(row), token: undefined })

const holderOfToken = (row: Row): Holder => {
  const given = {
    role: roleOf(row, "token_role"),
    scope: scopeOf(labelsAt(row, "token_scope")),
  }
  return {
    ...owner(row),
    ...narrowed(owner(row), given),
    token: { id: textOf(row, "token_id"), name: textOf(row, "token_name") },
  }
}

export const insertSession = async (
  sql: Sql,
  hash: Buffer,
  person: string,
  hours: number,
): Promise<number> => {
  const [row] = await sql`
    insert into session (token_hash, person_id, expires_at)
    values (${hash}, ${person}, now() + make_interval(hours => ${hours}))
    returning expires_at`
  return timeOf(row ?? {}, "expires_at")
}

export async function findSession(sql: Sql, hash: Buffer): Promise<Holder | undefined> {
  const [row] = await sql`
    select s.person_id, p.name as person, p.role, p.scope, s.expires_at
    from session s join person p on p.id = s.person_id
    where s.token_hash = ${hash} and s.expires_at > now() and p.disabled_at is null`
  return row === undefined ? undefined : holderOfSession(row)
}

export const deleteSession = async (sql: Sql, hash: Buffer): Promise<void> => {
  await sql`delete from session where token_hash = ${hash}`
}

export const pruneSessions = async (sql: Sql): Promise<void> => {
  await sql`delete from session where expires_at < now()`
}

const token = (row: Row): Token => {
  const expiresAt = maybe(timeOf, row, "expires_at")
  const lastUsedAt = maybe(timeOf, row, "last_used_at")
  return {
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    createdAt: new Date(timeOf(row, "created_at")).toISOString(),
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    lastUsedAt: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
  }
}

export type NewToken = {
  readonly id: string
  readonly person: string
  readonly name: string
  readonly hash: Buffer
  readonly days: number | undefined
}

export async function insertToken(sql: Sql, made: NewToken): Promise<Token> {
  const [row] = await sql`
    insert into api_token (id, person_id, name, token_hash, expires_at)
    values (${made.id}, ${made.person}, ${made.name}, ${made.hash},
      now() + make_interval(days => ${made.days}))
    returning id, name, created_at, expires_at, last_used_at`
  return token(row ?? {})
}

/** Who shows this token. Its last use is noted to the minute, so that reading stays mostly reading. */
export async function useToken(sql: Sql, hash: Buffer): Promise<Holder | undefined> {
  const [row] = await sql`
    with used as (
      update api_token set last_used_at = now()
      where token_hash = ${hash} and (expires_at is null or expires_at > now())
        and (last_used_at is null or last_used_at < now() - interval '1 minute')
    )
    select t.person_id, p.name as person, p.role, p.scope, t.id as token_id, t.name as token_name,
      t.role as token_role, t.scope as token_scope, t.expires_at
    from api_token t join person p on p.id = t.person_id
    where t.token_hash = ${hash} and (t.expires_at is null or t.expires_at > now())
      and p.disabled_at is null`
  return row === undefined ? undefined : holderOfToken(row)
}

export const listTokens = async (
  sql: Sql,
  after: readonly [name: string, id: string] | undefined,
  limit: number,
): Promise<Token[]> =>
  (
    await sql`
      select id, name, created_at, expires_at, last_used_at from api_token
      where ${after?.[0]}::text is null or (name, id) > (${after?.[0]}, ${after?.[1]}::uuid)
      order by name, id
      limit ${limit}`
  ).map(token)

export async function deleteToken(sql: Sql, id: string): Promise<string | undefined> {
  const [row] = await sql`delete from api_token where id = ${id} returning name`
  return row === undefined ? undefined : textOf(row, "name")
}
