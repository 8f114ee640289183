/**
 * Judging from `last_seen_at` who is late and who is lost. The judgement is a row of the satellite, so
 * that it survives restarts and each transition is told once, however many centrals sweep.
 */
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import type { Millis } from "#core/units.ts"
import { textOf, timeOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type SatelliteState, stateOf } from "./satellite.ts"

/**
 * Notes that somebody is watching, and returns since when without a gap longer than `gap`: after a pause of
 * all centrals, satellites get the whole time anew to be heard.
 */
export async function keepWatch(sql: Sql, gap: Millis): Promise<number> {
  const [row] = await sql`
    insert into fleet_watch (since, seen) values (now(), now())
    on conflict (one) do update set
      since = case
        when fleet_watch.seen < now() - make_interval(secs => ${gap / 1000}) then now()
        else fleet_watch.since
      end,
      seen = now()
    returning since`
  return timeOf(row ?? {}, "since")
}

export type Transition = {
  readonly id: SatelliteId
  readonly name: string
  readonly from: SatelliteState
  readonly to: SatelliteState
}

/** Moves every satellite whose silence (or return) calls for it. */
export const judge = async (
  sql: Sql,
  watchingSince: number,
  limits: { readonly late: Millis; readonly lost: Millis },
): Promise<Transition[]> =>
  (
    await sql`
      with silent as (
        select id, state, registration, revoked_at,
          extract(epoch from now() - last_seen_at) * 1000 as silence,
          extract(epoch from now() - greatest(last_seen_at, ${new Date(watchingSince)})) * 1000
            as heard_silence
        from satellite
        where approval = 'approved' and (state <> 'offline' or registration = 'waiting')
      ), judged as (
        select id, state as was,
          case
            when registration = 'waiting'
              and (silence is null or silence >= ${limits.late} or revoked_at is not null)
              then 'pending'
            when revoked_at is not null and silence is not null then 'lost'
            when silence < ${limits.late} then 'connected'
            when state in ('connected', 'late') and heard_silence < ${limits.late} then state
            when state in ('connected', 'late') and heard_silence < ${limits.lost} then 'late'
            when silence is null then 'offline'
            else 'lost'
          end as is
        from silent
      )
      update satellite s set state = judged.is
      from judged
      where s.id = judged.id and s.state = judged.was and judged.is <> judged.was
      returning s.id, s.name, judged.was, judged.is`
  ).map((row) => ({
    id: satelliteId(textOf(row, "id")),
    name: textOf(row, "name"),
    from: stateOf(row, "was"),
    to: stateOf(row, "is"),
  }))
