/** Freeze windows: times in which rollouts move nothing on some satellites. Pure; the clock is given. */

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const
export type Weekday = (typeof weekdays)[number]

export type FreezeTime =
  /** Every week, by the clocks of a time zone; `until` at or before `from` is on the next day. */
  | {
      readonly kind: "weekly"
      readonly days: readonly Weekday[]
      /** `HH:MM` */
      readonly from: string
      readonly until: string
      readonly timeZone: string
    }
  /** Milliseconds since 1970. */
  | { readonly kind: "once"; readonly from: number; readonly until: number }

export type FreezeWindow = {
  readonly id: string
  readonly name: string
  /** Satellites with all of these labels; none means every satellite. */
  readonly selector: Readonly<Record<string, string>>
  readonly time: FreezeTime
}

export function isFrozen(time: FreezeTime, now: number): boolean {
  switch (time.kind) {
    case "once":
      return now >= time.from && now < time.until
    case "weekly": {
      const { day, minute } = localTime(now, time.timeZone)
      const [from, until] = [minuteOf(time.from), minuteOf(time.until)]
      const isOn = (which: number): boolean =>
        time.days.some((name) => weekdays.indexOf(name) === which)
      if (from < until) return isOn(day) && minute >= from && minute < until
      // Over midnight: the evening of its day, or the morning after.
      return (isOn(day) && minute >= from) || (isOn((day + 6) % 7) && minute < until)
    }
  }
}

const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))

/** Day of the week (0 is Monday) and minute of the day there. */
function localTime(now: number, timeZone: string): { day: number; minute: number } {
  const parts = new Map(
    new Intl.DateTimeFormat("en-GB", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    })
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  )
  return {
    day: weekdays.findIndex((name) => name === parts.get("weekday")?.toLowerCase()),
    minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
  }
}

/** When it ends, in words. */
export const untilOf = (time: FreezeTime): string =>
  time.kind === "weekly"
    ? `until ${time.until} (${time.timeZone})`
    : `until ${instant.format(time.until)} UTC`

const instant = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "UTC",
  dateStyle: "short",
  timeStyle: "short",
})

/** The first window that holds a satellite with these labels now. */
export const frozenBy = (
  windows: readonly FreezeWindow[],
  labels: Readonly<Record<string, string>>,
  now: number,
): FreezeWindow | undefined =>
  windows.find(
    ({ selector, time }) =>
      Object.entries(selector).every(
        ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
      ) && isFrozen(time, now),
  )
