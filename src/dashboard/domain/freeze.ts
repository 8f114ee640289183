/** Freeze windows in words. */
import type { FreezeWindow } from "#wire/rest/freeze-windows.ts"
import { fullTime } from "../ui/format.ts"

export function freezeTimeText({ time }: Pick<FreezeWindow, "time">): string {
  switch (time.kind) {
    case "weekly": {
      const days = time.days.length === 7 ? "every day" : time.days.map(dayName).join(", ")
      const next = time.until <= time.from ? " of the next day" : ""
      return `${days}, ${time.from} to ${time.until}${next}, ${time.timeZone}`
    }
    case "once":
      return `${fullTime(Date.parse(time.from))} to ${fullTime(Date.parse(time.until))}`
  }
}

/** `mon` as `Mon`. */
export const dayName = (day: string): string => `${day.charAt(0).toUpperCase()}${day.slice(1, 3)}`
