/** Table `person`: of a password only its hash is kept. */
import * as z from "zod"
import { assert } from "#core/assert.ts"
import { type Role, roles } from "#core/access/role.ts"
import type { Labels } from "#core/access/scope.ts"
import { booleanOf, integerOf, jsonOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { Person } from "#wire/rest/people.ts"

export type PersonRow = {
  readonly id: string
  readonly name: string
  readonly email: string | undefined
  /** Undefined for who signs in through the identity provider only. */
  readonly passwordHash: string | undefined
  readonly role: Role
  readonly scope: Labels
  readonly disabled: boolean
  /** The account at the identity provider. */
  readonly issuer: string | undefined
  readonly subject: string | undefined
  readonly version: number
}

export function roleOf(row: Row, column: string): Role {
  const found = roles.find((role) => role === row[column])
  assert(found !== undefined, `column ${column} holds a role`)
  return found
}

const labelsShape = z.record(z.string(), z.string())
export const labelsAt = (row: Row, column: string): Labels => labelsShape.parse(jsonOf(row, column))

const person = (row: Row): PersonRow => ({
  id: textOf(row, "id"),
  name: textOf(row, "name"),
  email: maybe(textOf, row, "email"),
  passwordHash: maybe(textOf, row, "password_hash"),
  role: roleOf(row, "role"),
  scope: labelsAt(row, "scope"),
  disabled: booleanOf(row, "disabled"),
  issuer: maybe(textOf, row, "issuer"),
  subject: maybe(textOf, row, "subject"),
  version: integerOf(row, "version"),
})

const first = (rows: readonly Row[]): PersonRow | undefined =>
  rows[0] === undefined ? undefined : person(rows[0])

export const findPerson = async (sql: Sql, name: string): Promise<PersonRow | undefined> =>
  first(
    await sql`
      select id, name, email, password_hash, role, scope, disabled_at is not null as disabled,
        issuer, subject, version
      from person where name = ${name}`,
  )

/** The person as a decision needs it, locked until the transaction ends. */
export const lockPerson = async (sql: Sql, id: string): Promise<PersonRow | undefined> =>
  first(
    await sql`
      select id, name, email, password_hash, role, scope, disabled_at is not null as disabled,
        issuer, subject, version
      from person where id = ${id} for update`,
  )

/** Whose account at the identity provider this is; locked. */
export const lockAccount = async (
  sql: Sql,
  issuer: string,
  subject: string,
): Promise<PersonRow | undefined> =>
  first(
    await sql`
      select id, name, email, password_hash, role, scope, disabled_at is not null as disabled,
        issuer, subject, version
      from person where issuer = ${issuer} and subject = ${subject} for update`,
  )

const shown = (row: Row): Person => {
  const signedInAt = maybe(timeOf, row, "signed_in_at")
  return {
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    email: maybe(textOf, row, "email") ?? null,
    role: roleOf(row, "role"),
    scope: labelsAt(row, "scope"),
    disabled: booleanOf(row, "disabled"),
    hasPassword: booleanOf(row, "has_password"),
    provider: maybe(textOf, row, "issuer") ?? null,
    createdAt: new Date(timeOf(row, "created_at")).toISOString(),
    signedInAt: signedInAt === undefined ? null : new Date(signedInAt).toISOString(),
    sessionCount: integerOf(row, "session_count"),
    tokenCount: integerOf(row, "token_count"),
    version: integerOf(row, "version"),
  }
}

export async function showPerson(sql: Sql, id: string): Promise<Person | undefined> {
  const [row] = await sql`
    select p.id, p.name, p.email, p.role, p.scope, p.disabled_at is not null as disabled,
      p.password_hash is not null as has_password, p.issuer, p.created_at, p.signed_in_at, p.version,
      (select count(*) from session s where s.person_id = p.id and s.expires_at > now())
        as session_count,
      (select count(*) from api_token t where t.person_id = p.id) as token_count
    from person p where p.id = ${id}`
  return row === undefined ? undefined : shown(row)
}

export const listPeople = async (
  sql: Sql,
  filter: { readonly search: string | undefined; readonly role: Role | undefined },
  after: readonly [name: string] | undefined,
  limit: number,
): Promise<Person[]> =>
  (
    await sql`
      select p.id, p.name, p.email, p.role, p.scope, p.disabled_at is not null as disabled,
        p.password_hash is not null as has_password, p.issuer, p.created_at, p.signed_in_at, p.version,
        (select count(*) from session s where s.person_id = p.id and s.expires_at > now())
          as session_count,
        (select count(*) from api_token t where t.person_id = p.id) as token_count
      from person p
      where (${filter.role}::text is null or p.role = ${filter.role})
        and (${filter.search}::text is null
          or position(lower(${filter.search}) in lower(p.name)) > 0
          or position(lower(${filter.search}) in lower(p.email)) > 0)
        and (${after?.[0]}::text is null or p.name > ${after?.[0]})
      order by p.name
      limit ${limit}`
  ).map(shown)

export const isAnybodyThere = async (sql: Sql): Promise<boolean> =>
  (await sql`select 1 from person limit 1`).length > 0

export type NewPerson = Omit<PersonRow, "disabled" | "version">

/** False when a person of that name is there already. */
export const insertPerson = async (sql: Sql, made: NewPerson): Promise<boolean> =>
  (
    await sql`
      insert into person (id, name, email, role, scope, password_hash, issuer, subject)
      values (${made.id}, ${made.name}, ${made.email}, ${made.role},
        ${JSON.stringify(made.scope)}::jsonb, ${made.passwordHash}, ${made.issuer}, ${made.subject})
      on conflict (name) do nothing
      returning id`
  ).length > 0

export type PersonEdit = Pick<PersonRow, "id" | "email" | "role" | "scope" | "disabled">

/** Writes the row that `lockPerson` holds; its version rises by one. */
export const updatePerson = async (sql: Sql, edit: PersonEdit): Promise<void> => {
  await sql`
    update person set email = ${edit.email}, role = ${edit.role},
      scope = ${JSON.stringify(edit.scope)}::jsonb,
      disabled_at = case when ${edit.disabled}::boolean then coalesce(disabled_at, now()) end,
      updated_at = now(), version = version + 1
    where id = ${edit.id}`
}

export const deletePerson = async (sql: Sql, id: string): Promise<void> => {
  await sql`delete from person where id = ${id}`
}

export const keepPassword = async (sql: Sql, id: string, hash: string): Promise<void> => {
  await sql`update person set password_hash = ${hash}, updated_at = now() where id = ${id}`
}

/** The same password under a dearer hash; nothing happens when it was changed meanwhile. */
export const rehashPassword = async (
  sql: Sql,
  id: string,
  from: string,
  to: string,
): Promise<void> => {
  await sql`update person set password_hash = ${to} where id = ${id} and password_hash = ${from}`
}

export const noteSignIn = async (sql: Sql, id: string): Promise<void> => {
  await sql`update person set signed_in_at = now() where id = ${id}`
}

/** Admins who can sign in, held until the transaction ends: of two that go at once one is told no. */
export const lockAdmins = async (sql: Sql): Promise<string[]> =>
  (
    await sql`
      select id from person where role = 'admin' and disabled_at is null order by id for update`
  ).map((row) => textOf(row, "id"))
