/** Where the time of a failover went, from the details of its event (failover's `failover.completed`). */
import type { FleetEventBody } from "#wire/rest/events.ts"

export type TimePart = { readonly name: string; readonly ms: number }
export type FailoverTimes = { readonly parts: readonly TimePart[]; readonly total: number }

const steps = [
  ["Detect", "detectMs"],
  ["Elect", "electMs"],
  ["Promote", "promoteMs"],
  ["Route", "routeMs"],
] as const

/** Undefined for every event that does not tell all four. */
export function failoverTimes({
  details,
}: Pick<FleetEventBody, "details">): FailoverTimes | undefined {
  const parts = steps.map(([name, key]) => ({ name, ms: milliseconds(details[key]) }))
  if (parts.some(({ ms }) => Number.isNaN(ms))) return undefined
  return { parts, total: parts.reduce((sum, { ms }) => sum + ms, 0) }
}

const milliseconds = (text: string | undefined): number =>
  text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN

/** The details that are not shown otherwise and say something. */
export const otherDetails = ({
  details,
}: Pick<FleetEventBody, "details">): readonly (readonly [string, string])[] =>
  Object.entries(details).filter(([, value]) => value !== "")
