/** A boxed sentence inside a page or a form. */
import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from "lucide-react"
import type { ReactNode } from "react"
import { classNames } from "./class-names.ts"
import { type Tone, softTone } from "./tone.ts"

const icons: Readonly<Record<Tone, LucideIcon>> = {
  good: CircleCheck,
  busy: Info,
  warn: TriangleAlert,
  bad: CircleAlert,
  quiet: Info,
}

type Props = {
  readonly tone: Tone
  readonly children: ReactNode
  /** Read out when it appears. */
  readonly alert?: boolean
  readonly className?: string
}

export function Notice({ tone, children, alert, className }: Props) {
  const Icon = icons[tone]
  return (
    <div
      {...(alert === true ? { role: "alert" } : {})}
      className={classNames("flex gap-2.5 rounded-md px-3 py-2 text-sm", softTone[tone], className)}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1 break-words">{children}</div>
    </div>
  )
}
