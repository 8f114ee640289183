/**
 * Whether an object already says what we would apply. Servers add defaults and others add fields of
 * their own, so only what we name is compared. A quantity that the server wrote differently counts as a
 * difference; applying it again is harmless.
 */
export function covers(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      wanted.every((item, at) => covers(live[at], item))
    )
  if (!isObject(wanted)) return live === wanted
  return isObject(live) && Object.entries(wanted).every(([key, value]) => covers(live[key], value))
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
