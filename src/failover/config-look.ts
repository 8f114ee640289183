/** What the own server has in force, and what it would not take, by its own word. */
import type { MemberConfig, PendingParameter, RefusedSetting } from "#core/cluster/member-config.ts"
import { standbySensitive } from "#core/rollout/passes.ts"
import { integerOf, maybe, textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"

export type ConfigLook = Pick<MemberConfig, "pending" | "refused" | "startedAt">

/**
 * Reads the files that are there now, as a reload would (`pg_file_settings`), without one. A parameter that
 * waits for a restart looks like a refused one there; this session's own `pending_restart`, which the same
 * reading sets, tells them apart.
 */
export async function lookAtConfig(sql: Sql): Promise<ConfigLook> {
  const written = await sql`
    select name, setting, error from pg_file_settings order by seqno`
  const flagged = await sql`
    select name, setting, boot_val from pg_settings where pending_restart order by name`
  const rules = await sql`
    select line_number, error from pg_hba_file_rules where error is not null order by line_number`
  const [started] = await sql`select pg_postmaster_start_time() as at`
  const wanted = new Map(
    written.map((row) => [maybe(textOf, row, "name"), maybe(textOf, row, "setting")]),
  )
  // The server's flag outlives a line that is taken out again before any restart: then nothing waits.
  const waiting = flagged.filter(
    (row) =>
      wanted.has(textOf(row, "name")) ||
      maybe(textOf, row, "setting") !== maybe(textOf, row, "boot_val"),
  )
  const pending = waiting.map((row): PendingParameter => {
    const name = textOf(row, "name")
    const next = wanted.get(name) ?? maybe(textOf, row, "boot_val")
    const by = Number(next) - Number(textOf(row, "setting"))
    return { name, moves: !standbySensitive.has(name) ? "other" : by < 0 ? "down" : "up" }
  })
  const refused = written.flatMap((row): readonly RefusedSetting[] => {
    const name = maybe(textOf, row, "name") ?? "postgresql.conf"
    const error = maybe(textOf, row, "error")
    if (error === undefined || pending.some((one) => one.name === name)) return []
    const value = maybe(textOf, row, "setting")
    return [{ name, problem: value === undefined ? error : `'${value}': ${error}` }]
  })
  const refusedRules = rules.map((row): RefusedSetting => ({
    name: `pg_hba.conf line ${integerOf(row, "line_number")}`,
    problem: textOf(row, "error"),
  }))
  return {
    pending,
    refused: [...refused, ...refusedRules],
    startedAt: started === undefined ? 0 : timeOf(started, "at"),
  }
}
