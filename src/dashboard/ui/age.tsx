/** How long ago something was, kept current, with the full time for those who ask. */
import { agoText, fullTime, spanText, whenText } from "./format.ts"
import { useTimed } from "./clock.ts"

type AgeProps = {
  readonly at: string
  /** `ago` reads "4 s ago", `span` reads "4 s". */
  readonly form?: "ago" | "span"
  /** What is known to be no older than so many milliseconds reads "< 30 s ago" from there on. */
  readonly atMost?: number | undefined
}

export function Age({ at, form = "ago", atMost }: AgeProps) {
  const then = Date.parse(at)
  const text = useTimed((now) => {
    if (form === "span") return spanText(now - then)
    if (atMost !== undefined && now - then > atMost) return `< ${spanText(atMost)} ago`
    return agoText(now - then)
  })
  return (
    <time dateTime={at} title={fullTime(then)} className="tnum whitespace-nowrap">
      {text}
    </time>
  )
}

/** The time of day, with the date when it was not today. */
export function When({ at }: { readonly at: string }) {
  const then = Date.parse(at)
  const text = useTimed((now) => whenText(then, now))
  return (
    <time dateTime={at} title={fullTime(then)} className="tnum whitespace-nowrap">
      {text}
    </time>
  )
}
