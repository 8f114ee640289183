/** Table `parameter_order`: what people decided about parameters. */
import { assert } from "#core/assert.ts"
import { type ParameterOrder, parameterOrders } from "#core/rollout/impact.ts"
import { integerOf, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"

export type Ordered = {
  readonly name: string
  readonly order: ParameterOrder
  readonly note: string
  readonly actor: string
  readonly at: number
  readonly version: number
}

function ordered(row: Row): Ordered {
  const order = parameterOrders.find((one) => one === row["effect"])
  assert(order !== undefined, "column effect holds an order")
  return {
    name: textOf(row, "name"),
    order,
    note: textOf(row, "note"),
    actor: textOf(row, "actor"),
    at: timeOf(row, "ordered_at"),
    version: integerOf(row, "version"),
  }
}

/** All of them, by name: at most as many as there are parameters that people care about. */
export const parameterOrdersKept = async (sql: Sql): Promise<ReadonlyMap<string, Ordered>> =>
  new Map(
    (
      await sql`
        select name, effect, note, actor, ordered_at, version from parameter_order order by name`
    ).map((row) => [textOf(row, "name"), ordered(row)]),
  )

/** False when somebody else changed it since `version`, which is 0 where there was none. */
export async function putParameterOrder(sql: Sql, one: Omit<Ordered, "at">): Promise<boolean> {
  const rows =
    one.version === 0
      ? await sql`
          insert into parameter_order (name, effect, note, actor)
          values (${one.name}, ${one.order}, ${one.note}, ${one.actor})
          on conflict (name) do nothing returning name`
      : await sql`
          update parameter_order set effect = ${one.order}, note = ${one.note},
            actor = ${one.actor}, ordered_at = now(), version = version + 1
          where name = ${one.name} and version = ${one.version} returning name`
  return rows.length > 0
}

/** False when somebody else changed it since `version`. */
export const dropParameterOrder = async (
  sql: Sql,
  name: string,
  version: number,
): Promise<boolean> =>
  (
    await sql`
      delete from parameter_order where name = ${name} and version = ${version} returning name`
  ).length > 0
