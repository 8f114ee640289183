/** Rows of many satellites, each to its own. */
import { type SatelliteId, satelliteId } from "#core/ids.ts"
import { type Row, textOf } from "#io/postgres/row.ts"

/** By the column `satellite_id`. */
export function bySatellite<T>(
  rows: readonly Row[],
  read: (row: Row) => T,
): ReadonlyMap<SatelliteId, T[]> {
  const found = Map.groupBy(rows, (row) => satelliteId(textOf(row, "satellite_id")))
  return new Map([...found].map(([id, own]) => [id, own.map(read)]))
}
