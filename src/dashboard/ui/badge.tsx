/** A state as a sign and a word; the sign differs by tone, so that it reads without colour. */
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  LoaderCircle,
  type LucideIcon,
  TriangleAlert,
} from "lucide-react"
import { classNames } from "./class-names.ts"
import { type Tone, softTone, textTone } from "./tone.ts"

const signs: Readonly<Record<Tone, LucideIcon>> = {
  good: CircleCheck,
  busy: LoaderCircle,
  warn: TriangleAlert,
  bad: CircleAlert,
  quiet: CircleDashed,
}

type Props = {
  readonly tone: Tone
  readonly children: string
  /** Longer meaning, for the pointer. The word alone must do without it. */
  readonly title?: string | undefined
  readonly size?: "small" | "large"
}

export function Badge({ tone, children, title, size = "small" }: Props) {
  const Sign = signs[tone]
  return (
    <span
      title={title}
      data-volatile
      className={classNames(
        "inline-flex items-center gap-1 rounded-full align-middle font-medium whitespace-nowrap",
        size === "small" ? "h-5 px-2 text-xs" : "h-6 px-2.5 text-sm",
        softTone[tone],
      )}
    >
      <Sign
        aria-hidden
        className={classNames(
          size === "small" ? "size-3" : "size-3.5",
          tone === "busy" && "animate-spin-slow",
        )}
        strokeWidth={2.25}
      />
      {children}
    </span>
  )
}

/** The same sign and word without the pill, for dense tables. */
export function ToneWord({ tone, children, title }: Props) {
  const Sign = signs[tone]
  return (
    <span
      title={title}
      data-volatile
      className={classNames("inline-flex items-center gap-1.5 whitespace-nowrap", textTone[tone])}
    >
      <Sign
        aria-hidden
        className={classNames("size-3.5 shrink-0", tone === "busy" && "animate-spin-slow")}
        strokeWidth={2.25}
      />
      {children}
    </span>
  )
}
