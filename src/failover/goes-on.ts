/** What always differs between two answers, and only counts on. */
const counting: ReadonlySet<string> = new Set(["askedAt", "receiverSilence"])

/** Whether `now` says what `before` said: the same value, or one whose fields do, but for those that only count on. */
export function goesOn(before: unknown, now: unknown): boolean {
  if (Object.is(before, now)) return true
  if (!isObject(before) || !isObject(now)) return false
  const fields = Object.keys(now)
  return (
    Array.isArray(before) === Array.isArray(now) &&
    Object.keys(before).length === fields.length &&
    fields.every(
      (field) =>
        Object.hasOwn(before, field) && (counting.has(field) || goesOn(before[field], now[field])),
    )
  )
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null
