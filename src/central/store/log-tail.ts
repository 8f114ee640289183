/** Logs that are followed now (`log_tail`), and lines on their way from one central to another (`log_tail_batch`). */
import * as z from "zod"
import {
  clusterId,
  podName,
  type SatelliteId,
  satelliteId,
  type TailId,
  tailId,
} from "#core/ids.ts"
import { lineLevels, tailContainers, type TailOrder } from "#core/logs/tail.ts"
import { integerOf, jsonOf, textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type TailMessage, tailMessageSchema } from "#wire/log-tail-live.ts"
import { notify } from "./change.ts"

/** A central that does not renew its tails for so long is gone. */
const keptSeconds = 60
/** Batches of one tail that wait for the watcher's central; about what a site sends in ten seconds. */
const batchesMax = 50

const orderSchema = z.object({
  source: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("satellite") }),
    z.object({
      kind: z.literal("member"),
      clusterId: z.uuid().transform(clusterId),
      pod: z.string().transform(podName),
      container: z.enum(tailContainers),
    }),
  ]),
  lines: z.number().int(),
  filter: z.object({ level: z.enum(lineLevels).optional(), text: z.string().optional() }),
  seconds: z.number().int(),
})

export const countTails = async (sql: Sql, satellite: SatelliteId): Promise<number> => {
  const [row] = await sql`
    select count(*)::integer as tails from log_tail
    where satellite_id = ${satellite} and expires_at > now()`
  return integerOf(row ?? {}, "tails")
}

export const insertTail = async (
  sql: Sql,
  satellite: SatelliteId,
  { tail, ...order }: TailOrder,
): Promise<void> => {
  await sql`
    insert into log_tail (id, satellite_id, order_body, expires_at)
    values (${tail}, ${satellite}, ${JSON.stringify(order)}::jsonb,
      now() + make_interval(secs => ${keptSeconds}::integer))`
  await notify(sql, { kind: "log-tails", ids: [satellite] })
}

/** The watcher is gone, or its tail has ended. */
export const deleteTail = async (sql: Sql, tail: TailId): Promise<void> => {
  const [row] = await sql`delete from log_tail where id = ${tail} returning satellite_id`
  if (row !== undefined)
    await notify(sql, { kind: "log-tails", ids: [textOf(row, "satellite_id")] })
}

/** What the stream shall ask its site for; from now on these tails are this stream's and end with it. */
export const tailsOfStream = async (
  sql: Sql,
  satellite: SatelliteId,
  serial: number,
): Promise<TailOrder[]> =>
  (
    await sql`
      update log_tail set stream_serial = ${serial}
      where satellite_id = ${satellite} and (stream_serial is null or stream_serial = ${serial})
      returning id, order_body`
  ).map((row) => {
    const { filter, ...order } = orderSchema.parse(jsonOf(row, "order_body"))
    return {
      tail: tailId(textOf(row, "id")),
      ...order,
      filter: { level: filter.level, text: filter.text },
    }
  })

/** A stream is over: its tails end, and their watchers are told. Without `serial`, all of the satellite. */
export const endTailsOf = async (
  sql: Sql,
  satellite: SatelliteId,
  serial?: number,
): Promise<void> => {
  const gone = await sql`
    delete from log_tail
    where satellite_id = ${satellite}
      and (${serial ?? null}::bigint is null or stream_serial = ${serial ?? null})
    returning id`
  if (gone.length > 0)
    await notify(sql, { kind: "log-lines", ids: gone.map((row) => textOf(row, "id")) })
}

/** Tails whose central does not care for them any more. */
export const endExpiredTails = async (sql: Sql): Promise<void> => {
  const gone = await sql`delete from log_tail where expires_at < now() returning satellite_id`
  const ids = [...new Set(gone.map((row) => textOf(row, "satellite_id")))]
  if (ids.length > 0) await notify(sql, { kind: "log-tails", ids })
}

/** Keeps tails for a while longer; answers which of them are still there. */
export const renewTails = async (
  sql: Sql,
  tails: readonly TailId[],
): Promise<ReadonlySet<string>> =>
  new Set(
    (
      await sql`
        update log_tail set expires_at = now() + make_interval(secs => ${keptSeconds}::integer)
        where id = any(${tails}::uuid[]) returning id`
    ).map((row) => textOf(row, "id")),
  )

export const presentTails = async (
  sql: Sql,
  tails: readonly TailId[],
): Promise<ReadonlySet<string>> =>
  new Set(
    (await sql`select id from log_tail where id = any(${tails}::uuid[])`).map((row) =>
      textOf(row, "id"),
    ),
  )

/**
 * Puts a batch down for the central of its watcher. False when it is not wanted: too many wait already, or
 * nobody follows that log of that satellite.
 */
export const putBatch = async (
  sql: Sql,
  { satellite, tail, sequence, message }: ForeignBatch,
): Promise<boolean> =>
  (
    await sql`
      insert into log_tail_batch (tail_id, sequence, body)
      select id, ${sequence}, ${JSON.stringify(message)}::jsonb from log_tail t
      where id = ${tail} and satellite_id = ${satellite}
        and (select count(*) from log_tail_batch b where b.tail_id = t.id) < ${batchesMax}
      on conflict do nothing
      returning tail_id`
  ).length > 0

export type ForeignBatch = {
  readonly satellite: SatelliteId
  readonly tail: TailId
  readonly sequence: number
  readonly message: TailMessage
}

/** Takes out what waits for these tails, in order. */
export const takeBatches = async (
  sql: Sql,
  tails: readonly TailId[],
): Promise<readonly ForeignBatch[]> =>
  (
    await sql`
      with taken as (delete from log_tail_batch where tail_id = any(${tails}::uuid[]) returning *)
      select taken.tail_id, taken.sequence, taken.body, log_tail.satellite_id
      from taken join log_tail on log_tail.id = taken.tail_id
      order by taken.tail_id, taken.sequence`
  ).map((row) => ({
    satellite: satelliteId(textOf(row, "satellite_id")),
    tail: tailId(textOf(row, "tail_id")),
    sequence: integerOf(row, "sequence"),
    message: tailMessageSchema.parse(jsonOf(row, "body")),
  }))
