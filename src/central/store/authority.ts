/** Table `authority`: certificate authorities that central made, oldest first; their keys are sealed. */
import { integerOf, textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { SecretColumn } from "../secrets/rotation.ts"
import type { Place, SecretBox } from "../secrets/secret-box.ts"

export type StoredAuthority = {
  readonly id: string
  readonly certificate: string
  readonly key: string
}

const place = (id: string): Place => ({ table: "authority", column: "private_key", row: [id] })

export const listAuthorities = async (sql: Sql, box: SecretBox): Promise<StoredAuthority[]> =>
  (await sql`select id, certificate, private_key from authority order by created_at, id`).map(
    (row) => ({
      id: textOf(row, "id"),
      certificate: textOf(row, "certificate"),
      key: box.open(place(textOf(row, "id")), textOf(row, "private_key")),
    }),
  )

/** Until the transaction ends nobody else makes or drops one. */
export const lockAuthorities = async (sql: Sql): Promise<void> => {
  await sql`lock table authority in share row exclusive mode`
}

export const insertAuthority = async (
  sql: Sql,
  box: SecretBox,
  { id, certificate, key }: StoredAuthority,
): Promise<void> => {
  await sql`
    insert into authority (id, certificate, private_key)
    values (${id}, ${certificate}, ${box.seal(place(id), key)})`
}

export const deleteAuthority = async (sql: Sql, id: string): Promise<void> => {
  await sql`delete from authority where id = ${id}`
}

/** For the rotation of keys. */
export const authorityKeyColumn: SecretColumn = {
  table: "authority",
  column: "private_key",
  uses: async (sql) =>
    new Map(
      (
        await sql`
          select split_part(private_key, ':', 2) as key, count(*) as uses
          from authority group by 1`
      ).map((row) => [textOf(row, "key"), integerOf(row, "uses")]),
    ),
  stale: async (sql, current, after, limit) =>
    (
      await sql`
        select id, private_key from authority
        where split_part(private_key, ':', 2) <> ${current}
          and (${after?.[0]}::uuid is null or id > ${after?.[0]}::uuid)
        order by id
        limit ${limit}
        for update`
    ).map((row) => ({ row: [textOf(row, "id")], sealed: textOf(row, "private_key") })),
  replace: async (sql, [id = ""], sealed) => {
    await sql`update authority set private_key = ${sealed} where id = ${id}`
  },
}
