/** Numbers, sizes and times as text. Pure: what time it is comes in as an argument. */

const binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const

/** A size with three significant digits at most: `16 MiB`, `1.42 GiB`, `0 B`. */
export function bytesText(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 1023.5 && unit < binary.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${Number(value.toFixed(digits))} ${binary[unit]}`
}

/** Seconds as people say them, coarse on purpose: `4 s`, `3 min`, `5 h`, `12 days`. */
export function spanText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h`
  return `${Math.floor(hours / 24)} days`
}

/** How long ago, given how many milliseconds: `now`, `4 s ago`. */
export const agoText = (milliseconds: number): string =>
  milliseconds < 2000 ? "just now" : `${spanText(milliseconds)} ago`

/** Seconds of replication lag: `0 s`, `0.4 s`, `12 s`, `3 min`. */
export function lagText(seconds: number): string {
  if (seconds <= 0) return "0 s"
  if (seconds < 0.05) return "< 0.1 s"
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  return spanText(seconds * 1000)
}

/** Milliseconds as measured: `40 ms`, `1.02 s`. */
export const millisText = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${Number((ms / 1000).toFixed(2))} s`

/** A reason that is part of a sentence elsewhere, where it stands alone. */
export const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`

const clockTime = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
})
const dayTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
})
const full = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
})
const dayOnly = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
})

export const fullTime = (at: number): string => full.format(at)
export const dayText = (at: number): string => dayOnly.format(at)

/** The time of day today, with the date on other days. */
export function whenText(at: number, now: number): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString()
  return sameDay ? clockTime.format(at) : dayTime.format(at)
}
