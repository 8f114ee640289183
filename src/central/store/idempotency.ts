/** Table `idempotency`: requests that were done once and may be sent again. */
import { bytesOf, integerOf, maybe } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"

export type Claimed = { readonly caller: Buffer; readonly keyHash: Buffer }

export type Earlier = { readonly fingerprint: Buffer; readonly answer: Buffer | undefined }

const keptHours = 24

/**
 * Claims the key for this transaction; undefined when it is ours. Waits for another transaction that holds
 * it, and then returns what that one left.
 */
export async function claim(
  sql: Sql,
  { caller, keyHash }: Claimed,
  fingerprint: Buffer,
): Promise<Earlier | undefined> {
  const ours = await sql`
    insert into idempotency (caller, key_hash, fingerprint) values (${caller}, ${keyHash}, ${fingerprint})
    on conflict (caller, key_hash) do update
      set fingerprint = excluded.fingerprint, answer = null, created_at = now()
      where idempotency.created_at < now() - make_interval(hours => ${keptHours})
    returning true`
  if (ours.length > 0) return undefined
  const [row] = await sql`
    select fingerprint, answer from idempotency where caller = ${caller} and key_hash = ${keyHash}`
  return row && { fingerprint: bytesOf(row, "fingerprint"), answer: maybe(bytesOf, row, "answer") }
}

export const keepAnswer = async (
  sql: Sql,
  { caller, keyHash }: Claimed,
  answer: Buffer,
): Promise<void> => {
  await sql`
    update idempotency set answer = ${answer} where caller = ${caller} and key_hash = ${keyHash}`
}

/** Nothing was done: the key is free for another try. */
export const release = async (sql: Sql, { caller, keyHash }: Claimed): Promise<void> => {
  await sql`delete from idempotency where caller = ${caller} and key_hash = ${keyHash}`
}

export async function pruneIdempotency(sql: Sql, most: number): Promise<number> {
  const [row] = await sql`
    with gone as (
      delete from idempotency where (caller, key_hash) in (
        select caller, key_hash from idempotency
        where created_at < now() - make_interval(hours => ${keptHours})
        order by created_at limit ${most} for update skip locked
      ) returning 1
    ) select count(*) as pruned from gone`
  return integerOf(row ?? {}, "pruned")
}
