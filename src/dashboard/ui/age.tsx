/** How long ago something was, kept current, with the full time for those who ask. */
import { agoText, fullTime, spanText, whenText } from "./format.ts"
import { useTimed } from "./clock.ts"

/** `ago` reads "4 s ago", `span` reads "4 s". */
export function Age({ at, form = "ago" }: { readonly at: string; readonly form?: "ago" | "span" }) {
  const then = Date.parse(at)
  const text = useTimed((now) => (form === "ago" ? agoText(now - then) : spanText(now - then)))
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
