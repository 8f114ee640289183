/** Tables `person`, `session` and `api_token`: only hashes of what opens a door are kept. */
import { maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { z } from "zod"
import type { tokenSchema } from "#wire/rest/access.ts"

export type Token = z.infer<typeof tokenSchema>

export type Person = {
  readonly id: string
  readonly name: string
  readonly passwordHash: string
}

export async function findPerson(sql: Sql, name: string): Promise<Person | undefined> {
  const [row] = await sql`select id, name, password_hash from person where name = ${name}`
  return row === undefined
    ? undefined
    : {
        id: textOf(row, "id"),
        name: textOf(row, "name"),
        passwordHash: textOf(row, "password_hash"),
      }
}

export const isAnybodyThere = async (sql: Sql): Promise<boolean> =>
  (await sql`select 1 from person limit 1`).length > 0

/** False when a person of that name is there already: another central was quicker. */
export const insertPerson = async (sql: Sql, person: Person): Promise<boolean> =>
  (
    await sql`
      insert into person (id, name, role, password_hash)
      values (${person.id}, ${person.name}, 'admin', ${person.passwordHash})
      on conflict (name) do nothing
      returning id`
  ).length > 0

/** A new password ends every session of the person. */
export const changePassword = async (sql: Sql, id: string, hash: string): Promise<void> => {
  await sql`
    with ended as (delete from session where person_id = ${id})
    update person set password_hash = ${hash} where id = ${id}`
}

export type Holder = {
  readonly personId: string
  readonly person: string
  readonly expiresAt: number | undefined
}

const holder = (row: Row): Holder => ({
  personId: textOf(row, "person_id"),
  person: textOf(row, "person"),
  expiresAt: maybe(timeOf, row, "expires_at"),
})

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
    select s.person_id, p.name as person, s.expires_at
    from session s join person p on p.id = s.person_id
    where s.token_hash = ${hash} and s.expires_at > now()`
  return row === undefined ? undefined : holder(row)
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
    select t.person_id, p.name as person, t.expires_at
    from api_token t join person p on p.id = t.person_id
    where t.token_hash = ${hash} and (t.expires_at is null or t.expires_at > now())`
  return row === undefined ? undefined : holder(row)
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
