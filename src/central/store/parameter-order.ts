/** Table `parameter_order`: what people decided about parameters, for each major version. */
import { assert } from "#core/assert.ts"
import { type PostgresMajor, postgresMajors } from "#core/cluster/spec.ts"
import { type ParameterOrder, parameterOrders } from "#core/rollout/impact.ts"
import { integerOf, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"

export type Ordered = {
  readonly major: PostgresMajor
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
  const major = postgresMajors.find((one) => one === row["major"])
  assert(major !== undefined, "column major holds a major version")
  return {
    major,
    name: textOf(row, "name"),
    order,
    note: textOf(row, "note"),
    actor: textOf(row, "actor"),
    at: timeOf(row, "ordered_at"),
    version: integerOf(row, "version"),
  }
}

/** All of them: for each major at most as many as there are parameters that people care about. */
export const parameterOrdersKept = async (sql: Sql): Promise<Ordered[]> =>
  (
    await sql`
      select major, name, effect, note, actor, ordered_at, version from parameter_order
      order by name, major`
  ).map(ordered)

/** False when somebody else changed it since `version`, which is 0 where there was none. */
export async function putParameterOrder(sql: Sql, one: Omit<Ordered, "at">): Promise<boolean> {
  const rows =
    one.version === 0
      ? await sql`
          insert into parameter_order (major, name, effect, note, actor)
          values (${one.major}, ${one.name}, ${one.order}, ${one.note}, ${one.actor})
          on conflict (major, name) do nothing returning name`
      : await sql`
          update parameter_order set effect = ${one.order}, note = ${one.note},
            actor = ${one.actor}, ordered_at = now(), version = version + 1
          where major = ${one.major} and name = ${one.name} and version = ${one.version}
          returning name`
  return rows.length > 0
}

/** False when somebody else changed it since `version`. */
export const dropParameterOrder = async (
  sql: Sql,
  { major, name, version }: Pick<Ordered, "major" | "name" | "version">,
): Promise<boolean> =>
  (
    await sql`
      delete from parameter_order
      where major = ${major} and name = ${name} and version = ${version} returning name`
  ).length > 0
