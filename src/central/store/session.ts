/** Table `session`: of what the cookie holds only its hash is kept. */
import { assert } from "#core/assert.ts"
import { booleanOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { OpenSession } from "#wire/rest/access.ts"
import { type Holder, holderOfSession } from "./holder.ts"

export type NewSession = {
  readonly hash: Buffer
  readonly personId: string
  readonly by: OpenSession["by"]
  readonly address: string | undefined
  readonly userAgent: string | undefined
  readonly hours: number
}

/** Open sessions of one person; the one that was quiet longest makes room. */
const perPersonMax = 50

/** Opens a session and returns when it ends. */
export async function insertSession(sql: Sql, made: NewSession): Promise<number> {
  await sql`
    delete from session where id in (
      select id from session where person_id = ${made.personId}
      order by last_used_at desc, id offset ${perPersonMax - 1}
    )`
  const [row] = await sql`
    insert into session (token_hash, person_id, by, address, user_agent, expires_at)
    values (${made.hash}, ${made.personId}, ${made.by}, ${made.address}, ${made.userAgent},
      now() + make_interval(hours => ${made.hours}))
    returning expires_at`
  return timeOf(row ?? {}, "expires_at")
}

/** Who shows this cookie. Its last use is noted to the minute, so that reading stays mostly reading. */
export async function useSession(sql: Sql, hash: Buffer): Promise<Holder | undefined> {
  const [row] = await sql`
    with used as (
      update session set last_used_at = now()
      where token_hash = ${hash} and last_used_at < now() - interval '1 minute'
    )
    select s.id as session_id, s.person_id, p.name as person, p.role, p.scope,
      p.password_hash is not null as has_password, s.expires_at
    from session s join person p on p.id = s.person_id
    where s.token_hash = ${hash} and s.expires_at > now() and p.disabled_at is null`
  return row === undefined ? undefined : holderOfSession(row)
}

function byOf(row: Row): OpenSession["by"] {
  const by = row["by"]
  assert(by === "password" || by === "provider", "column by says how a session was opened")
  return by
}

const iso = (time: number): string => new Date(time).toISOString()

export const listSessions = async (
  sql: Sql,
  personId: string,
  own: string | undefined,
  before: readonly [at: string, id: string] | undefined,
  limit: number,
): Promise<OpenSession[]> =>
  (
    await sql`
      select s.id, s.person_id, p.name as person, s.by, s.address, s.user_agent, s.created_at,
        s.last_used_at, s.expires_at, s.id is not distinct from ${own}::uuid as is_this_one
      from session s join person p on p.id = s.person_id
      where s.person_id = ${personId} and s.expires_at > now()
        and (${before?.[0]}::timestamptz is null
          -- Times are shown in milliseconds and stored finer.
          or (date_trunc('milliseconds', s.created_at), s.id)
            < (${before?.[0]}::timestamptz, ${before?.[1]}::uuid))
      order by date_trunc('milliseconds', s.created_at) desc, s.id desc
      limit ${limit}`
  ).map((row) => ({
    id: textOf(row, "id"),
    personId: textOf(row, "person_id"),
    personName: textOf(row, "person"),
    by: byOf(row),
    address: maybe(textOf, row, "address") ?? null,
    userAgent: maybe(textOf, row, "user_agent") ?? null,
    createdAt: iso(timeOf(row, "created_at")),
    lastUsedAt: iso(timeOf(row, "last_used_at")),
    expiresAt: iso(timeOf(row, "expires_at")),
    isThisOne: booleanOf(row, "is_this_one"),
  }))

/** Ends one session, of `personId` only where that is given, and says whose it was. */
export async function deleteSession(
  sql: Sql,
  id: string,
  personId: string | undefined,
): Promise<{ readonly personId: string; readonly name: string } | undefined> {
  const [row] = await sql`
    delete from session s using person p
    where s.id = ${id} and p.id = s.person_id
      and (${personId}::uuid is null or s.person_id = ${personId})
    returning s.person_id, p.name`
  return row === undefined
    ? undefined
    : { personId: textOf(row, "person_id"), name: textOf(row, "name") }
}

/** Ends all sessions of a person, but for one where that is named. */
export const deleteSessionsOf = async (sql: Sql, personId: string, but?: string): Promise<void> => {
  await sql`
    delete from session where person_id = ${personId} and id is distinct from ${but}::uuid`
}

export const pruneSessions = async (sql: Sql): Promise<void> => {
  await sql`delete from session where expires_at < now()`
}
