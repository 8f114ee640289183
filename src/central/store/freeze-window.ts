/** Table `freeze_window`. */
import * as z from "zod"
import { type FreezeTime, type FreezeWindow, isFrozen } from "#core/rollout/freeze.ts"
import { booleanOf, integerOf, jsonOf, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type FreezeWindow as Shown, freezeTimeSchema } from "#wire/rest/freeze-windows.ts"

const selectorOf = z.record(z.string(), z.string())

export const timeOfWindow = (time: z.output<typeof freezeTimeSchema>): FreezeTime =>
  time.kind === "weekly"
    ? time
    : { kind: "once", from: Date.parse(time.from), until: Date.parse(time.until) }

const shown = (row: Row): Shown => {
  const time = freezeTimeSchema.parse(jsonOf(row, "time"))
  return {
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    selector: selectorOf.parse(jsonOf(row, "selector")),
    time,
    isActive: isFrozen(timeOfWindow(time), timeOf(row, "now")),
    createdAt: new Date(timeOf(row, "created_at")).toISOString(),
    version: integerOf(row, "version"),
  }
}

export const listFreezeWindows = async (
  sql: Sql,
  after: readonly [name: string] | undefined,
  limit: number,
): Promise<Shown[]> =>
  (
    await sql`
      select id, name, selector, time, created_at, version, now() as now from freeze_window
      where ${after?.[0]}::text is null or name > ${after?.[0]}
      order by name limit ${limit}`
  ).map(shown)

export async function findFreezeWindow(sql: Sql, id: string): Promise<Shown | undefined> {
  const [row] = await sql`
    select id, name, selector, time, created_at, version, now() as now
    from freeze_window where id = ${id}`
  return row === undefined ? undefined : shown(row)
}

/** All of them, by name, for deciding. */
export const freezeWindows = async (sql: Sql): Promise<FreezeWindow[]> =>
  (await sql`select id, name, selector, time from freeze_window order by name`).map((row) => ({
    id: textOf(row, "id"),
    name: textOf(row, "name"),
    selector: selectorOf.parse(jsonOf(row, "selector")),
    time: timeOfWindow(freezeTimeSchema.parse(jsonOf(row, "time"))),
  }))

export type NewWindow = Pick<Shown, "id" | "name" | "selector" | "time">

export const insertFreezeWindow = async (sql: Sql, made: NewWindow): Promise<void> => {
  await sql`
    insert into freeze_window (id, name, selector, time)
    values (${made.id}, ${made.name}, ${JSON.stringify(made.selector)}::jsonb,
      ${JSON.stringify(made.time)}::jsonb)`
}

/** False when somebody else changed it since `version`. */
export const updateFreezeWindow = async (
  sql: Sql,
  made: NewWindow & { readonly version: number },
): Promise<boolean> =>
  (
    await sql`
      update freeze_window set name = ${made.name}, version = version + 1,
        selector = ${JSON.stringify(made.selector)}::jsonb,
        time = ${JSON.stringify(made.time)}::jsonb
      where id = ${made.id} and version = ${made.version} returning true as found`
  ).some((row) => booleanOf(row, "found"))

/** Whether it was there. */
export const deleteFreezeWindow = async (sql: Sql, id: string): Promise<boolean> =>
  (await sql`delete from freeze_window where id = ${id} returning true as found`).length > 0
