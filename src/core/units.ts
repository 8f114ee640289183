/** Durations and sizes with their unit in the type. */
import type { Brand } from "#core/ids.ts"

export type Millis = Brand<number, "Millis">
export type Bytes = Brand<number, "Bytes">

export const millis = (value: number): Millis => value as Millis
export const seconds = (value: number): Millis => (value * 1000) as Millis
export const minutes = (value: number): Millis => (value * 60_000) as Millis
export const bytes = (value: number): Bytes => value as Bytes
export const mebibytes = (value: number): Bytes => (value * 1024 * 1024) as Bytes
export const gibibytes = (value: number): Bytes => (value * 1024 * 1024 * 1024) as Bytes

/** A size as Kubernetes writes quantities, in the largest binary unit that is exact: `10Gi`. */
export function quantity(size: Bytes): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti"]
  let value: number = size
  let unit = 0
  while (value !== 0 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value}${units[unit]}`
}
