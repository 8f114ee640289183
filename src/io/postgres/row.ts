/**
 * Reading rows: each function takes a column out of a row, checks its type, and names the column when it
 * is not what the statement promised. NULL stops here: inside, absence is `undefined`.
 */
import { assert } from "#core/assert.ts"

export type Row = Readonly<Record<string, unknown>>

export function textOf(row: Row, column: string): string {
  const value = row[column]
  assert(typeof value === "string", `column ${column} holds text`)
  return value
}

export function integerOf(row: Row, column: string): number {
  const value = row[column]
  assert(Number.isSafeInteger(value), `column ${column} holds a safe integer`)
  return Number(value)
}

export function numberOf(row: Row, column: string): number {
  const value = row[column]
  assert(typeof value === "number" && !Number.isNaN(value), `column ${column} holds a number`)
  return value
}

export function booleanOf(row: Row, column: string): boolean {
  const value = row[column]
  assert(typeof value === "boolean", `column ${column} holds a boolean`)
  return value
}

/** Milliseconds since 1970 of a timestamptz. */
export function timeOf(row: Row, column: string): number {
  const value = row[column]
  assert(value instanceof Date, `column ${column} holds a timestamp`)
  return value.getTime()
}

export function bytesOf(row: Row, column: string): Buffer {
  const value = row[column]
  assert(Buffer.isBuffer(value), `column ${column} holds bytes`)
  return value
}

export const jsonOf = (row: Row, column: string): unknown => row[column]

/** Reads the column with `read`, or gives undefined where it is NULL. */
export function maybe<T>(
  read: (row: Row, column: string) => T,
  row: Row,
  column: string,
): T | undefined {
  assert(column in row, `column ${column} is selected`)
  return row[column] === null ? undefined : read(row, column)
}
