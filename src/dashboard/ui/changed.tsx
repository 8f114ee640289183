/** Lights up what has just changed, so that the eye finds it. Quiet when first shown. */
import { type ReactNode, useState } from "react"
import { classNames } from "./class-names.ts"

type Props = { readonly value: string; readonly children: ReactNode }

export function Changed({ value, children }: Props) {
  const [seen, setSeen] = useState({ value, times: 0 })
  if (seen.value !== value) setSeen({ value, times: seen.times + 1 })
  return (
    <span
      key={seen.times}
      className={classNames("inline-flex w-fit rounded-sm", seen.times > 0 && "animate-flash")}
    >
      {children}
    </span>
  )
}
