/**
 * Log sequence numbers: positions in the WAL, as PostgreSQL's `pg_lsn` (manual section 8.20).
 * A bigint inside, because the upper 32 bits do matter after 2^53 bytes of WAL.
 */
import type { Brand } from "#core/ids.ts"

export type Lsn = Brand<bigint, "Lsn">

export const lsn = (value: bigint): Lsn => value as Lsn

/** Reads `16/B374D848`; undefined when the text is no LSN. */
export function parseLsn(text: string): Lsn | undefined {
  const found = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text)
  if (found === null) return undefined
  const [, high, low] = found
  return lsn((BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`))
}

/** Writes an LSN as PostgreSQL does: two hexadecimal halves without leading zeros. */
export const formatLsn = (value: Lsn): string =>
  `${(value >> 32n).toString(16).toUpperCase()}/${(value & 0xffffffffn).toString(16).toUpperCase()}`

/** Bytes of WAL from `from` to `to`; never negative: a standby ahead of a stale reading is not behind. */
export const bytesBetween = (from: Lsn, to: Lsn): number => Number(to > from ? to - from : 0n)

export const laterLsn = (a: Lsn, b: Lsn): Lsn => (a > b ? a : b)
